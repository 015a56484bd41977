"""Hostile images, contexts and trainings: every shape of the table; and what a container is from inside."""
import sys
import unittest

import hostile
import shapes


def main():
    hostile.adopt_orphans()
    rows = shapes.table()
    # By class: each sets up its store once.
    wanted = sys.argv[1:] or ["inside", *sorted(test for _, _, test in rows)]
    suite = unittest.defaultTestLoader.loadTestsFromNames(wanted)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    print(f"{len(rows)} hostile shapes; {result.testsRun} tried, {len(result.failures) + len(result.errors)} failed; "
          f"{hostile.Usage.calls} calls of the tool, the largest process {hostile.Usage.peak >> 20} MiB "
          f"({hostile.Usage.peak_of[:120]})")
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
