"""Tar entries byte by byte: what tarfile would refuse to write, or would tidy up."""
BLOCK = 512


def number(value, width):
    """An octal field, or a base-256 one for what octal digits cannot hold."""
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    return b"\x80" + (value % (1 << (8 * (width - 1)))).to_bytes(width - 1, "big")


def header(name, kind=b"0", size=0, mode=0o644, uid=0, gid=0, mtime=0, link=b"", major=0, minor=0, checksum=None):
    block = bytearray(BLOCK)

    def put(at, field):
        block[at:at + len(field)] = field

    put(0, name[:100])
    put(100, number(mode, 8))
    put(108, number(uid, 8))
    put(116, number(gid, 8))
    put(124, number(size, 12))
    put(136, number(mtime, 12))
    put(148, b" " * 8)
    put(156, kind)
    put(157, link[:100])
    put(257, b"ustar\x0000")
    put(329, number(major, 8))
    put(337, number(minor, 8))
    put(148, b"%06o\0 " % (sum(block) if checksum is None else checksum))
    return bytes(block)


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def pax_record(keyword, value):
    rest = len(keyword) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, keyword, value)


def pax(records, kind=b"x"):
    body = b"".join(pax_record(k, v) for k, v in records.items()) if isinstance(records, dict) else records
    return header(b"pax", kind, len(body)) + padded(body)


def encoded(text):
    return text if isinstance(text, bytes) else str(text).encode()


def entry(name, kind=b"0", data=b"", records=None, **fields):
    """One entry; names and link targets that are too long for the block go into a PAX record by themselves."""
    name, data, link = encoded(name), encoded(data), encoded(fields.pop("link", b""))
    records = {encoded(k): encoded(v) for k, v in (records or {}).items()}
    if len(name) > 100:
        records.setdefault(b"path", name)
    if len(link) > 100:
        records.setdefault(b"linkpath", link)
    fields.setdefault("size", len(data))
    return (pax(records) if records else b"") + header(name, kind, link=link, **fields) + padded(data)


def file(name, data=b"", **fields):
    return entry(name, b"0", data, **fields)


def folder(name, **fields):
    fields.setdefault("mode", 0o755)
    return entry(name, b"5", **fields)


def symlink(name, target, **fields):
    return entry(name, b"2", link=target, mode=0o777, **fields)


def hard_link(name, target, **fields):
    return entry(name, b"1", link=target, **fields)


def fifo(name, **fields):
    return entry(name, b"6", **fields)


def device(name, kind, major, minor, mode=0o666):
    return entry(name, kind, major=major, minor=minor, mode=mode)


def tar(*entries):
    return b"".join(entries) + bytes(2 * BLOCK)
