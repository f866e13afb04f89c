"""Each load does what it says, in numbers; so do costs and pools."""
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from xentrace import runstates
from xentrace.trace import BLOCKED, RUNNING, load

from .schedsim import run, scenario

MS = 1_000_000


def test_hogs_share_by_weight(tmp_path: Path):
    text = scenario(
        'a: { kind = "hog" } | weight = 256\n'
        'b: { kind = "hog", start = "250ms", duration = "500ms" }',
        sched="bvt")
    text = text.replace('weight = ""', "")
    r = run(tmp_path, text.replace("weight = 256", "weight = 768"))
    assert r.of("a").ran == pytest.approx(500 * MS + 375 * MS, abs=2 * MS)
    assert r.of("b").ran == pytest.approx(125 * MS, abs=2 * MS)
    assert r.of("a").ran + r.of("b").ran == 1000 * MS


def test_periodic(tmp_path: Path):
    r = run(tmp_path, scenario(
        'p: { kind = "periodic", work = "1ms", period = "10ms" }\n'
        'q: { kind = "periodic", work = "1ms", period = "10ms", '
        'offset = "5ms", count = 7 }'))
    p, q = r.of("p"), r.of("q")
    assert (p.jobs, p.misses, q.jobs) == (99, 0, 7)
    assert p.response_min == p.response_max == 1 * MS
    assert p.ran == 99 * MS and q.ran == 7 * MS


def test_jitter_delays_the_release_not_the_deadline(tmp_path: Path):
    r = run(tmp_path, scenario(
        'p: { kind = "periodic", work = "1ms", period = "10ms", '
        'jitter = "2ms", deadline = "2ms" }', until="20s"))
    p = r.of("p")
    assert p.response_min < 1.1 * MS and 2.9 * MS < p.response_max <= 3 * MS
    assert p.misses / p.jobs == pytest.approx(0.5, abs=0.04)


def test_sporadic(tmp_path: Path):
    r = run(tmp_path, scenario(
        'p: { kind = "sporadic", work = "1ms", period = "10ms" }',
        until="15s"))
    assert r.of("p").jobs == pytest.approx(1000, rel=0.03)
    gaps = np.diff(wakes(r.trace, 1))
    assert gaps.min() >= 10 * MS and gaps.max() <= 20 * MS


def test_players_have_frames_of_varying_work(tmp_path: Path):
    # Each fourth frame is a whole one: 3 ms; the others 1 to 3 ms.
    r = run(tmp_path, scenario(
        'p: { kind = "periodic", work = "1ms", vary = "2ms", key = 4, '
        'period = "10ms" }\n'
        'v: { kind = "video", start = "1s" }\na: { kind = "audio" }',
        cpus=3, until="9010ms"))
    p, v, a = r.of("p"), r.of("v"), r.of("a")
    assert p.response_max == pytest.approx(3 * MS, abs=0.5 * MS)
    assert p.ran / p.jobs == pytest.approx((3 + 3 * 2) / 4 * MS, rel=0.05)
    assert (v.jobs, v.misses) == (199, 0) and (a.jobs, a.misses) == (900, 0)
    assert v.ran / v.jobs == pytest.approx((16 + 11 * 11) / 12 * MS, rel=0.06)
    assert a.ran == 900 * 300_000


def test_rogue_goes_by_the_clock(tmp_path: Path):
    # Two turns of 2 ms: its window is over after what it got of it.
    r = run(tmp_path, scenario(
        'r: { kind = "rogue", work = "7ms", period = "10ms", '
        'offset = "1ms" }\nh: { kind = "hog" }', sched="rr"),
        "--param", "rr.slice=2ms")
    assert r.of("r").jobs == 100
    assert 0.3 < r.of("r").ran / (700 * MS) < 0.7
    assert set((wakes(r.trace, 1) - 1 * MS) % (10 * MS)) == {0}


def test_burn_computes_between_jobs(tmp_path: Path):
    r = run(tmp_path, scenario(
        'p: { kind = "periodic", work = "1ms", period = "10ms", burn = 1 }'))
    p = r.of("p")
    assert p.ran == 1000 * MS and p.jobs == 99 and not p.misses
    assert p.response_max <= 1 * MS + 20_000


def test_runaway_computes_for_ever(tmp_path: Path):
    r = run(tmp_path, scenario(
        'p: { kind = "periodic", work = "1ms", period = "10ms", '
        'runaway = "495ms" }'))
    assert r.of("p").jobs == 49
    assert r.of("p").ran == 49 * MS + 500 * MS


def wakes(trace: Path, dom: int) -> np.ndarray:
    """When the domain's vCPU 0 was woken, in ns."""
    iv = runstates.intervals(load(trace))
    mine = iv[(iv["dom"] == dom) & (iv["came_from"] == BLOCKED)]
    return np.sort(mine["start"].to_numpy())


