"""A plug-in that breaks a rule: named, reported, and replaced by rr.

The image has the wrong plug-ins of tests/wrong; the product's has none.
"""
from __future__ import annotations

import os
import re
import subprocess

import pytest

from qemu import BUILD, ROOT, Machine

# One image for all: two workers must not build it at a time.
pytestmark = pytest.mark.xdist_group("breach")
WRONG = BUILD / "wrong"
HOG = str(BUILD / "guests/hog")
RULES = {
    "keeps": r"pick\(\) left the vCPU in a queue",
    "starves": r"a vCPU starves",
    "astray": r"pick\(\) gave a vCPU that may not run on this CPU",
}


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    """Build it, beside the product's."""
    subprocess.run(["make", "-s", "hypervisor", "EXTRA_SCHED=tests/wrong",
                    f"BUILD={WRONG}"], cwd=ROOT, check=True,
                   env=os.environ | {"MAKEFLAGS": "-j2"})


def machine(name: str, options: str = "") -> Machine:
    """Three hogs on two CPUs, one of them pinned, under a wrong plug-in."""
    return Machine(
        f"console=com1 sched={name} sched_patience=1s {options}",
        (f"{HOG} domain name=a mem=16M vcpus=2 cpus=0 -- report=500ms",
         f"{HOG} domain name=b mem=16M vcpus=2 -- report=500ms"),
        smp=2, memory="256M", deterministic=True,
        kernel=WRONG / "metronome32")


def report(log: str, name: str) -> str:
    """The text from the rule to the fallback."""
    found = re.search(rf"scheduler {name} \(pool 0\) broke a rule on CPU[01]: "
                      rf"{RULES[name]}: d[12]v[01]$.*?"
                      rf"^\(XEN\) scheduler rr takes over from {name}$",
                      log, re.M | re.S)
    assert found, log[-4000:]
    return found[0]


@pytest.mark.parametrize("name", RULES)
def test_fallback(name: str) -> None:
    """Named with its last trace records and queues; guests go on under rr."""
    with machine(name, "tevt_mask=0x2f000") as m:
        m.wait(f"scheduler rr takes over from {name}$", 240)
        after = len(m.log)
        m.wait(r"(?s).{%d}(.*hog: vcpu=[01]){8}" % after, 240)
        m.send("\x01" * 3 + "r")
        m.wait(r"pool 0 \(Pool-0\): scheduler rr, 2 domains, CPUs 0 1", 60)
        text = report(m.log, name)
    who = re.search(r": (d[12]v[01])$", text, re.M)[1]
    records = re.findall(r"^\(XEN\)  +\d+\.\d{3} us cpu[01] (\w+)(.*)$", text,
                         re.M)
    assert f"the last trace records of {who}:" in text
    assert 50 <= len(records) <= 100, text
    assert {"runstate_change", "pick"} <= {event for event, _ in records}, text
    dom, vcpu = who[1], who[3]
    for _, words in records:
        assert who in words or f"dom={dom} vcpu={vcpu}" in words or \
            f"from_vcpu={vcpu} " in words or f"from_dom={dom}" in words, words
    times = [float(t) for t in re.findall(r"(\d+\.\d{3}) us cpu", text)]
    assert times == sorted(times)
    assert re.search(r"cpu0: .* wait, .* switches", text), text
    assert len(re.findall(r"^\(XEN\)   d[12]v[01] ", text, re.M)) == 4, text


def test_without_trace() -> None:
    """With the trace off the report says so."""
    with machine("keeps") as m:
        m.wait("scheduler rr takes over from keeps$", 240)
        text = report(m.log, "keeps")
    assert "none: the trace is off; tevt_mask=0x2f000" in text


@pytest.mark.parametrize("name", RULES)
def test_strict(name: str) -> None:
    """With sched_strict it stops: a panic that names plug-in and rule."""
    with machine(name, "sched_strict tevt_mask=0x2f000") as m:
        log = m.wait_end(240)
    assert re.search(rf"Panic on CPU [01].*\n.*scheduler {name} broke a rule: "
                     rf"{RULES[name]}", log), log[-3000:]
    assert "the last trace records of d" in log
    assert "takes over" not in log
