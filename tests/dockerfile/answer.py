"""What an image is, in few lines that a person can read and a program can compare: the answer to a case.

    {"config": {…},                                what the Dockerfile can set
     "history": ["CMD [\\"x\\"] (empty)", …],        of the steps above the base; (empty) makes no layer
     "layers": {"2": ["/a", "- /b"], …},           by the number of the step in history: what it holds, "- " what it takes away
     "tree": {"/a": "file 0644 0:0 5 \\"text\\""},   where the whole differs from the base
     "gone": ["/b"], "links": [["/a", "/c"]]}      what is in the base alone; hard links
or {"fails": "the last line of the message"}.

Not in it: times, comments and whatever else two builds of one Dockerfile do not agree upon.
"""
import re

from image_reader import put_layer


def answer_of(image, base):
    """The answer, and what the layers hold without need: (answer, ["…"])."""
    on_base = bool(image.layers) and image.layers[0] is base.layers[0]
    below = len(base.layers) if on_base else 0
    tree = base.tree() if on_base else {}
    start = dict(tree)
    history = image.history[len(base.history):] if on_base else image.history
    steps = [number for number, (_, empty) in enumerate(history) if not empty]
    layers = {}
    excess = []
    for number, layer in zip(steps, image.layers[below:], strict=True):
        layers[str(number)] = needed(layer, tree, excess)
        put_layer(tree, layer)
    changed = {path: entry for path, entry in tree.items() if path not in start or str(start[path]) != str(entry)}
    answer = {"config": image.config, "history": [text + (" (empty)" if empty else "") for text, empty in history],
              "layers": layers, "tree": {path: str(changed[path]) for path in sorted(changed)},
              "gone": sorted(path for path in start if path not in tree), "links": hard_links(tree, changed)}
    return {name: value for name, value in answer.items() if value or name in ("config", "history")}, excess


def needed(layer, tree, excess):
    """The layer's paths without folders that it leaves as they are and without whiteouts of nothing."""
    held = {path for path, _ in layer}
    opaque = tuple(path.removesuffix(".wh..wh..opq") for path in held if path.endswith("/.wh..wh..opq"))
    names = []
    for path, entry in layer:
        folder, _, name = path.rpartition("/")
        if name == ".wh..wh..opq":
            if any(known.startswith(folder + "/") for known in tree):
                names.append("opaque " + folder)
        elif name.startswith(".wh."):
            if f"{folder}/{name[4:]}" in tree:
                names.append(f"- {folder}/{name[4:]}")
            else:
                excess.append(f"a whiteout of nothing: {path}")
        elif entry.kind == "folder" and path in tree and str(tree[path]) == str(entry):
            # The folders on the way to a change may be there, and some readers want them.
            if not any(other.startswith(path + "/") for other in held) and not path.startswith(opaque):
                excess.append(f"a folder that did not change: {path}")
        else:
            names.append(path)
    return sorted(names)


def hard_links(tree, changed):
    groups = {}
    for path, entry in tree.items():
        if entry.kind != "folder":
            groups.setdefault(entry.inode, []).append(path)
    return sorted(sorted(paths) for paths in groups.values() if len(paths) > 1 and any(path in changed for path in paths))


def fields(answer):
    """One line a field, for a comparison field by field."""
    flat = {}
    for part, value in answer.items():
        if part in ("config", "layers", "tree"):
            flat.update({f"{part} {name}": held for name, held in value.items()})
        elif part == "history":
            flat.update({f"history {number}": text for number, text in enumerate(value)})
        elif part == "gone":
            flat.update({f"gone {path}": True for path in value})
        elif part == "links":
            flat.update({f"links {paths[0]}": paths for paths in value})
        else:
            flat[part] = value
    return flat


def differences(theirs, ours):
    """{field: (theirs, ours)}, None for what is not there."""
    if ("fails" in theirs) != ("fails" in ours):
        return {"fails": (theirs.get("fails"), ours.get("fails"))}
    theirs, ours = fields(theirs), fields(ours)
    return {name: (theirs.get(name), ours.get(name)) for name in sorted({*theirs, *ours})
            if theirs.get(name) != ours.get(name)}


def with_one_owner(answer):
    """What is left of it where containers know one id."""
    if "tree" not in answer:
        return answer
    owner = re.compile(r"^([a-z]+ (?:[0-7]{4} )?)[0-9]+:[0-9]+")
    return {**answer, "tree": {path: owner.sub(r"\g<1>0:0", text) for path, text in answer["tree"].items()}}
