"""Documents of an OCI layout: digests, media types, sizes, JSON, what a config asks for."""
import json
import os

from hostile import FAILED, MACHINE, USAGE, HostileCase, Layout
from raw_tar import file, symlink, tar
from shapes import shape

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EVIL_DIGESTS = ("sha256:../../../outside/file", "sha256:" + "../" * 21 + "x", "sha256:/etc/passwd", "sha256:" + "A" * 64,
                "sha256:" + "0" * 63, "sha256:" + "0" * 65, "sha512:" + "0" * 128, "../../outside", "sha256:" + "0" * 63 + "\n",
                "sha256:" + "0" * 63 + "\0", "")


class Documents(HostileCase):
    """Layouts of one small layer, each with one lie."""

    def setUp(self):
        super().setUp()
        self.layout = Layout(self.folder / "layout")
        self.layer = self.layout.layer(tar(self.root_tar))
        self.fresh_context()

    def use(self, code=USAGE, says=(), tag="evil", dockerfile="FROM evil"):
        return self.build(dockerfile, "--build-context", f"evil=oci:{self.layout.folder}", "-t", tag, code=code, says=says)

    def good_manifest(self, layers=None, config=None, **members):
        layers = [self.layer] if layers is None else layers
        return self.layout.manifest(self.layout.config(layers) if config is None else config, layers, **members)

    @shape("CVE-2024-3727", "a manifest's digest that is a path")
    def test_manifest_digest(self):
        good = self.good_manifest()
        for digest in EVIL_DIGESTS:
            self.layout.index(dict(good, digest=digest))
            self.use(says="digest")

    @shape("CVE-2024-3727", "a config's digest that is a path")
    def test_config_digest(self):
        config = self.layout.config([self.layer])
        for digest in EVIL_DIGESTS:
            self.layout.index(self.good_manifest(config=dict(config, digest=digest)))
            self.use(says="digest")

    @shape("CVE-2024-3727", "a layer's digest that is a path")
    def test_layer_digest(self):
        config = self.layout.config([self.layer])
        for digest in EVIL_DIGESTS[:4]:
            self.layout.index(self.good_manifest([dict(self.layer, digest=digest)], config))
            self.use(says="digest")

    @shape("CVE-2024-3727", "a diff-id that is a path")
    def test_diff_id(self):
        for digest in EVIL_DIGESTS:
            self.layout.index(self.good_manifest(config=self.layout.config([{"digest": digest}])))
            self.use(says="diff_ids")

    @shape("image-spec", "a diff-id that is another layer's")
    def test_wrong_diff_id(self):
        self.layout.index(self.good_manifest(config=self.layout.config([{"digest": "sha256:" + "ab" * 32}])))
        self.use(says="ab" * 32, code=(FAILED, USAGE, MACHINE))

    @shape("CVE-2021-41190", "a manifest that is an index as well")
    def test_both(self):
        good = self.good_manifest()
        self.layout.index(self.good_manifest(manifests=[good]))
        self.use(says="manifests")

    @shape("CVE-2021-41190", "an index that is a manifest as well")
    def test_index_both(self):
        good = self.good_manifest()
        self.layout.index(good, layers=[self.layer], config=self.layer)
        self.use(says="does not belong")

    @shape("CVE-2021-41190", "a document whose media type is not its descriptor's")
    def test_confused(self):
        good = self.good_manifest()
        for kind in (INDEX, "application/json", "x" * 100_000):
            self.layout.index(self.good_manifest(mediaType=kind))
            self.use()
        self.layout.index(dict(good, mediaType=INDEX))
        self.use()

    @shape("image-spec", "a config that is none")
    def test_config_kind(self):
        for kind in ("application/vnd.cncf.helm.config.v1+json", "application/vnd.oci.empty.v1+json", MANIFEST):
            config = dict(self.layout.config([self.layer]), mediaType=kind)
            self.layout.index(self.good_manifest(config=config))
            self.use(says="media type")

    @shape("image-spec", "a layer that is encrypted, a signature, a program")
    def test_layer_kind(self):
        for kind in ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "application/wasm",
                     "application/vnd.dev.cosign.simplesigning.v1+json"):
            other = self.layout.layer(tar(file("other", os.urandom(10))), kind)
            self.layout.index(self.good_manifest([other], self.layout.config([other])))
            self.use(says="media type")

    @shape("CVE-2020-15157", "a foreign layer with URLs")
    def test_foreign(self):
        foreign = {"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "size": 100,
                   "digest": "sha256:" + "cd" * 32, "urls": ["http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"]}
        self.layout.index(self.good_manifest([foreign], self.layout.config([foreign])))
        self.use(says="media type")
        foreign["mediaType"] = "application/vnd.oci.image.layer.v1.tar"
        self.layout.index(self.good_manifest([foreign], self.layout.config([foreign])))
        self.use(code=(USAGE, MACHINE), says="cdcd")

    @shape("image-spec", "embedded data that is not the blob")
    def test_data(self):
        config = dict(self.layout.config([self.layer]), data="eyJldmlsIjp0cnVlfQ==")
        self.layout.index(self.good_manifest(config=config))
        self.use(code=0)
        self.assertNotIn("evil\":true", (self.store / "index.json").read_text())

    @shape("image-spec", "sizes that lie")
    def test_sizes(self):
        config = self.layout.config([self.layer])
        for size in (0, 1, config["size"] + 1, 2 ** 62, -1, 2 ** 64, 1.5, "7"):
            self.layout.index(self.good_manifest(config=dict(config, size=size)))
            self.use()
            self.layout.index(dict(self.good_manifest(), size=size))
            self.use()
        other = self.layout.layer(tar(file("other", os.urandom(10))))
        for size in (0, 1, other["size"] + 1, 2 ** 62):
            self.layout.index(self.good_manifest([dict(other, size=size)], self.layout.config([other])))
            self.use(says="bytes")

    @shape("image-spec", "a lying size for a layer that the store has already")
    def test_size_of_known(self):
        self.layout.index(self.good_manifest())
        self.use(code=0, tag="good")
        for size in (1, self.layer["size"] + 512):
            self.layout.index(self.good_manifest([dict(self.layer, size=size)], self.layout.config([self.layer])))
            self.use(code=(0, USAGE))
            self.assertTrue((self.store / "blobs/sha256" / self.layer["digest"][7:]).exists())

    @shape("image-spec", "blobs whose content is another")
    def test_content(self):
        config = self.layout.config([self.layer])
        path = self.layout.folder / "blobs/sha256" / config["digest"][7:]
        path.write_bytes(path.read_bytes().replace(b"linux", b"lunix"))
        self.layout.index(self.good_manifest(config=config))
        self.use(says="digest")
        other = self.layout.layer(tar(file("other", os.urandom(10))))
        path = self.layout.folder / "blobs/sha256" / other["digest"][7:]
        content = bytearray(path.read_bytes())
        content[600] ^= 1
        path.write_bytes(content)
        self.layout.index(self.good_manifest([other], self.layout.config([other])))
        self.use(code=(FAILED, USAGE, MACHINE), says="digest")

    @shape("image-spec", "an index within an index, without end")
    def test_nested(self):
        at = self.good_manifest()
        for _ in range(10):
            at = self.layout.blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": [at, at]}, INDEX)
        self.layout.index(at)
        self.use(says="nested")

    @shape("image-spec", "an index that doubles at each level")
    def test_wide(self):
        at = self.good_manifest()
        for _ in range(4):
            at = self.layout.blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": [at] * 20}, INDEX)
        self.layout.index(at)
        self.use(code=(0, USAGE))

    @shape("JSON", "members that stand twice")
    def test_twice(self):
        good = json.dumps(self.good_manifest())
        self.layout.write_index('{"schemaVersion":2,"manifests":[],"manifests":[%s]}' % good)
        self.use(says="twice")
        config = self.layout.blob('{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]},'
                                  '"config":{"User":"worker","User":"0"}}', "application/vnd.oci.image.config.v1+json")
        self.layout.index(self.good_manifest([], config))
        self.use(says="twice")

    @shape("JSON", "a hundred thousand levels")
    def test_deep(self):
        for opening in ("[", '{"a":'):
            self.layout.write_index(opening * 100_000)
            self.use(says="deep")
        config = self.layout.blob('{"config":' + "[" * 100_000 + "]" * 100_000 + "}", "application/vnd.oci.image.config.v1+json")
        self.layout.index(self.good_manifest(config=config))
        self.use(says="deep")

    @shape("JSON", "documents of many megabytes")
    def test_large(self):
        for text in ('{"a":[' + "0," * 8_000_000 + "0]}", "{" + ",".join(f'"{i}":0' for i in range(360_000)) + "}",
                     '{"schemaVersion":2,"manifests":[' + ",".join(["{}"] * 1_300_000) + "]}", " " * (20 << 20)):
            self.layout.write_index(text)
            self.use()

    @shape("JSON", "what is no JSON, no UTF-8, or of the wrong kind")
    def test_kinds(self):
        for text in ("", "null", "[]", "7", '{"schemaVersion":"2"}', '{"schemaVersion":2,"manifests":{}}', '{"schemaVersion":1}',
                     '{"schemaVersion":2,"manifests":[null]}', '{"schemaVersion":1e400,"manifests":[]}', "{\"\x1b[2J\": \x1b}"):
            self.layout.write_index(text)
            self.use()
        (self.layout.folder / "index.json").write_bytes(b'{"schemaVersion":2,"manifests":[{"digest":"\xff\xfe"}]}')
        self.use()

    @shape("image-spec", "files of a layout that are FIFOs, devices, folders, links")
    def test_files(self):
        good = self.good_manifest()
        places = ("index.json", "oci-layout", f"blobs/sha256/{good['digest'][7:]}", f"blobs/sha256/{self.layer['digest'][7:]}")
        self.layout.index(good)
        other = self.layout.layer(tar(file("other", os.urandom(10))))
        for place in (*places[:3], f"blobs/sha256/{other['digest'][7:]}"):
            path = self.layout.folder / place
            if place == f"blobs/sha256/{other['digest'][7:]}":
                self.layout.index(self.good_manifest([other], self.layout.config([other])))
            content = path.read_bytes()
            for make in (os.mkfifo, lambda p: p.symlink_to("/dev/zero"), os.mkdir,
                         lambda p: p.symlink_to(self.home / ".ssh/id"), lambda p: p.symlink_to(p)):
                path.unlink()
                make(path)
                self.use(code=(USAGE, MACHINE))
                if path.is_dir() and not path.is_symlink():
                    path.rmdir()
                else:
                    path.unlink()
                path.write_bytes(content)

    @shape("image-spec", "a platform and a tag that drive the terminal")
    def test_escapes(self):
        config = self.layout.config([self.layer])
        self.layout.index(self.good_manifest(config=config), tag="\x1b]0;x\x07\nhint: do this")
        done = self.build("FROM evil", "--build-context", f"evil=oci:{self.layout.folder}:nosuch", code=USAGE)
        self.assertNotIn("\nhint: do this", done.stderr)


