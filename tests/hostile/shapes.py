"""The table of hostile shapes: one row per test that is marked with @shape. `python3 shapes.py` prints the table and
its count; `python3 shapes.py FILE` checks that FILE (SECURITY.md) says this count."""
import importlib
import pathlib
import re
import sys

MODULES = ("layers", "archives", "documents", "images", "contexts", "trainings")
_rows = []


def shape(section, name):
    """Marks a test as one shape: where it comes from (a CVE, a section of a standard, a room of the tool), and what
    it is."""
    def mark(test):
        if any(row[:2] == (section, name) for row in _rows):
            raise ValueError(f"{section}: the shape \"{name}\" stands twice")
        _rows.append((section, name, f"{test.__module__}.{test.__qualname__}"))
        test.shape = name
        return test
    return mark


def table():
    for module in MODULES:
        importlib.import_module(module + "_shapes")
    return sorted(_rows)


def main():
    # Under its own name the module is the one that the tests import.
    import shapes  # pylint: disable=import-self
    rows = shapes.table()
    if len(sys.argv) == 1:
        for section, name, _ in rows:
            print(f"{section:24}  {name}")
        print(f"{len(rows)} hostile shapes")
        return 0
    text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    said = re.findall(r"(\d+) hostile shapes", text)
    if said == [str(len(rows))]:
        return 0
    print(f"{sys.argv[1]} says {said or 'nothing'} of \"hostile shapes\", and there are {len(rows)}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
