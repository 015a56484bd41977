"""The base image of the cases: one static program, and a landscape to copy upon. The same tar for every builder."""
import io
import pathlib
import shutil
import subprocess
import tarfile

APPLETS = ("sh ash cat cp mv rm mkdir rmdir ls ln chmod chown chgrp touch echo printf true false id pwd env stat find sort "
           "readlink test [ sed grep head tail mknod mkfifo tr wc cut sleep date dd tee hostname sha256sum tar cmp uname expr").split()
# path, mode, owner, content: None for a folder, "-> x" for a link, "= x" for a hard link
LANDSCAPE = [
    ("dev", 0o755, (0, 0), None), ("proc", 0o555, (0, 0), None), ("sys", 0o555, (0, 0), None),
    ("tmp", 0o1777, (0, 0), None), ("etc", 0o755, (0, 0), None), ("root", 0o700, (0, 0), None),
    ("usr/bin", 0o755, (0, 0), None), ("var", 0o755, (0, 0), None), ("srv", 0o755, (0, 0), None),
    ("home", 0o755, (1000, 1000), None),
    ("etc/passwd", 0o644, (0, 0), "root:x:0:0:root:/root:/bin/sh\nworker:x:1000:1000::/home:/bin/sh\nguest:x:1001:1002::/:/bin/sh\n"),
    ("etc/group", 0o644, (0, 0), "root:x:0:\nworker:x:1000:\nextra:x:44:worker\nguests:x:1002:\n"),
    ("etc/hosts", 0o644, (0, 0), ""), ("etc/resolv.conf", 0o644, (0, 0), ""), ("etc/hostname", 0o644, (0, 0), ""),
    ("data", 0o750, (1000, 1000), None), ("data/file", 0o640, (1000, 44), "data\n"),
    ("data/run", 0o4755, (0, 0), "#!/bin/sh\necho run\n"), ("data/sub", 0o755, (0, 0), None),
    ("data/sub/inner", 0o644, (1001, 1002), "inner\n"), ("data/link", 0o777, (0, 0), "-> file"),
    ("data/up", 0o777, (0, 0), "-> ../srv"), ("data/one", 0o644, (0, 0), "twice\n"), ("data/two", 0o644, (0, 0), "= data/one"),
    ("to-srv", 0o777, (0, 0), "-> /srv"), ("dangling", 0o777, (0, 0), "-> /nowhere"), ("to-file", 0o777, (0, 0), "-> data/file"),
]


def write_base(path):
    """Writes the tar."""
    busybox = shutil.which("busybox")
    if busybox is None:
        raise LookupError("busybox-static is not installed")
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        def add(name, mode, owner, kind=tarfile.REGTYPE, content=b"", link=""):
            member = tarfile.TarInfo(name)
            member.mode, (member.uid, member.gid), member.type, member.linkname = mode, owner, kind, link
            member.size = len(content)
            member.mtime = 315532800
            tar.addfile(member, io.BytesIO(content))

        add("bin", 0o755, (0, 0), tarfile.DIRTYPE)
        add("bin/busybox", 0o755, (0, 0), content=pathlib.Path(busybox).read_bytes())
        for applet in APPLETS:
            add(f"bin/{applet}", 0o777, (0, 0), tarfile.SYMTYPE, link="busybox")
        add("usr", 0o755, (0, 0), tarfile.DIRTYPE)
        for name, mode, owner, content in LANDSCAPE:
            if content is None:
                add(name, mode, owner, tarfile.DIRTYPE)
            elif content.startswith("-> "):
                add(name, mode, owner, tarfile.SYMTYPE, link=content[3:])
            elif content.startswith("= "):
                add(name, mode, owner, tarfile.LNKTYPE, link=content[2:])
            else:
                add(name, mode, owner, content=content.encode())
    return path


def check_applets():
    known = subprocess.run([shutil.which("busybox"), "--list"], capture_output=True, text=True, check=True).stdout.split()
    return [applet for applet in APPLETS if applet not in known]