def test_poisson_gaps_are_exponential(tmp_path: Path):
    r = run(tmp_path, scenario(
        'p: { kind = "poisson", work = "1us", period = "1ms" }', until="10s"))
    gaps = np.diff(wakes(r.trace, 1))
    assert gaps.mean() == pytest.approx(1 * MS, rel=0.03)
    assert gaps.std() / gaps.mean() == pytest.approx(1, abs=0.04)
    assert np.median(gaps) == pytest.approx(math.log(2) * MS, rel=0.04)


def test_poisson_queue_is_m_m_1(tmp_path: Path):
    """Half busy: the response is exponential with mean 2 x service."""
    r = run(tmp_path, scenario(
        'p: { kind = "poisson", work = "1ms", period = "2ms", '
        'service = "exponential" }', until="100s"), "--until", "100s")
    p = r.of("p")
    assert p.response_median == pytest.approx(2 * math.log(2) * MS, rel=0.06)
    assert p.response_p99 == pytest.approx(2 * math.log(100) * MS, rel=0.1)


def test_on_off_bulk_and_yielder(tmp_path: Path):
    r = run(tmp_path, scenario(
        'o: { kind = "onoff", work = "1ms", pause = "4ms" }', until="20s"))
    assert r.of("o").ran / 20e9 == pytest.approx(0.2, abs=0.01)
    r = run(tmp_path, scenario(
        'b: { kind = "bulk", work = "1ms", pause = "4ms" }'))
    assert r.of("b").ran == 200 * MS and r.of("b").jobs == 200
    r = run(tmp_path, scenario('y: { kind = "yielder", work = "100us" }\n'
                               'z: { kind = "yielder", work = "100us" }'))
    assert r.of("y").jobs == r.of("z").jobs == 5000
    assert r.of("y").runs == 5000


def test_ping_pong(tmp_path: Path):
    r = run(tmp_path, scenario(
        'a: { kind = "ping", peer = "b", work = "10us" }\n'
        'b: { kind = "pong", peer = "a", work = "10us" }'))
    assert r.of("a").jobs == pytest.approx(50_000, abs=1)
    assert r.of("a").response_max == 20_000
    r = run(tmp_path, scenario(
        'a: { kind = "ping", peer = "b", interval = "5ms" }\n'
        'b: { kind = "pong", peer = "a" }'))
    assert r.of("b").jobs == 200


def test_requests_go_through_the_chain(tmp_path: Path):
    r = run(tmp_path, scenario(
        'c: { kind = "request", to = "f", work = "20us", period = "1ms" }\n'
        'f: { kind = "serve", to = "b", work = "100us" }\n'
        'b: { kind = "serve", work = "200us" }'))
    assert r.of("c").jobs == 1000
    assert r.of("c").response_min == r.of("c").response_max == 320_000
    assert r.of("f").ran == 100 * MS and r.of("b").ran == 200 * MS


def test_many_clients_queue_at_one_server(tmp_path: Path):
    r = run(tmp_path, scenario(
        'c: { kind = "request", to = "s", work = "1us", period = "10ms" } '
        '| count = 4\n'
        's: { kind = "serve", work = "1ms" }', cpus=2))
    # all four ask at once: the k-th waits for k ms
    last = max(r.of(f"c{i}").response_max for i in range(1, 5))
    assert 4 * MS < last <= 4 * MS + 4000
    assert r.of("s").jobs == 400


def test_fork_join(tmp_path: Path):
    r = run(tmp_path, scenario(
        'f: { kind = "forkjoin", work = "1ms" } | vcpus = 4', cpus=2))
    # four on two CPUs: a round lasts 2 ms
    assert r.of("f").jobs == pytest.approx(4 * 500, abs=4)
    r = run(tmp_path, scenario(
        'f: { kind = "forkjoin", work = "1ms", period = "5ms" } | vcpus = 4',
        cpus=4))
    assert r.of("f").jobs == 4 * 200
    assert r.of("f").response_max == 1 * MS
    r = run(tmp_path, scenario(     # in step from its start on, not from 0
        'f: { kind = "forkjoin", work = "1ms", period = "5ms", '
        'start = "500ms" } | vcpus = 4', cpus=4))
    assert r.of("f").jobs <= 4 * 200
    assert r.of("f").response_max == 1 * MS


def test_who_waits_for_a_preempted_lock_holder_spins(tmp_path: Path):
    lock = 's: { kind = "spin", work = "100us", hold = "50us", ' \
        'extra = "50us" } | vcpus = 2\n'
    alone = run(tmp_path, scenario(lock, cpus=2)).of("s")
    crowd = run(tmp_path, scenario(lock + 'h: { kind = "hog" } | cpus = "0"',
                                   cpus=2, until="5s")).of("s")
    assert 0 < alone.response_max <= 50_000     # one lock's time at most
    assert alone.spun / alone.ran < 0.1
    assert 5 * MS < crowd.response_max < 11 * MS  # a slice of the hog's
    assert crowd.spun / crowd.ran > 0.1


