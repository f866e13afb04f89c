"""metronomectl where there is no hypervisor: help, exit statuses, and one line
for whatever is wrong. What it does in dom0: the part `sched` of scenario.py."""
from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CTL = ROOT / os.environ.get("BUILD", "build") / "metronomectl"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """To its end."""
    return subprocess.run([CTL, *words], capture_output=True, text=True,
                          check=False, timeout=60)


def test_help() -> None:
    """Every command, examples, and what the statuses mean."""
    told = run("--help")
    assert told.returncode == 0 and not told.stderr
    for words in ("list", "show", "pools", "get", "set", "change", "watch",
                  "metronomectl trace", "Examples:", "Exit status:"):
        assert re.search(rf"^ *{words}", told.stdout, re.M), words
    assert run("sched", "set", "-h").stdout == told.stdout


@pytest.mark.parametrize("words, message", [
    ((), "`metronomectl sched COMMAND` is wanted"),
    (("scheduler",), "`metronomectl sched COMMAND` is wanted"),
    (("sched", "exchange"), "exchange: no such command"),
    (("sched", "list", "-d", "a"), "list: unknown option -d"),
    (("sched", "set", "-d"), "set: -d wants a word after it"),
    (("sched", "get", "-v", "1"), "-v goes with -d DOMAIN"),
    (("sched", "get", "-p", "0", "-d", "0"), "-p or -d, not both"),
    (("sched", "set", "weight=3"), "set: of whom?"),
    (("sched", "change", "bvt"), "change: -p POOL SCHEDULER"),
    (("sched", "get", "web"), "get: what is `web`?"),
    (("sched", "show"), "show: which scheduler?"),
    (("sched", "watch", "-i", "0"), "-i 0: seconds are wanted"),
    (("sched", "watch", "-i", "nan"), "-i nan: seconds are wanted"),
    (("sched", "watch", "-n", "-1"), "-n -1: a number from 1 on"),
    (("sched", "watch", "-n", "99999999999"), "a number from 1 on"),
    (("trace", "all"), "trace: all: a mask of events is wanted"),
    (("trace", "-1"), "trace: -1: a mask of events is wanted"),
    (("trace", "0x100000000"), "a mask of events is wanted"),
    (("trace", "1", "2"), "trace: one mask, or nothing: what is `2`?"),
])
def test_usage(words: tuple[str, ...], message: str) -> None:
    """One line that names the thing; status 2; nothing is asked of anybody."""
    told = run(*words)
    assert told.returncode == 2 and not told.stdout
    assert told.stderr.startswith("metronomectl: ")
    assert message in told.stderr and told.stderr.count("\n") == 1, told.stderr


@pytest.mark.skipif(os.path.exists("/dev/xen/privcmd"), reason="this is dom0")
@pytest.mark.parametrize("words", [("list",), ("get", "-d", "a"), ("watch",),
                                   ("change", "-p", "0", "bvt")])
def test_not_dom0(words: tuple[str, ...]) -> None:
    """It says where it belongs."""
    told = run("sched", *words)
    assert told.returncode == 3
    assert told.stderr == ("metronomectl: /dev/xen/privcmd: No such file or "
                           "directory: metronomectl is for root in dom0\n")
