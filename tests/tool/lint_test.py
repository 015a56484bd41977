"""trainyard lint, build --check and the warnings of a build: what is printed, in which form, and the exit codes."""
import json
import pathlib
import re

import support
from support import Case

BAD = "FROM base AS Build\nENV a b\nCMD run it\n"
CLEAN = "FROM scratch\nCMD [\"/run\"]\n"
MANUAL = pathlib.Path(__file__).parents[2] / "docs/manual.md"


class Lint(Case):
    def lint(self, dockerfile, *words, code, **options):
        self.write("context/Dockerfile", dockerfile)
        return self.tool("lint", *words, "context", code=code, **options)

    def rules_in(self, done):
        return re.findall(r"\[(\w+)\]$", done.stdout, re.MULTILINE)

    def test_findings_have_place_caret_and_mend(self):
        done = self.lint(CLEAN + "EXPOSE 80/TCP\n", code=1)
        self.assertEqual(done.stdout, 'context/Dockerfile:3:8: warning: the protocol of "80/TCP" should be lower case [ExposeProtoCasing]\n'
                                      "  3 | EXPOSE 80/TCP\n    |        ^~~~~~\n  mend: write EXPOSE 80/tcp\n")
        self.assertEqual(done.stderr, "1 warning, 0 notes\n")

    def test_exit_codes(self):
        self.assertEqual(self.lint(CLEAN, code=0).stdout, "")
        noted = self.lint("FROM base:1\n", code=0)
        self.assertEqual(self.rules_in(noted), ["BaseImageWithoutDigest"])
        self.lint("FROM base:1\n", "--strict", code=1)
        self.assertIn("did you mean \"FROM\"?", self.lint("FORM base\n", code=2).stderr)
        self.assertIn("no such Dockerfile", self.tool("lint", "nowhere", code=2).stderr)
        self.assertIn('did you mean "sarif"?', self.lint(CLEAN, "--format", "sarfi", code=2).stderr)

    def test_the_file_may_be_named_in_each_way(self):
        self.write("context/Other", "FROM scratch AS A\n")
        for words in (["context/Other"], ["-f", "context/Other", "context"], ["-f", "context/Other"]):
            self.assertEqual(self.rules_in(self.tool("lint", *words, code=1)), ["StageNameCasing"])
        with open(self.folder / "context/Other", encoding="utf-8") as text:
            self.assertEqual(self.rules_in(self.tool("lint", "-f", "-", "context", code=1, stdin=text)), ["StageNameCasing"])

    def test_nothing_is_made_where_there_is_no_store(self):
        store = self.folder / "no-store"
        self.lint("FROM base\n", "--store", store, code=1)
        self.assertFalse(store.exists())

    def test_what_a_base_image_in_the_store_sets_is_known(self):
        self.import_base()
        self.build("FROM base\nENV OWN=1\n", "-t", "lab/known:1")
        done = self.lint("FROM lab/known:1\nENV a=$OWN b=$NOT_KNOWN_AT_ALL\n", code=1)
        self.assertEqual(self.rules_in(done), ["BaseImageWithoutDigest", "UndefinedVar"])
        self.assertIn("2:14: warning", done.stdout)

    def test_the_ignore_file_counts(self):
        self.write("context/.dockerignore", "secret\n")
        self.assertEqual(self.rules_in(self.lint("FROM scratch\nCOPY secret /\n", code=1)), ["CopyIgnoredFile"])

    def test_json(self):
        report = json.loads(self.lint(BAD, "--json", code=1).stdout)
        self.assertEqual((report["schema"], report["file"]), (1, "context/Dockerfile"))
        finding = next(f for f in report["findings"] if f["rule"] == "LegacyKeyValueFormat")
        page = finding.pop("page")
        self.assertTrue(page.endswith("/legacy-key-value-format/"))
        self.assertTrue(finding.pop("message"))
        self.assertEqual(finding, {"rule": "LegacyKeyValueFormat", "severity": "warning", "mend": "write ENV a=b", "line": 2, "column": 5,
                                   "length": 1, "text": "ENV a b"})

    def test_sarif_has_what_its_schema_requires(self):
        log = json.loads(self.lint(BAD, "--sarif", code=1).stdout)
        self.assertEqual(log["version"], "2.1.0")
        self.assertIn("sarif-2.1.0", log["$schema"])
        self.assertEqual(len(log["runs"]), 1)
        run = log["runs"][0]
        driver = run["tool"]["driver"]
        self.assertEqual(driver["name"], "trainyard")
        self.assertIn(run["columnKind"], ("utf16CodeUnits", "unicodeCodePoints"))
        identifiers = [rule["id"] for rule in driver["rules"]]
        self.assertEqual(len(set(identifiers)), len(identifiers))
        for rule in driver["rules"]:
            self.assertTrue(rule["shortDescription"]["text"].endswith("."))
            self.assertIn(rule["defaultConfiguration"]["level"], ("none", "note", "warning", "error"))
        self.assertTrue(run["results"])
        for result in run["results"]:
            self.assertTrue(result["message"]["text"])
            self.assertIn(result["level"], ("none", "note", "warning", "error"))
            self.assertEqual(identifiers[result["ruleIndex"]], result["ruleId"])
            for location in result["locations"]:
                place = location["physicalLocation"]
                self.assertEqual(place["artifactLocation"]["uri"], "context/Dockerfile")
                region = place["region"]
                self.assertGreaterEqual(min(region.values()), 1)
                self.assertGreaterEqual(region["endColumn"], region["startColumn"])

    def test_the_manual_explains_every_rule(self):
        log = json.loads(self.lint(CLEAN, "--sarif", code=0).stdout)
        known = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
        self.assertEqual(re.findall(r"^\| `(\w+)` \|.*\|.*\|$", MANUAL.read_text(encoding="utf-8").split("## Checking a Dockerfile")[1].split("\n## ")[0],
                                    re.MULTILINE), known)

    def test_a_build_warns_by_its_own_rules(self):
        self.import_base()
        _, errors = self.build("FROM base\nRUN true\nENV a b\n")
        self.assertIn("Dockerfile:3:5: warning", errors)
        self.assertIn("[LegacyKeyValueFormat]\n  3 | ENV a b\n    |     ^\n  mend: write ENV a=b\n", errors)
        self.assertNotIn("LatestBaseImage", errors)
        _, errors = self.build("FROM base\nENV a b\nRUN false\n", code=1)
        self.assertIn("LegacyKeyValueFormat", errors)

    def test_the_file_can_make_warnings_errors(self):
        self.import_base()
        events = self.tool("build", "--progress", "json", self.written("# check=error=true\nFROM base\nRUN true\nENV a b\n"), code=2).stderr
        self.assertIn("LegacyKeyValueFormat", events)
        self.assertIn("check=error=true", events)
        self.assertNotIn('"started"', events)
        argument = ["--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=LegacyKeyValueFormat"]
        _, errors = self.build("# check=error=true\nFROM base\nENV a b\n", *argument)
        self.assertNotIn("Legacy", errors)

    def written(self, dockerfile):
        return self.write("context/Dockerfile", dockerfile).parent

    def test_build_check_builds_nothing(self):
        done = self.tool("build", "--check", self.written("FROM no-such-image AS B\nRUN apt-get update\n"), code=1)
        self.assertEqual(self.rules_in(done), ["StageNameCasing"])
        self.tool("build", "--check", self.written(CLEAN), code=0)
        self.assertIn("unknown instruction", self.tool("build", "--check", self.written("FORM a\n"), code=2).stderr)


if __name__ == "__main__":
    support.main()
