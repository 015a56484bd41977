#!/usr/bin/env python3
"""The reference answers of the cases, and what differs from them.

    reference.py --docker [CASE…]        asks Docker anew (root, docker.io) and writes answers/<topic>.json
    reference.py --differences [CASE…]   builds with the tool ($TRAINYARD) and shows, field by field, where it answers otherwise;
                                         with --record it also writes them to differences.json, where a person says why

CASE is topic/name, or a topic. answers/<topic>.json holds of each case the answer of BuildKit, and of the legacy builder only where
its tree or configuration is another one.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile

from answer import differences
from builders import BASES, Docker, Trainyard, dump
from case_file import HERE, read_cases

ANSWERS = HERE / "answers"
DIFFERENCES = HERE / "differences.json"
NOBODYS = "config ArgsEscaped"  # a field for Windows, of which we write none; docs/dockerfile-differences.md says so


def load(path):
    return json.loads(path.read_text()) if path.exists() else {}


def reference_of(case, answers):
    """What is right for the case."""
    if case.reference == "docs":
        return {"fails": ""} if case.fails else json.loads(case.expect)
    both = answers[case.name]
    answer = both["legacy" if case.reference == "legacy" else "buildkit"]
    return answer


def real_differences(case, theirs, ours):
    found = differences(theirs, ours)
    found.pop(NOBODYS, None)
    if "fails" in theirs and "fails" in ours:
        found.pop("fails")  # the words are each builder's own
    if case.reference == "legacy":  # its history is another language
        found = {name: value for name, value in found.items() if not name.startswith(("history", "layers"))}
    if case.reference == "docs":  # says what matters of it
        parts = {name.split(" ")[0] for name in theirs}
        found = {name: value for name, value in found.items() if name.split(" ")[0] in parts}
    return found


def chosen(words):
    cases = [case for case in read_cases() if not words or case.title in words or case.topic in words]
    if not cases:
        sys.exit(f"no case is called {' or '.join(words)}")
    return [case for case in cases if case.topic != BASES]


def ask_docker(cases, folder):
    docker = Docker(folder)
    try:
        by_topic = {}
        for case in cases:
            if case.reference == "docs":
                continue
            answers = by_topic.setdefault(case.topic, load(ANSWERS / f"{case.topic}.json"))
            buildkit, legacy = docker.build(case, "1"), docker.build(case, "0")
            if "fails" in legacy or "fails" in buildkit or case.reference == "legacy":
                answers[case.name] = {"buildkit": buildkit, "legacy": legacy}
            else:
                other = {name: legacy_value for name, (_, legacy_value) in differences(buildkit, legacy).items()
                         if name.startswith(("tree", "gone", "config", "links")) and name != NOBODYS}
                answers[case.name] = {"buildkit": buildkit, **({"legacy differs": other} if other else {})}
            print(case.title, "FAILS: " + buildkit["fails"] if "fails" in buildkit else "", flush=True)
        ANSWERS.mkdir(exist_ok=True)
        names = {case.title for case in read_cases() if case.reference != "docs"}
        for topic, answers in by_topic.items():
            dump(ANSWERS / f"{topic}.json", {name: held for name, held in answers.items() if f"{topic}/{name}" in names})
    finally:
        docker.stop()


def show_differences(cases, folder, record):
    listed = load(DIFFERENCES)
    tool = Trainyard(os.environ.get("TRAINYARD", "trainyard"), folder)
    for case in cases:
        answers = load(ANSWERS / f"{case.topic}.json")
        ours, excess, done = tool.build(case)
        theirs = reference_of(case, answers)
        found = real_differences(case, theirs, ours)
        old = listed.get(case.title, {})
        if case.fails and ("fails" not in ours or done.returncode != case.fails[0] or case.fails[1] not in done.stderr):
            print(f"{case.title}: should fail with {case.fails}, but: {done.returncode} {done.stderr}")
        for field in excess:
            print(f"{case.title}: {field}")
        for field, (docker, trainyard) in found.items():
            if field not in old or old[field]["trainyard"] != trainyard:
                print(f"{case.title}: {field}\n    docker:    {json.dumps(docker)}\n    trainyard: {json.dumps(trainyard)}")
                if field == "fails":
                    print(done.stderr)
        for field in old:
            if field not in found:
                print(f"{case.title}: {field} differs no more")
        if record:
            held = {field: {"docker": docker, "trainyard": trainyard, "why": old.get(field, {}).get("why", "?")}
                    for field, (docker, trainyard) in found.items()}
            listed.pop(case.title, None)
            if held:
                listed[case.title] = held
    if record:
        dump(DIFFERENCES, listed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docker", action="store_true")
    parser.add_argument("--differences", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    cases = chosen(arguments.cases)
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tool"))
    import support
    folder = tempfile.mkdtemp(prefix="trainyard-reference-")
    try:
        if arguments.docker:
            ask_docker(cases, folder)
        if arguments.differences:
            show_differences(cases, folder, arguments.record)
    finally:
        support.remove_folder(folder)


if __name__ == "__main__":
    main()
