"""A hostile guest beside a victim: neither the hypervisor nor the victim minds.

Seeds are fixed and QEMU is deterministic, with two CPUs as well: a failure is
repeated by the same command.
"""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from guests.host.boot import Boot, Console  # noqa: E402

BUILD = ROOT / "build"


def attack(count: int, duration: str, limit: float, seed: int = 1,
           cpus: int = 1, watched: bool = False) -> Console:
    """Boot both; the victim watches for so much virtual time. The hostile
    guest makes `count` calls on each of its vCPUs, one for each CPU. watched:
    a dom0 logs what both write, again and again, and compares."""
    victim = (f"domain name=victim mem=16M vcpus=1 weight=256"
              f" -- duration={duration}")
    hostile = (f"domain name=hostile mem=16M vcpus={cpus} weight=256"
               f" -- count={count} seed={seed} id=2")
    modules = [(BUILD / "guests/victim", victim),
               (BUILD / "guests/hostile", hostile)]
    if watched:
        modules.insert(0, (BUILD / "guests/watcher", "check=1 pause=10ms"))
    return Boot(BUILD / "metronome32", "dom0_mem=16M" if watched else "",
                modules, cpus=cpus, limit=limit, until="watcher: .*"
                if watched else "End of the run").run()


def judge(console: Console, count: int) -> None:
    """Both lived to their ends, and the victim saw nothing."""
    assert not console.expired, f"time ran out:\n{console.tail()}"
    assert console.find("victim: rounds=[1-9].* ok$"), console.tail()
    assert console.find(f"hostile: calls={count} "), console.tail()
    assert not console.find("PANIC|panic|BUG|ASSERT"), console.tail()


@pytest.mark.parametrize("seed", [1, 2])
def test_hostile(seed: int) -> None:
    """A short run for each seed."""
    judge(attack(100_000, "1s", 120, seed), 100_000)


def test_hostile_two_cpus() -> None:
    """Both at the same time, and the hostile one beside itself."""
    judge(attack(30_000, "1s", 120, seed=3, cpus=2), 30_000)


@pytest.mark.parametrize("cpus", [1, 2])
def test_watched(cpus: int) -> None:
    """Both on shadow tables, which come and go, while they do it; and nothing
    in their memory changes that the log does not name."""
    console = attack(20_000, "1s", 240, seed=4, cpus=cpus, watched=True)
    judge(console, 20_000)
    assert console.find("watcher: rounds=[1-9].* dirty=[1-9].* missed=0$"), \
        console.tail()


@pytest.mark.soak
def test_ten_million() -> None:
    """The issue's 10 million calls."""
    judge(attack(10_000_000, "20s", 1200), 10_000_000)
