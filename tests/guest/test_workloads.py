"""Guests that experiments use as workloads do what they say, in figures:
requests over a ring, a lock and a barrier of several vCPUs, players."""
from __future__ import annotations

import re

import pytest

from qemu import BUILD, Machine

pytestmark = pytest.mark.xdist_group("qemu")
US, MS = 1_000, 1_000_000


def run(*domains: str, smp: int = 1, sched: str = "rr",
        ends: int = 1) -> list[dict[str, int]]:
    """Boots domains "GUEST words" (with vcpus=N before `--`), in instructions,
    until `ends` of them have said their figures: those of each line."""
    modules = tuple(f"{BUILD / 'guests'}/{d.partition(' ')[0]} domain "
                    f"name=d{i} mem=8M {d.partition(' ')[2]}"
                    for i, d in enumerate(domains, 1))
    with Machine(f"console=com1 sched={sched}", modules, smp=smp,
                 deterministic=True) as m:
        pattern = r"^\(d\d+\) (?:request|smp|periodic): .*=\d+\s*\n"
        m.wait(rf"(?:{pattern}(?:.*\n)*?){{{ends}}}", 60)
        assert "crash" not in m.log, m.log[-3000:]
        return [{k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", line)}
                for line in re.findall(pattern, m.log, re.M)]


def pair(client: str, server: str, **more: int) -> dict[str, int]:
    """What the client says; the server must have answered as many."""
    said = run(f"request -- role=client peer=2 {client}",
               f"request -- role=server peer=1 {server}", ends=2, **more)
    asked = next(line for line in said if "requests" in line)
    served = next(line for line in said if "served" in line)
    assert asked["requests"] == served["served"]
    return asked


def test_requests_in_step() -> None:
    """One each millisecond, each takes what the server computes and the way
    there and back."""
    said = pair("period=1ms duration=200ms size=256 deadline=500us",
                "work=100us")
    assert (said["requests"], said["misses"]) == (200, 0)
    assert said["bytes"] == 200 * 2 * 256
    assert 100 * US <= said["response_min"]
    assert said["response_max"] < 200 * US


def test_requests_by_chance() -> None:
    """Exponential gaps and service: about as many, some wait for others, be it
    for the gaps alone."""
    said = pair("period=1ms arrivals=exponential duration=500ms depth=32",
                "work=200us service=exponential")
    assert 420 < said["requests"] < 580
    assert said["response_min"] < 50 * US
    assert said["response_max"] > 600 * US
    gaps = pair("period=1ms arrivals=exponential duration=200ms depth=32",
                "work=200us")
    assert gaps["response_min"] < 300 * US < gaps["response_max"]


def test_requests_are_an_open_loop() -> None:
    """A server too slow: the wait counts from when each was due, so the
    last of 50 has waited for all before it."""
    said = pair("period=1ms count=50 deadline=10ms", "work=2ms")
    assert said["response_max"] > 50 * MS
    assert said["misses"] > 35


def test_bulk() -> None:
    """Whenever there is room: with sixteen on their way more get through than
    with one, for who is notified finds several. Small ones, for a byte that is
    copied costs as much here as an instruction; large ones take that time."""
    words = "period=0 duration=50ms"
    one, many = (pair(f"{words} size=64 depth={depth}", "work=0us")["requests"]
                 for depth in (1, 16))
    large = pair(f"{words} size=4096 depth=16", "work=0us")
    assert one > 500 and many > 2 * one
    # Four copies of a page, two by each side.
    assert large["bytes"] == large["requests"] * 2 * 4096
    assert large["time"] / large["requests"] > 4 * 4096


def test_lock_holder_loses_its_cpu() -> None:
    """Alone on two CPUs the lock is had at once; two vCPUs on one CPU wait for
    one that has none, as long as a turn of the scheduler."""
    words = "smp vcpus=2 -- mode=spin work=20us hold=10us duration=100ms"
    apart, = run(words.replace("100ms", "20ms"), smp=2)
    together, = run(words, smp=1)
    # A lock each 30 us.
    assert apart["locks"] > 0.9 * 20 * MS / (30 * US)
    assert apart["wait_max"] < 2 * MS and apart["late"] == 0
    # Each turn (10 ms) that begins with waiting is lost.
    assert together["locks"] < 0.3 * 100 * MS / (30 * US)
    assert together["wait_max"] > 9 * MS
    assert together["late"] > 0 and together["held_max"] > 9 * MS


@pytest.mark.parametrize("wait", ["block", "spin"])
def test_barrier(wait: str) -> None:
    """A round takes what the slowest takes; on one CPU, what all take."""
    words = f"smp vcpus=2 -- mode=forkjoin work=200us count=9 wait={wait}"
    apart, = run(words, smp=2)
    together, = run(words, smp=1)
    assert apart["rounds"] == together["rounds"] == 9
    assert apart["round_min"] >= 200 * US
    assert together["round_min"] >= 400 * US
    if wait == "spin":
        assert together["round_p50"] > 2 * MS
    else:
        assert together["round_p50"] < 600 * US


def test_players() -> None:
    """Frames of varying work, the key frames' the longest; beside a hog under
    round robin, turns of 10 ms, nine are late, as in the simulator."""
    words = ("periodic -- work=1ms vary=2ms key=4 period=5ms deadline=10ms "
             "count=40")
    alone, = run(words)
    beside, = run(words, "hog -- duration=0")
    assert (alone["jobs"], alone["misses"]) == (40, 0)
    assert 3 * MS <= alone["response_max"] < 3.1 * MS
    assert 1.5 * MS < alone["response_p50"] < 2.9 * MS
    assert (beside["jobs"], beside["misses"]) == (40, 9)