def running(trace: Path, dom: int) -> np.ndarray:
    """(start, end, CPU) of the domain's runs."""
    iv = runstates.intervals(load(trace))
    mine = iv[(iv["dom"] == dom) & (iv["state"] == RUNNING)]
    return mine.sort_values("start")[["start", "end", "cpu"]].to_numpy()


REPLAYED = """
p: { kind = "poisson", work = "400us", period = "2ms", service = "exponential" }
q: { kind = "onoff", work = "1ms", pause = "3ms" }
h: { kind = "hog" }
"""


def test_a_replay_repeats_the_recorded_run(tmp_path: Path):
    first = run(tmp_path, scenario(REPLAYED, cpus=2, sched="credit"),
                name="first")
    again = scenario("\n".join(
        f'{d}: {{ kind = "replay", trace = "first.trace" }}' for d in "pqh"),
        cpus=2, sched="credit")
    second = run(tmp_path, again, name="second")
    for dom in 1, 2, 3:
        a, b = running(first.trace, dom), running(second.trace, dom)
        assert len(a) == len(b)
        assert np.abs(a - b).max() <= 1    # ns: a record's time is rounded
    other = run(tmp_path, again, "--sched", "rr", name="third")
    assert other.hash != second.hash


def test_cost_of_a_switch(tmp_path: Path):
    r = run(tmp_path, scenario('y: { kind = "yielder", work = "100us" }\n'
                               'z: { kind = "yielder", work = "100us" }'),
            "--cost", "switch=10us", "--cost", "keep=1ms")
    assert r.of("y").jobs + r.of("z").jobs == 9090
    assert r.of("y").response_max == 100_000    # it had its CPU after that


def test_cost_of_a_decision_that_changes_nothing(tmp_path: Path):
    r = run(tmp_path, scenario('y: { kind = "yielder", work = "90us" }'),
            "--cost", "keep=10us")
    assert r.of("y").jobs == 10_000


def test_timers_late(tmp_path: Path):
    text = scenario('p: { kind = "periodic", work = "1ms", period = "10ms" }')
    assert run(tmp_path, text, "--cost",
               "alarm=5us").of("p").response_min == MS + 5000
    text = scenario('g: { kind = "hog" }\nh: { kind = "hog" }')
    r = run(tmp_path, text, "--cost", "timer=1ms", "--param", "rr.slice=9ms")
    assert r.of("g").runs + r.of("h").runs == 100


PINNED = """
a: { kind = "ping", peer = "b", work = "10us" } | cpus = "0"
b: { kind = "pong", peer = "a", work = "10us" } | cpus = "1"
"""


def test_poke_and_wake_up(tmp_path: Path):
    text = scenario(PINNED, cpus=2)
    assert run(tmp_path, text).of("a").response_max == 20_000
    r = run(tmp_path, text, "--cost", "poke=3us")
    assert r.of("a").response_max == r.of("a").response_min == 26_000
    assert r.of("b").wake_max == 3000
    hog = 'p: { kind = "periodic", work = "1us", period = "1ms" }\n' \
          'h: { kind = "yielder", work = "100us" }'
    free, paid = (run(tmp_path, scenario(hog), "--cost", c).of("h").jobs
                  for c in ("wake=0us", "wake=50us"))
    assert 450 < free - paid < 550    # 1,000 wake-ups of half a job each


def test_migration(tmp_path: Path):
    load = '{ kind = "bulk", work = "1ms", pause = "300us" }'
    text = scenario("\n".join(f"b{i}: {load}" for i in range(3)), cpus=2)
    free, paid = (sum(run(tmp_path, text, "--cost", c).table.jobs)
                  for c in ("migrate=0us", "migrate=500us"))
    assert paid < 0.9 * free
    alone = scenario(f"b: {load}", cpus=2)
    assert run(tmp_path, alone, "--cost", "migrate=1ms").of("b").jobs == 769


POOLS = """
[[pools]]
name = "rt"
cpus = "2-3"
scheduler = "bvt"
"""


def test_pools(tmp_path: Path):
    r = run(tmp_path, scenario(
        'a: { kind = "hog" } | vcpus = 3\n'
        'b: { kind = "hog" } | pool = "rt"; weight = 256\n'
        'c: { kind = "hog" } | pool = "rt"; weight = 512; vcpus = 2',
        cpus=4, more=POOLS))
    assert r.of("a").ran == 2000 * MS
    assert r.of("b").ran + r.of("c").ran == 2000 * MS
    assert set(running(r.trace, 1)[:, 2]) == {0, 1}
    assert set(running(r.trace, 2)[:, 2]) <= {2, 3}
    assert set(running(r.trace, 3)[:, 2]) == {2, 3}
