"""One trial: a deed with a fault in it, and the oracle's judgement of what is there afterwards."""
import errno
import functools
import os
import re
import signal
import subprocess
import sys
import time

import oracle
import support
from injection import NO_FILES

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


def check_ending(struck, fine=(0,), fault=""):
    """A tool that was not killed itself succeeds, or says what is wrong and ends with a code of its own."""
    if struck.code in (*fine, -signal.SIGKILL):  # strace ends as the tool ended
        return []
    if struck.never_began():
        return []
    if struck.code not in ERROR_CODES:
        return [f"it ended with {struck.code}"]
    lost_message = any(" write(2<" in line for line in struck.injected)
    if lost_message:
        return []
    if "trainyard: error: " not in struck.error:
        return ["it failed without a message"]
    return check_cause(struck, fault)


def check_told(done, *causes):
    """An ending without success says what was tried, on what and why."""
    if done.returncode == 0:
        return []
    if done.returncode not in (1, 3):
        return [f"it ended with {done.returncode}: {done.stderr}"]
    told = re.search(r"^trainyard: error: (\S.*): (.*)$", done.stderr, re.MULTILINE)
    if not told or not any(cause in done.stderr for cause in causes):
        return [f"the message does not say why: {done.stderr}"]
    return []


def check_cause(struck, fault):
    """After an error of the system the message says why, and what to do."""
    if not fault.startswith("error=") or not struck.injected:
        return []
    if any(NO_FILES.search(line) for line in struck.injected):
        return []  # it waits for an answer then, and is ended; it does not say why
    why = os.strerror(getattr(errno, fault.removeprefix("error=")))
    findings = [] if why in struck.error + struck.out else [f"the message does not say \"{why}\""]
    return findings + ([] if "hint: " in struck.error else ["the message does not say what to do"])


def judge(worlds, world, deed, struck, fault):
    """What does not hold after a fault, a line each."""
    expected = worlds.expected[deed.name]
    findings = left_behind(world.folder)
    findings += check_ending(struck, deed.fine, fault)
    if deed.sound:
        findings += oracle.check_store(world.store)
        findings += check(world)
    findings += deed.half_done(world)
    findings += worlds.kept.lost(world)
    # What could not be done or read was said and left.
    told = any(words in struck.out for words in ("could not ", "cannot be read", "kept: its layers, because"))
    if struck.code in deed.fine and not told and (made := deed.result(world)) != expected:
        findings.append(f"it ended well with {made} and not {expected}")
    findings += repeat(world, deed, expected)
    findings += oracle.check_store(world.store)
    findings += left_behind(world.folder)
    findings += [f"a control group is left: {folder}" for folder in oracle.cgroups_of(struck.threads)]
    return findings


def repeat(world, deed, expected):
    """The next try succeeds and gives what it gives where nothing went wrong."""
    try:
        deed.again(world)
        made = deed.result(world)
    except AssertionError as error:
        return [f"the next try fails: {error}"]
    return [] if made == expected else [f"the next try gives {made} and not {expected}"]


def conclude(failures, tried=""):
    """The end of a test that gathered its failures: each of them, how many, and the exit code that says so."""
    for failure in failures:
        print("FAILED " + failure)
    print(f"{tried}{len(failures)} failures")
    sys.exit(1 if failures else 0)
