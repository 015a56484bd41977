"""A training with checkpoints: its model tells how many epochs it has seen, its log which ones a try has run."""
import json

from support import Case

TRAIN = """
set -e
epoch=0 state=1
if [ -f "$TRAINYARD_CHECKPOINTS/last" ]; then read epoch state < "$TRAINYARD_CHECKPOINTS/last"; fi
echo "resume=${TRAINYARD_RESUME:-no} after epoch $epoch"
while [ $epoch -lt $epochs ]; do
  epoch=$((epoch + 1)) state=$(( (state * 69069 + epoch) % 1000003 ))
  sleep $pause
  echo "epoch $epoch"
  echo "$epoch $state" > ckpt/new
  mv ckpt/new ckpt/last
  if [ $epoch = "$fail_at" ] && [ ! -f ckpt/failed ]; then touch ckpt/failed; exit 9; fi
done
echo $state > model.bin
echo "{{\\"state\\": $state}}" > metrics.json
"""


def model_after(epochs):
    state = 1
    for epoch in range(1, epochs + 1):
        state = (state * 69069 + epoch) % 1000003
    return f"{state}\n"


class CheckpointCase(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        (self.folder / "src").mkdir()

    def spec(self, epochs=3, pause="0", marker="", **members):
        parameters = [f"epochs={epochs}"]
        environment = [f"pause={pause}", "fail_at=" + str(members.pop("fail_at", ""))]
        return self.write_run_spec(**{
            "command": ["sh", "-c", f": {marker};" + TRAIN], "parameters": parameters, "environment": environment,
            "outputs": ["model.bin"], "metrics": ["metrics.json"], "checkpoints": "ckpt", **members})

    @property
    def model(self):
        return self.folder / "build/model.bin"

    def record(self, name="train"):
        return json.loads(self.tool("inspect", name).stdout)

    def key(self):
        return (self.folder / "build/train.result").read_text().split()[0]

    def run_folder(self, key=None):
        key = key or self.key()
        return self.store / "runs" / key[:2] / key
