"""examples/quickstart.sh, called twice in a clone in which the tool may be built already: example and store are new.

Environment: TRAINYARD_CLONE is the clone (quickstart_clone.py).
"""
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tool"))
import support

CLONE = pathlib.Path(os.environ["TRAINYARD_CLONE"])
FOLDER = CLONE / "build/quickstart"


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.store = FOLDER / "store"
        self.clean()
        self.addCleanup(self.clean)

    def clean(self):
        for folder in (FOLDER / "digits", self.store):
            support.remove_folder(folder)

    def test_the_second_call_does_nothing_over_again(self):
        first = self.call()
        self.assertNotIn("Nothing to do over again.", first)
        second = self.call()
        self.assertIn("Nothing to do over again.", second)
        self.assertRegex(second, r"image +sha256:[0-9a-f]{64}\n")
        self.assertRegex(second, r"accuracy +0\.9[5-9]")
        model = pathlib.Path(second.split("model ")[1].split("\n")[0].strip())
        self.assertTrue(model.is_file(), model)
        self.assertEqual(model.stat().st_uid, os.geteuid())

    def call(self):
        done = subprocess.run(["sh", str(CLONE / "examples/quickstart.sh"), "--no-install"], check=False, text=True,
                              env=dict(os.environ, TRAINYARD_STORE=str(self.store)),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout


if __name__ == "__main__":
    support.main()
