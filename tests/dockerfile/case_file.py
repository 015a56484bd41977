"""Cases as text: one file a topic (cases/<topic>.case), a section a case.

    === name                          within its topic unique; "topic/name" is what answers, differences and docs call it
    covers: layers.no_whiteout, …     lines of "What implementers get wrong" (docs/dockerfile-differences.md) that it tries
    reference: buildkit|legacy|docs   who says what is right; buildkit when it is not said. docs: the section `expect` does
    args: --target two --build-arg A=b
    fails: 2 words of our message     our exit code, then what our message holds; Docker must refuse it too
    skip: single                      variants in which it means nothing
    --- Dockerfile
    FROM base
    --- sub/file 0600 user.note=x     a file of the context: mode 0644 unless said, extended attributes, its text below
    --- sub/                          a folder
    --- link -> file                  a symlink
    --- other = sub/file              a hard link
    --- pack tar.gz                   an archive (tar, tar.gz, tar.bz2, tar.xz); a line is a member of it:
    sub/file 0600 7:8 text            path, mode, owner, text; "path/ mode owner", "path -> target" and "path = other" likewise
    --- expect
    {"tree": …}                       the answer by hand, as answer.py has it, where reference is docs

Nothing but what stands there makes a case: the base images are base_root.py's.
"""
import copy
import dataclasses
import io
import os
import pathlib
import shlex
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
MTIME = 1_000_000_000  # of everything in a context, so that a file's age is no accident
KEYS = ("covers", "reference", "args", "fails", "skip")


@dataclasses.dataclass
class Section:
    path: str
    words: list
    text: str


@dataclasses.dataclass
class Case:
    topic: str
    name: str
    line: int
    keys: dict = dataclasses.field(default_factory=dict)
    sections: list = dataclasses.field(default_factory=list)

    @property
    def title(self):
        return f"{self.topic}/{self.name}"

    @property
    def reference(self):
        return self.keys.get("reference", "buildkit")

    @property
    def args(self):
        return shlex.split(self.keys.get("args", ""))

    @property
    def covers(self):
        return [word.strip() for word in self.keys.get("covers", "").split(",") if word.strip()]

    @property
    def skipped_in(self):
        return self.keys.get("skip", "").split()

    @property
    def fails(self):
        """(exit code, words of the message), or None for a case that makes an image."""
        if "fails" not in self.keys:
            return None
        code, _, words = self.keys["fails"].partition(" ")
        return int(code), words

    @property
    def dockerfile(self):
        return next(section.text for section in self.sections if section.path == "Dockerfile")

    @property
    def expect(self):
        return next((section.text for section in self.sections if section.path == "expect"), None)

    def write_context(self, folder, mtime=MTIME):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True)
        folders = []
        for section in self.sections:
            if section.path == "expect":
                continue
            path = folder / section.path
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_section(folder, path, section, folders)
        for path, mode in folders:
            path.chmod(mode)
        for path in [folder, *folder.rglob("*")]:
            os.utime(path, (mtime, mtime), follow_symlinks=False)


def _write_section(folder, path, section, folders):
    words = section.words
    if words[:1] == ["->"]:
        path.symlink_to(words[1])
    elif words[:1] == ["="]:
        os.link(folder / words[1], path)
    elif section.path.endswith("/"):
        path.mkdir(exist_ok=True)
        folders.append((path, int(words[0], 8) if words else 0o755))
    elif words[:1] and words[0].startswith("tar"):
        path.write_bytes(make_archive(section.text, words[0].partition(".")[2]))
    else:
        path.write_bytes(section.text.encode())
        path.chmod(int(words[0], 8) if words else 0o644)
        for word in words[1:]:
            name, _, value = word.partition("=")
            os.setxattr(path, name, value.encode())


def make_archive(text, compression=""):
    """A tar of the members that the lines describe; see above."""
    out = io.BytesIO()
    members = {}
    with tarfile.open(fileobj=out, mode=f"w:{compression}", format=tarfile.PAX_FORMAT) as tar:
        for line in text.splitlines():
            path, *words = line.split(" ")
            member = tarfile.TarInfo(path.rstrip("/"))
            member.mtime = MTIME
            content = b""
            if words[:1] == ["->"]:
                member.type, member.linkname = tarfile.SYMTYPE, words[1]
            elif words[:1] == ["="]:
                member = copy.copy(members[words[1]])  # the same file, so it has the same owner and mode
                member.name, member.type, member.linkname, member.size = path, tarfile.LNKTYPE, words[1], 0
            else:
                member.mode = int(words[0], 8)
                member.uid, member.gid = map(int, words[1].split(":"))
                if path.endswith("/"):
                    member.type = tarfile.DIRTYPE
                else:
                    content = (" ".join(words[2:]) + "\n").encode()
                    member.size = len(content)
            members[path] = member
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def read_topic(path):
    cases = []
    for number, line in enumerate(path.read_bytes().decode().split("\n"), 1):
        if line.startswith("=== "):
            cases.append(Case(path.stem, line[4:].strip(), number))
        elif not cases:
            continue  # what stands before the first case is for whoever reads
        elif line.startswith("--- "):
            words = shlex.split(line[4:])
            cases[-1].sections.append(Section(words[0], words[1:], ""))
        elif cases[-1].sections:
            cases[-1].sections[-1].text += line + "\n"
        elif line.strip():
            key, colon, value = line.partition(":")
            if not colon or key not in KEYS:
                raise ValueError(f"{path}:{number}: \"{line}\" is no key of a case: one of {', '.join(KEYS)}")
            cases[-1].keys[key] = value.strip()
    for case in cases:
        for section in case.sections:
            section.text = section.text.rstrip("\n") + "\n" if section.text.strip("\n") else ""
    return cases


def read_cases(folder=HERE / "cases"):
    cases = [case for path in sorted(folder.glob("*.case")) for case in read_topic(path)]
    titles = [case.title for case in cases]
    twice = {title for title in titles if titles.count(title) > 1}
    if twice:
        raise ValueError(f"cases of the same name: {', '.join(sorted(twice))}")
    return cases
