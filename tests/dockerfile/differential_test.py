"""Image for image what Docker builds: every case is built, and compared field by field with the answer that is kept for it.

What differs on purpose stands in differences.json with the reason's name, and must differ exactly so. reference.py makes both files.
"""
import os
import pathlib
import sys
import tempfile
import unittest

# An ordinary user has a copy of it, elsewhere.
sys.path.insert(0, os.environ.get("TRAINYARD_TOOL_TESTS", str(pathlib.Path(__file__).resolve().parent.parent / "tool")))
import support  # noqa: E402
from answer import with_one_owner  # noqa: E402
from builders import BASES, Trainyard  # noqa: E402
from case_file import read_cases  # noqa: E402
from reference import ANSWERS, DIFFERENCES, load, real_differences, reference_of  # noqa: E402

WHO = os.environ.get("TRAINYARD_TEST_WHO", "root" if os.geteuid() == 0 else "user")


class Differential(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="trainyard-differential-")
        cls.addClassCleanup(support.remove_folder, cls.folder)
        cls.tool = Trainyard(support.TOOL, cls.folder, support.ONE_ID)
        cls.listed = load(DIFFERENCES)
        cls.answers = {path.stem: load(path) for path in ANSWERS.glob("*.json")}

    def check(self, case):
        ours, excess, done = self.tool.build(case)
        if case.fails:
            code, words = case.fails
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(words, done.stderr)
        elif done.returncode != 0 and "fails" not in self.listed.get(case.title, {}):
            self.fail(done.stderr)
        self.assertEqual(excess, [], "a layer holds what it need not")
        theirs = reference_of(case, self.answers.get(case.topic, {}))
        listed = self.listed.get(case.title, {})
        expected = {field: (held["docker"], held["trainyard"]) for field, held in listed.items()}
        if support.ONE_ID:
            theirs = with_one_owner(theirs)
            expected = {field: tuple(map(with_one_owner_in_field, pair)) for field, pair in expected.items()}
            expected = {field: pair for field, pair in expected.items() if pair[0] != pair[1]}
        found = real_differences(case, theirs, ours)
        self.assertEqual(found, expected, "{field: (Docker's, ours)}; `reference.py --differences` shows them too")


def with_one_owner_in_field(value):
    return with_one_owner({"tree": {"": value}})["tree"][""] if isinstance(value, str) else value


def add_cases():
    for case in read_cases():
        if case.topic == BASES:
            continue

        def test(self, case=case):
            self.check(case)

        if WHO not in case.skipped_in:
            setattr(Differential, f"test_{case.topic}_{case.name}", test)


add_cases()
if __name__ == "__main__":
    support.main()
