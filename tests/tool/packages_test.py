"""Debian's packages are installed in RUN steps, whoever we are: what their scripts do with owners takes effect, or
succeeds without effect where there is one id.

Environment: TRAINYARD_DEBIAN is a tar of a Debian root file system with apt.
"""
import json
import os
import tarfile

import support
from support import Case

# Their scripts make users and groups, and give files to them; `_apt` is whom apt itself becomes.
PACKAGES = os.environ.get("TRAINYARD_TEST_PACKAGES", "cron dbus").split()


class Packages(Case):
    def setUp(self):
        super().setUp()
        support.skip_unless_archive_answers(self)
        self.tool("import", "-t", "debian", os.environ["TRAINYARD_DEBIAN"])

    def entries(self, image):
        """All that the layers above the base hold."""
        for layer in json.loads(self.tool("inspect", image).stdout)["layers"][1:]:
            with tarfile.open(self.store / "blobs/sha256" / layer["diff_id"].removeprefix("sha256:")) as tar:
                yield from tar

    def test_they_are_installed_configured_and_owned(self):
        self.build(f"""FROM debian
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {" ".join(PACKAGES)}
RUN touch /mine && chown www-data:mail /mine && useradd somebody && install -o somebody -g games /mine /theirs
USER www-data
RUN id -un > /tmp/who
""", "-t", "installed")
        self.assertEqual(self.tool("run", "-u", "root", "installed", "dpkg", "--audit").stdout, "")
        told = self.tool("run", "-u", "root", "installed", "dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n",
                         *PACKAGES).stdout
        self.assertEqual(sorted(told.splitlines()), sorted(f"{name} installed" for name in PACKAGES))
        entries = list(self.entries("installed"))
        owners = {number for entry in entries for number in (entry.uid, entry.gid)}
        self.assertEqual({(entry.uname, entry.gname) for entry in entries}, {("", "")})
        files = self.tool("run", "-u", "root", "installed", "sh", "-c",
                          "stat -c '%U:%G' /mine /theirs; cat /tmp/who").stdout.split()
        if support.ONE_ID:
            self.assertEqual(owners, {0})
            self.assertEqual(files, ["root:root", "root:root", "root"])
        else:
            self.assertIn(33, owners)
            self.assertEqual(files, ["www-data:mail", "somebody:games", "www-data"])
        # What apt downloads lies in the caches, and only there.
        self.assertTrue(list(self.store.glob("caches/*/data/archives/*.deb")))
        self.assertFalse([entry.name for entry in entries if entry.name.endswith(".deb") or "apt/lists/" in entry.name])
        # What tells apt to stay root is no part of the image.
        names = [entry.name for entry in entries]
        self.assertIn("mine", names)
        self.assertFalse([name for name in names if name.startswith("run/trainyard")])
        self.assertNotIn("APT_CONFIG", self.tool("inspect", "installed").stdout)


if __name__ == "__main__":
    support.main()
