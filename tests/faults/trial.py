"""One trial: a deed with a fault in it, and the oracle's judgement of what is there afterwards."""
import functools
import signal
import subprocess
import time

import oracle
import support

ERROR_CODES = (1, 2, 3)
SECONDS_TO_END = 5  # for processes that the kernel is ending and mounts that go with them


@functools.lru_cache(maxsize=None)
def has_command(name):
    text = subprocess.run([support.TOOL, "--help"], capture_output=True, text=True, check=True).stdout
    return f"\n  {name} " in text


def left_behind(folder):
    end = time.monotonic() + SECONDS_TO_END
    while lines := oracle.left_behind(folder):
        if time.monotonic() > end:
            return lines
        time.sleep(0.1)
    return []


def check(world):
    """The second oracle: what the tool itself finds in its store."""
    if not has_command("check"):
        return []
    done = world.call("check")
    return [] if done.returncode == 0 else [f"trainyard check: {done.returncode}\n{done.stdout}{done.stderr}"]


def check_ending(struck):
    """A tool that was not killed itself succeeds, or says what is wrong and ends with a code of its own."""
    if struck.code in (0, -signal.SIGKILL):  # strace ends as the tool ended
        return []
    if struck.code not in ERROR_CODES:
        return [f"it ended with {struck.code}"]
    lost_message = any(" write(2<" in line for line in struck.injected)
    if "trainyard: error: " not in struck.error and not lost_message:
        return ["it failed without a message"]
    return []


def judge(worlds, world, deed, struck):
    """What does not hold after a fault, a line each."""
    expected = worlds.expected[deed.name]
    findings = left_behind(world.folder)
    findings += check_ending(struck)
    findings += oracle.check_store(world.store)
    findings += check(world)
    findings += worlds.kept.lost(world)
    if struck.code == 0 and (made := deed.result(world)) != expected:
        findings.append(f"it ended well with {made}")
    findings += repeat(world, deed, expected)
    findings += oracle.check_store(world.store)
    findings += left_behind(world.folder)
    findings += [f"a control group is left: {folder}" for folder in oracle.cgroups_of(struck.threads)]
    return findings


def repeat(world, deed, expected):
    """The next try succeeds and gives what it gives where nothing went wrong."""
    try:
        world.must(*deed.words(world))
        made = deed.result(world)
    except AssertionError as error:
        return [f"the next try fails: {error}"]
    return [] if made == expected else [f"the next try gives {made} and not {expected}"]
