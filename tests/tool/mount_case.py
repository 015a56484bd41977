"""What the tests of a step's mounts share: a context, and a look into the layer that a step made."""
import json
import tarfile

from support import Case


class MountCase(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        (self.folder / "context").mkdir()

    def top_layer(self, tag):
        layers = json.loads(self.tool("inspect", tag).stdout)["layers"]
        with tarfile.open(self.store / "blobs/sha256" / layers[-1]["diff_id"].removeprefix("sha256:")) as tar:
            return sorted(name for name in tar.getnames() if name not in (".", ""))

    def refused(self, dockerfile, *words, code=2):
        return self.build(dockerfile, *words, code=code)[1]
