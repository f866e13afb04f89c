"""Each part of the scenario, on Metronome; in the soak runs on Xen too, which
is the check of the scenario itself."""
from __future__ import annotations

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from dom0 import LINUX, Dom0, bad_words, hypervisors  # noqa: E402
from scenario import PARTS, scheduler, scripts, steps  # noqa: E402
from step import config  # noqa: E402

pytestmark = pytest.mark.skipif(
    not (LINUX / "toolstack.img").exists(),
    reason="no toolstack: make linux-guest, packages of tools/packages.txt")


def play(name: str, parts: list[str], folder: pathlib.Path) -> None:
    """Boot, and try each step; the rest is tried after a failure too. All
    parts want the same scheduler at boot."""
    kernels = hypervisors(folder)
    if name not in kernels:
        pytest.skip("xen-hypervisor-4.17-amd64 is not installed")
    failures = []
    with Dom0(kernels[name], folder, scripts(parts),
              options=f"sched={scheduler(parts[0])}") as dom0:
        for part in parts:
            for step in steps(part, name):
                if why := step.run(dom0):
                    failures.append(f"{part}: {step.name}: {why}")
        log = dom0.machine.log
    assert not failures, "\n".join(failures)
    assert not bad_words(log), log[-6000:]


def test_metronome(tmp_path: pathlib.Path) -> None:
    """What there is to ask, a small guest's life, and metronomectl."""
    play("metronome", ["info", "guest", "sched"], tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("parts", [["pools"], ["live"], ["stock"], ["devices"],
                                   ["tools"], ["save"], ["migrate"], ["faults"],
                                   ["trace"],
                                   ["credit2"], ["rtds"], ["bvt"], ["sedf"]],
                         ids=lambda parts: parts[0])
def test_metronome_more(parts: list[str], tmp_path: pathlib.Path) -> None:
    """Linux guests, with disks and networks."""
    play("metronome", parts, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("parts", [
    [part for part in PARTS if scheduler(part) == "credit"], ["credit2"]],
    ids=["credit", "credit2"])
def test_xen(parts: list[str], tmp_path: pathlib.Path) -> None:
    """Everything on Debian's Xen, which has no RTDS."""
    play("xen", parts, tmp_path)


# Small domains that wake now and then, and leave the CPUs to `xl`.
SMALL = ('kernel="/guests/periodic"', 'extra="period=1s work=5ms duration=0"',
         "memory=16")
COUNTS = "xl dmesg -c > /dev/null; xl debug-keys c; xl dmesg"
ROUND = ("i=0; while [ $i -lt {0} ]; do xl create -q /tmp/a.cfg && "
         "xl destroy a || break; i=$((i+1)); done; [ $i = {0} ]")


def counts(dom0: Dom0) -> str:
    """What the debug key says, once the daemons have let go of the dead."""
    for _ in range(100):
        text = dom0.ok(COUNTS)
        if "not yet freed: 1" in text:
            return text
    raise AssertionError(f"domains are not freed: {text}")


@pytest.mark.parametrize("rounds", [
    5, pytest.param(1000, marks=pytest.mark.soak)])
def test_no_leak(rounds: int, tmp_path: pathlib.Path) -> None:
    """Created and destroyed again and again, a domain leaves nothing: frames,
    ports, grants, mappings are as many as after the first times."""
    first, more = ROUND.format(3), ROUND.format(rounds)
    kernel = hypervisors(tmp_path)["metronome"]
    config_command = config("a", *SMALL, "vcpus=2")
    with Dom0(kernel, tmp_path, [config_command, first, more, COUNTS],
              options="sched=credit") as dom0:
        dom0.ok(config_command)
        dom0.ok(first)
        before = counts(dom0)
        dom0.ok(more, 20 * rounds + 600)
        assert counts(dom0) == before


# `xl` names the last one made.
MANY = ("i=1; while [ $i -le {0} ]; do sed s/NAME/m$i/ /tmp/NAME.cfg > "
        "/tmp/m.cfg; xl create -q /tmp/m.cfg || break; i=$((i+1)); done; "
        "xl domid m{0}")
# Of those, how many had some of a CPU's time in ten seconds.
RUNNING = ("metronomectl sched watch -i 10 -n 1 | "
           "awk '$2 ~ /^m/ && $7 > 0 { n++ } END { print n }'")


@pytest.mark.soak
@pytest.mark.parametrize("number, memory", [(12, "2G"), (100, "16G")])
def test_many(number: int, memory: str, tmp_path: pathlib.Path) -> None:
    """A hundred small domains at once on 16 GiB. What they leave is the
    hypervisor's stacks, kept for the next ones: made again, as many leave
    nothing more."""
    kernel = hypervisors(tmp_path)["metronome"]
    make, show = MANY.format(number), "xl list | wc -l; xl list | grep -c ^m"
    away = ("for i in $(seq 1 " + str(number) + "); do xl destroy m$i || "
            "break; done; [ $(xl list | wc -l) = 2 ]")
    config_command = config("NAME", *SMALL)
    left = []
    with Dom0(kernel, tmp_path, [config_command, make, show, RUNNING, away,
                                 COUNTS],
              options="sched=credit", memory=memory, own="1G") as dom0:
        dom0.ok(config_command)
        for _ in range(2):
            dom0.ok(make, 7200)
            assert dom0.ok(show).split() == [str(number + 2), str(number)]
            assert int(dom0.ok(RUNNING)) == number
            dom0.ok(away, 7200)
            left.append(counts(dom0))
    assert left[0] == left[1]
