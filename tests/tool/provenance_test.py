"""Where a model comes from. Every digest in what the tool says is recomputed from the files, by nothing that the tool is made
of; other programs' parsers accept the statement."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile

import support
from support import Case

try:
    import in_toto
except ImportError:
    support.skip("python3-protobuf is not installed")

DOCKERFILE = "FROM base AS made\nRUN echo tool > /tool\nFROM base\nCOPY --from=made /tool /tool\nRUN --network=none echo b > /b\n"


def sha256(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Provenance(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.src = self.folder / "src"
        self.write("src/data/a.txt", "a\n", 0o644)
        self.write("src/data/sub/run.sh", "#!/bin/sh\necho b\n", 0o755)
        os.symlink("a.txt", self.src / "data/link")
        self.write("src/params.json", '{"epochs": 3, "x": 1}')
        self.build(DOCKERFILE, "-t", "trainer:1")

    def git(self, *words):
        done = subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@x", "-C", self.src, *words], check=True,
                              capture_output=True)
        return done.stdout.decode().strip()

    def commit(self):
        self.git("init", "-q", "-b", "main")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "first")
        self.git("remote", "add", "origin", "https://somebody:secret@example.org/x.git")

    def prepare(self, **members):
        return self.train(self.write_run_spec("prepare", image="trainer:1", inputs=["data"], outputs=["clean"], **{
            "command": ["sh", "-c", "mkdir -p clean/deep; cat data/a.txt > clean/a; data/sub/run.sh > clean/deep/b; ln -s a clean/l"],
            **members}))

    def model(self, name="train", **members):
        members = {"command": ["sh", "-c", "cat in/a in/deep/b > model; echo $rate >> model; echo '{\"loss\": 0.5}' > m.json"],
                   "inputs": [f"in={self.folder}/build/clean"], "outputs": ["model"], "metrics": ["m.json"],
                   "parameters": ["rate=0.1", "seed=7"], "image": "trainer:1", "parameters_file": "params.json",
                   "parameter_keys": ["epochs"], **members}
        self.train(self.write_run_spec(name, **members))
        return self.folder / "build/model"

    def told(self, name, *words):
        return json.loads(self.tool("provenance", "--json", name, *words).stdout)

    def statement(self, name, *words):
        text = self.tool("provenance", "--format", "in-toto", name, *words).stdout
        in_toto.check_statement(text)
        return json.loads(text)

    # What the files say.

    def blob(self, digest):
        data = (self.store / "blobs/sha256" / digest.removeprefix("sha256:")).read_bytes()
        self.assertEqual("sha256:" + sha256(data), digest)
        return data

    def image_digests(self, manifest):
        """Manifest, configuration, layers as blobs and as unpacked tars; and the chain-ids below each layer."""
        found = {manifest}
        body = json.loads(self.blob(manifest))
        config = json.loads(self.blob(body["config"]["digest"]))
        found.add(body["config"]["digest"])
        chain, chains = "", []
        for layer, diff_id in zip(body["layers"], config["rootfs"]["diff_ids"], strict=True):
            self.blob(layer["digest"])
            path = self.store / "blobs/sha256" / layer["digest"].removeprefix("sha256:")
            with tarfile.open(path) as tar:
                tar.getmembers()
            self.assertEqual("sha256:" + sha256(path.read_bytes()), diff_id)  # layers are not compressed
            found |= {layer["digest"], diff_id}
            chains.append(chain)
            chain = f"sha256:{sha256(chain + ' ' + diff_id)}" if chain else diff_id
        return found, [*chains, chain]

    def step_keys(self, chains):
        """Of the records that the store keeps, those that are what they are called on one of these chains."""
        keys, layers = set(), set()
        for path in (self.store / "steps").glob("??/*.json"):
            record = json.loads(path.read_text().splitlines()[0])
            for chain in [*chains, ""]:
                if sha256(canonical({"schema": 3, "parent": chain, "inputs": record["inputs"]})) == path.stem:
                    keys.add(path.stem)
                    if record["diff_id"]:
                        self.blob(record["diff_id"])
                        layers.add(record["diff_id"])
        return keys, layers

    @staticmethod
    def tree_digest(path):
        """Of an input, as docs/manual.md says."""
        if not path.is_dir():
            return sha256(canonical(["file", os.access(path, os.X_OK), sha256(path.read_bytes())]))
        rows = [["", "folder", False, ""]]
        for file in path.rglob("*"):
            relative = str(file.relative_to(path))
            if file.is_symlink():
                rows.append([relative, "link", False, os.readlink(file)])
            elif file.is_dir():
                rows.append([relative, "folder", False, ""])
            else:
                rows.append([relative, "file", bool(file.stat().st_mode & 0o100), sha256(file.read_bytes())])
        return sha256("".join(canonical(row) + "\n" for row in sorted(rows)))

    def commit_digest(self):
        content = subprocess.run(["git", "-C", self.src, "cat-file", "commit", "HEAD"], check=True, capture_output=True).stdout
        return hashlib.sha1(b"commit %d\0" % len(content) + content).hexdigest()

    def known(self, run):
        """Every digest that files of this test give, those of the run that is told of first."""
        known = set()
        for folder in (self.src, self.folder / "build"):
            for file in folder.rglob("*"):
                if file.is_symlink():
                    known.add(sha256(os.readlink(file)))
                elif file.is_file() and ".git" not in file.parts:
                    known.add(sha256(file.read_bytes()))
        known |= {self.tree_digest(self.src / "data"), self.tree_digest(self.folder / "build/clean")}
        known.add(sha256(json.dumps({"epochs": 3}, indent=2) + "\n"))  # what the command sees of the parameters' file
        chains = [""]
        for tag in ("trainer:1", "base"):
            manifest = json.loads(self.tool("inspect", tag).stdout)["digest"]
            digests, below = self.image_digests(manifest)
            known |= digests
            chains += below
        keys, layers = self.step_keys(chains)
        known |= keys | layers | {self.commit_digest()}
        known.add(sha256(canonical(run["identity"])))
        return {digest.removeprefix("sha256:") for digest in known}

    def digests_in(self, value):
        text = json.dumps(value)
        return set(re.findall(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])|(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])", text))

    def test_every_digest_is_that_of_a_file(self):
        self.commit()
        self.prepare()
        model = self.model()
        shutil.copy(model, self.folder / "elsewhere.bin")
        run, before = self.told(self.folder / "elsewhere.bin"), self.told("prepare")
        self.assertEqual(run["run"], sha256(canonical(run["identity"])))
        self.assertEqual(run["file"]["digest"], "sha256:" + sha256(model.read_bytes()))
        known = self.known(run) | self.known(before)
        for told in (run, before, self.statement(model), self.statement("prepare")):
            self.assertGreater(len(self.digests_in(told)), 10)
            self.assertEqual(self.digests_in(told) - known, set())
        # And none is left out.
        statement = self.statement(model)
        subjects = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
        self.assertEqual(subjects, {name: sha256((self.folder / "build" / name).read_bytes()) for name in ("model", "m.json")})
        dependencies = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
        named = {d["name"]: d.get("digest", {}) for d in dependencies}
        self.assertEqual(named["source"], {"gitCommit": self.commit_digest()})
        self.assertEqual(named["/work/in/deep/b"], {"sha256": sha256("b\n")})
        trainer, base = (json.loads(self.tool("inspect", tag).stdout)["digest"] for tag in ("trainer:1", "base"))
        self.assertEqual("sha256:" + named["image trainer"]["sha256"], trainer)
        self.assertEqual("sha256:" + named["base base"]["sha256"], base)
        layers = json.loads(self.blob(trainer))["layers"]
        self.assertEqual([d["digest"]["sha256"] for d in dependencies if d["name"].startswith("layer ")],
                         [layer["digest"].removeprefix("sha256:") for layer in layers])

    def test_what_a_run_noted(self):
        self.commit()
        self.prepare()
        run = self.told(self.model())
        self.assertEqual((run["target"], run["metrics"], run["parameters"]),
                         ("train", {"loss": 0.5}, {"epochs": "3", "rate": "0.1", "seed": "7"}))
        self.assertLess(run["started"], run["finished"])
        source = run["source"]
        self.assertEqual((source["commit"], source["branch"], source["dirty"], source["changed"], source["untracked"]),
                         (self.git("rev-parse", "HEAD"), "main", False, [], 0))
        self.assertEqual(source["remote"], "https://example.org/x.git")
        self.assertEqual(run["machine"]["kernel"], f"Linux {os.uname().release}")
        self.assertNotIn(os.uname().nodename, json.dumps(run["machine"]))
        self.assertEqual(run["tool"], self.tool("--version").stdout.split()[1])
        self.assertEqual([s["text"] for s in run["image"]["steps"] if s["stage"] != "made"],
                         ["COPY --from=made /tool /tool", "RUN --network=none echo b > /b"])
        self.assertEqual([(b["name"], b["pinned"]) for b in run["image"]["bases"]], [("base", False)])
        text = self.tool("provenance", "train").stdout
        for line in (r"link  /work/in/l -> a\n", r"run +\w{64}  train\n", r"parameters  epochs=3  rate=0.1  seed=7\n", "metrics     loss 0.5\n",
                     r"sha256:\w{64}  model\n", r"sha256:\w{64}  /work/in/deep/b\n", r"  made by run \w{12}: ",
                     r"from base  sha256:\w{64}  \(by a name that may move\)\n", r"\w{12}  .*RUN --network=none echo b > /b\n",
                     r"source      commit \w{40} of main, clean\n", "machine     "):
            self.assertRegex(text, line)

    def test_dirtiness_is_noted_and_makes_no_other_run(self):
        self.commit()
        self.prepare()
        self.model()
        first = self.told("train")
        self.write("src/data/a.txt", "A\n")
        self.write("src/unknown", "")
        self.git("commit", "--allow-empty", "-q", "-m", "second")
        self.assertIn("cached", self.tool("run", "--spec", self.folder / "build/train.run.json", "--result",
                                          self.folder / "build/train.result").stderr)
        self.assertEqual(self.told("train"), first)
        self.model(parameters=["rate=0.2"])
        second = self.told("train")
        self.assertEqual((second["source"]["dirty"], second["source"]["changed"], second["source"]["untracked"]),
                         (True, ["data/a.txt"], 1))
        self.assertRegex(self.tool("provenance", "train").stdout, "of main, 1 files changed since, 1 that it does not know")
        statement = self.statement("train")
        source = [d for d in statement["predicate"]["buildDefinition"]["resolvedDependencies"] if d["name"] == "source"][0]
        self.assertEqual(source["annotations"]["dirty"], True)
        self.assertEqual(source["uri"], "git+https://example.org/x.git@" + second["source"]["commit"])

    def test_git_is_asked_where_there_is_a_repository_and_nowhere_else(self):
        asked = self.folder / "asked"
        self.write("bin/git", f"#!/bin/sh\necho asked >> {asked}\nexit 1\n", 0o755)
        path = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        for number, folder in enumerate((self.src, self.src / ".git")):
            folder.mkdir(exist_ok=True)
            spec = self.write_run_spec("plain", outputs=["o"], command=["sh", "-c", f"echo {number} > o"])
            self.train(spec, env=path)
            self.assertEqual(asked.exists(), number == 1)
        self.assertIn("git says nothing", self.tool("provenance", "plain").stdout)

    def test_the_chain_of_runs(self):
        self.prepare()
        model = self.model()
        chain = self.told(model, "--all")
        self.assertEqual([run["target"] for run in chain], ["train", "prepare"])
        self.assertEqual([i["run"] for i in chain[0]["inputs"] if i["place"] == "/work/in"], [chain[1]["run"]])
        lines = self.tool("provenance", "--all", "--format", "in-toto", model).stdout.splitlines()
        self.assertEqual(len(lines), 2)
        for line in lines:
            in_toto.check_statement(line)
        uris = [d.get("uri") for d in json.loads(lines[0])["predicate"]["buildDefinition"]["resolvedDependencies"]]
        self.assertIn(json.loads(lines[1])["predicate"]["runDetails"]["metadata"]["invocationId"], uris)
        # What gc took is still named.
        shutil.rmtree(self.store / "runs" / chain[1]["run"][:2] / chain[1]["run"])
        self.assertEqual(len(self.told(model, "--all")), 1)
        self.assertEqual(self.told(model)["inputs"], chain[0]["inputs"])

    def test_how_a_model_is_found(self):
        self.prepare()
        model = self.model()
        self.assertEqual(self.told(self.folder / "build/clean")["target"], "prepare")
        self.assertEqual(self.told(self.folder / "build/clean")["file"]["output"], "clean")
        self.assertEqual(self.told(self.folder / "build/clean/deep/b")["file"]["output"], "clean/deep/b")
        key = self.told("train")["run"]
        self.assertEqual(self.told(key[:10])["run"], key)
        (self.folder / "train").mkdir()  # called as the target is
        self.assertEqual(self.told("train")["run"], key)
        self.model("twin", outputs=["model2"], command=["sh", "-c", "cp in/a model2; cat in/deep/b >> model2; echo $rate >> model2; "
                                                        "echo '{\"loss\": 2}' > m.json"])
        self.assertEqual(self.told(model)["run"], key)
        self.assertEqual(self.told(self.folder / "build/model2")["file"]["others"], [key])
        model.write_text("other\n")
        self.assertRegex(self.tool("provenance", model, code=2).stderr,
                         r"run train \(\w{12}\) puts an output there, and it has other bytes: sha256:\w{64} is of no run")
        self.write("stranger", "x")
        self.assertIn("is an output of no run in the store", self.tool("provenance", "stranger", code=2).stderr)
        self.assertIn("nosuch", self.tool("provenance", "nosuch", code=2).stderr)
        self.assertIn("did you mean", self.tool("provenance", "--format", "intoto", "train", code=2).stderr)

    def test_a_run_of_an_earlier_version(self):
        self.prepare()
        model = self.model()
        key = self.told("train")["run"]
        folder = self.store / "runs" / key[:2] / key
        (folder / "origin.json").unlink()
        shutil.rmtree(self.store / "steps/origins")
        told = self.told(model)
        self.assertEqual((told["source"], told["machine"], told["started"]), (None, None, None))
        self.assertIn("how it was built is not known here", self.tool("provenance", model).stdout)
        self.statement(model)
        (folder / "spec.json").unlink()
        self.assertNotIn("files", self.told(model)["inputs"][0])
        self.statement(model)

    def test_a_statement_is_about_files(self):
        self.train(self.write_run_spec("empty", outputs=["d"], command=["mkdir", "d"]))
        self.assertIn("hold none", self.tool("provenance", "--format", "in-toto", "empty", code=2).stderr)

    def test_how_executables_were_compiled(self):
        flags = self.write("build/img.CXX.flags", json.dumps({"language": "CXX", "compiler": "GNU 12.2.0", "executables": [
            {"executable": "/x/busy", "target": "busy", "build_type": "Release", "flags": ["-O3", "-march=native"]}]}))
        program = shutil.copy(shutil.which("busybox"), self.folder / "build/busybox")
        spec = self.write("build/img.image.json", json.dumps({
            "schema": 1, "kind": "image", "name": "img", "build_dir": str(self.folder / "build"), "executables": [str(program)],
            "project_folders": [str(self.folder)], "flag_files": [str(flags), "/nowhere"]}))
        words = ["build", "--spec", spec, "--digest-file", self.folder / "build/img.digest"]
        self.tool(*words)
        self.train(self.write_run_spec("r", image=f"digest-file:{self.folder}/build/img.digest", outputs=["o"],
                                       command=["/usr/local/bin/busybox", "touch", "o"]))
        self.assertIn("busy  CXX by GNU 12.2.0 Release: -O3 -march=native\n", self.tool("provenance", "r").stdout)
        self.assertNotIn("/x/busy", json.dumps(self.statement("r")))
        digest = (self.folder / "build/img.digest").read_text()
        flags.write_text("{}")  # nothing is built again for it
        self.tool(*words)
        self.assertEqual((self.folder / "build/img.digest").read_text(), digest)


if __name__ == "__main__":
    support.main()
