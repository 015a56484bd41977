"""The clone in which quickstart_test.py works: a copy of the source tree that belongs to the ordinary user.

    quickstart_clone.py where FOLDER       prints where it is: in FOLDER, or in that user's home when they cannot enter it
    quickstart_clone.py make SOURCE CLONE  makes it, or brings it up to date: what has not changed keeps its time
"""
import hashlib
import os
import pathlib
import pwd
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import as_user


def everybody_can_enter(folder):
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents) if place.exists())


def where(folder):
    if os.geteuid() != 0 or everybody_can_enter(folder):
        return folder / "quickstart"
    try:
        home = pathlib.Path(pwd.getpwnam(as_user.TEST_USER).pw_dir)
    except KeyError:
        return folder / "quickstart"  # `make` says what is missing
    return home / ("trainyard-" + hashlib.sha256(str(folder).encode()).hexdigest()[:12])


def copy_changed(source, target):
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in source.iterdir()}
        for path in target.iterdir():
            if path.name not in names:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in source.iterdir():
            copy_changed(path, target / path.name)
    elif not target.exists() or target.read_bytes() != source.read_bytes():
        shutil.copy(source, target)


def make(source, clone):
    clone.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if not path.name.startswith((".", "build")) and path.name != "tests":
            copy_changed(path, clone / path.name)
    subprocess.run(["chmod", "-R", "a+rX", str(clone)], check=True)
    if os.geteuid() == 0:
        _, uid, gid, _ = as_user.user_to_be("user")
        subprocess.run(["chown", "-R", f"{uid}:{gid}", str(clone)], check=True)


if __name__ == "__main__":
    command, first, *rest = sys.argv[1:]
    if command == "where":
        print(where(pathlib.Path(first)))
    else:
        make(pathlib.Path(first), pathlib.Path(*rest))