class Configs(HostileCase):
    """What the config of an image asks of a container."""

    def image_with(self, config, *entries, tag="configured", code=0, says=(), **members):
        layout = Layout(self.folder / "layout")
        layers = [layout.layer(tar(self.root_tar, *entries))]
        layout.image(*layers, config=config, **members)
        self.fresh_context()
        return self.build("FROM evil", "--build-context", f"evil=oci:{layout.folder}", "-t", tag, code=code, says=says)

    @shape("config", "a USER beyond what is a user id")
    def test_user(self):
        for user in ("2147483648", "4294967295", "4294967296", "-1", "18446744073709551616", "0x0", "1e3", " 0", "+0", "0:4294967295",
                     "0:-1", "worker:99999999999"):
            self.image_with({"User": user})
            done = self.tool("run", "configured", "id", "-u")
            if done.returncode == 0:  # 2147483648 is a user like others where there are so many
                self.assertEqual(done.stdout.strip(), user, str(done))
            else:
                self.assertEqual(done.returncode, 125, str(done))

    @shape("config", "a user's line whose id is none, or beyond")
    def test_passwd_ids(self):
        lines = "\n".join(f"u{i}:x:{uid}:0::/:/bin/sh" for i, uid in enumerate(
            ("4294967296", "-1", "", "zero", "99999999999999999999", "4294967295", "0x10", "1 ")))
        self.import_root(file("etc/passwd", lines), tag="passwd")
        for i in range(8):
            done = self.run_in("passwd", "id -u", options=["-u", f"u{i}"], code=125)
            self.assertIn(f"u{i}", done.stderr)

    @shape("config", "names that are lines, paths, options")
    def test_user_text(self):
        for user in ("../../etc/passwd", "a\nroot", "--help", "$(id)", "worker;id", "x" * 100_000, "\x1b[2J"):
            self.image_with({"User": user})
            self.tool("run", "configured", "id", code=125)

    @shape("config", "environment variables that are none")
    def test_env(self):
        self.image_with({"Env": ["NO_EQUALS", "=x", "", "A=" + "b" * 10_000, "LD_PRELOAD=/evil.so", "\x1b[2J=1"]})
        self.tool("run", "configured", "/bin/true", code=(0, 125, 126, 127))
        self.image_with({"Env": ["A=b\0LD_PRELOAD=x"]}, code=USAGE, says="NUL", tag="refused")

    @shape("config", "more environment and arguments than a process takes")
    def test_env_size(self):
        self.image_with({"Env": [f"V{i}=" + "x" * 100_000 for i in range(30)]})
        self.tool("run", "configured", "/bin/true", code=(0, 1, 125, 126, 127))

    @shape("CVE-2022-23648", "a VOLUME that leads out, or into the system's folders")
    def test_volume(self):
        self.image_with({"Volumes": {"/../../../../../../etc": {}, "/proc": {}, "/dev": {}, str(self.out): {}, "relative/../..": {},
                                     "/": {}}})
        self.assertEqual(self.tool("run", "configured", "/bin/cat", "/etc/group", code=0).stdout,
                         "root:x:0:\nworker:x:1000:\n")

    @shape("CVE-2024-21626", "a WORKDIR in /proc/self/fd")
    def test_workdir(self):
        for folder in ("/proc/self/fd/7", "/proc/1/root", "/proc/self/cwd", "/sys", "/dev/shm", "//proc/self", "/tmp/../proc/self/fd/8",
                       "/bin/../dev"):
            self.image_with({"WorkingDir": folder})
            self.tool("run", "configured", "/bin/true", code=125, says="working directory")
            self.build("FROM configured\nRUN true", code=(FAILED, USAGE))

    @shape("CVE-2024-21626", "a WORKDIR that symlinks lead to /proc")
    def test_workdir_link(self):
        for target in ("/proc/self/fd/7", "proc/self", "/dev", "../../../sys"):
            self.image_with({"WorkingDir": "/work"}, symlink("work", target))
            self.tool("run", "configured", "/bin/true", code=125, says="working directory")
        self.image_with({"WorkingDir": "/work"}, symlink("work", self.out))
        self.assertEqual(self.tool("run", "configured", "/bin/pwd", code=0).stdout, f"{self.out}\n")

    @shape("CVE-2019-5736", "an entry point that is the runtime itself")
    def test_entrypoint(self):
        for command in (["/proc/self/exe", "--version"], ["/proc/self/fd/3"], ["/proc/1/exe"], ["/proc/self/cwd/../../bin/sh"],
                        ["../../../../bin/sh", "-c", "true"], ["/"], ["/dev/null"], [""], ["."]):
            self.image_with({"Entrypoint": command})
            self.tool("run", "configured", code=(0, 1, 125, 126, 127))

    @shape("CVE-2019-5736", "a script whose interpreter is the runtime itself")
    def test_interpreter(self):
        self.image_with({"Entrypoint": ["/evil"]}, file("evil", "#!/proc/self/exe\n", mode=0o755),
                        file("bin/overwrite", "#!/bin/sh\nfor p in /proc/[0-9]*/exe; do echo evil > $p; done\n", mode=0o755))
        self.tool("run", "configured", code=(0, 1, 125, 126, 127))
        self.tool("run", "--entrypoint", "/bin/overwrite", "configured", code=(0, 1))

    @shape("config", "a history that drives the terminal")
    def test_history(self):
        self.image_with({}, history=[{"created_by": "\x1b]0;owned\x07\x1b[2J\nSHA256 fake", "created": "\x1b[2J"}])
        done = self.tool("history", "configured", code=0)
        self.assertNotIn("\x1b", done.stdout)
        self.assertEqual(len(done.stdout.splitlines()), 2, done.stdout)

    @shape("config", "labels, commands and triggers of all kinds")
    def test_kinds(self):
        for config in ({"Cmd": "sh"}, {"Cmd": [1]}, {"Env": {}}, {"Labels": []}, {"WorkingDir": 7}, {"Volumes": []},
                       {"Healthcheck": {"Interval": -1}}, {"Healthcheck": {"Retries": 2 ** 40}}, {"Env": [None]}, "sh"):
            self.image_with(config, code=USAGE, tag="refused")
        self.image_with({"OnBuild": ["RUN touch /evil"]}, tag="trigger", code=(0, USAGE))

    @shape("image-spec", "layers fewer or more than diff-ids")
    def test_counts(self):
        layout = Layout(self.folder / "layout")
        layer = layout.layer(tar(file("f", "x")))
        self.fresh_context()
        for layers, ids in (([layer, layer], [layer]), ([layer], [layer, layer]), ([], [layer]), ([layer] * 600, [layer] * 600)):
            layout.index(layout.manifest(layout.config(ids), layers))
            self.build("FROM evil\nRUN true", "--build-context", f"evil=oci:{layout.folder}", code=(FAILED, USAGE, MACHINE))
