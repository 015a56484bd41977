#!/usr/bin/env python3
"""docs/dockerfile-differences.md and the cases agree: differences_page.py PAGE [--write]

In "What implementers get wrong" each line names the tests that try it: the cases that say so (`covers:`), and tests of the files
beside, which the page names itself. In "On purpose" each reason names the cases that differ for it, by differences.json.
--write puts the names of the cases there.
"""
import pathlib
import re
import sys

from case_file import HERE, read_cases
from reference import DIFFERENCES, load

ROW = re.compile(r"^\| `([a-z-]+)` \| (.*) \| ?(.*?) ?\|$", re.MULTILINE)
PYTHON = re.compile(r"`([a-z_]+_test)\.([a-z_]+)`")


def cases_of(section):
    """{name of a line: its cases}"""
    found = {}
    if section == "wrong":
        for case in read_cases():
            for name in case.covers:
                found.setdefault(name, []).append(case.title)
    else:
        for title, fields in load(DIFFERENCES).items():
            for held in fields.values():
                if title not in found.setdefault(held["why"], []):
                    found[held["why"]].append(title)
    return found


def python_tests(cell):
    return PYTHON.findall(cell)


def missing_python_tests(cell):
    for file, test in python_tests(cell):
        path = next((folder / f"{file}.py" for folder in (HERE, HERE.parent / "tool") if (folder / f"{file}.py").exists()), None)
        if path is None or f"def {test}(" not in path.read_text():
            yield f"{file}.{test}"


def sections(page):
    """(kind, text) of the parts that hold tables, and of the others with None."""
    for part in re.split(r"^(?=## )", page, flags=re.MULTILINE):
        yield "wrong" if part.startswith("## What implementers") else "purpose" if part.startswith("## On purpose") else None, part


def main():
    path, write = pathlib.Path(sys.argv[1]), "--write" in sys.argv
    wrong = []
    result = ""
    for kind, part in sections(path.read_text()):
        if kind is not None:
            found = cases_of(kind)
            rows = {name for name, _, _ in ROW.findall(part)}
            wrong += [f"no line of the page is called {name}, as {titles[0]} has it" for name, titles in found.items() if name not in rows]

            def line(match, found=found):
                name, text, cell = match.groups()
                kept = [f"`{file}.{test}`" for file, test in python_tests(cell)]
                wrong.extend(f"{name}: there is no test {test}" for test in missing_python_tests(cell))
                names = kept + found.get(name, []) + re.findall(r"everywhere", cell)
                if not names:
                    wrong.append(f"{name}: no test tries it, no case differs for it")
                return f"| `{name}` | {text} | {', '.join(names)} |"

            part = ROW.sub(line, part)
        result += part
    if write:
        path.write_text(result)
    elif result != path.read_text():
        wrong.append(f"{path.name} names other cases than there are: differences_page.py {path.name} --write")
    print("\n".join(wrong) or "the page and the cases agree")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
