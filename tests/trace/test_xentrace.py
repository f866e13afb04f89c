"""The readers, on traces that the ring itself wrote (tests/trace/synth.c)."""
from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from xentrace import check, latency, load, runstates, shares, xenalyze
from xentrace.trace import RECORD, ROOT, TOOL, STATES, TraceError

SYNTH = ROOT / "build" / "tests" / "synth"


def make(folder: Path, *options: str) -> tuple[Path, dict]:
    """A trace file, and the generator's own totals of runstates."""
    ram, file = folder / "ram", folder / "a.trace"
    truth = subprocess.run([SYNTH, ram, *options], check=True, text=True,
                           capture_output=True).stdout
    subprocess.run([TOOL, "record", "--ram", ram, file], check=True)
    rows = (map(int, line.split()) for line in truth.splitlines())
    return file, {(d, v, STATES[s]): ns for d, v, s, ns in rows}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    return make(tmp_path_factory.mktemp("plain"), "3000", "1")


@pytest.fixture(scope="module")
def boosted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    return make(tmp_path_factory.mktemp("boost"), "2000", "2", "boost")


def test_clean_traces_have_no_faults(plain, boosted):
    for file, _ in plain, boosted:
        trace = load(file)
        assert not trace.warnings
        assert check.check(trace) == []


def test_totals_are_the_generators(plain):
    """All time that the trace shows: from a vCPU's first change on."""
    file, truth = plain
    tot = runstates.totals(runstates.intervals(load(file)))
    for dom in 3, 4, 7, 8:
        seen = tot[dom, 0, STATES.index("running")]
        assert seen == pytest.approx(truth[dom, 0, "running"], abs=SLICE_NS)


SLICE_NS = 11e6  # the last stay ends with the trace, not with the generator


def test_xenalyze_agrees_to_the_microsecond(plain, boosted):
    for file, _ in plain, boosted:
        trace = load(file)
        assert len(xenalyze.summary(trace)) >= 10
        assert xenalyze.disagreements(trace) == []


def test_latencies(plain, boosted):
    slow = latency.wake_to_run(runstates.intervals(load(plain[0])), 1)
    fast = latency.wake_to_run(runstates.intervals(load(boosted[0])), 1)
    assert slow.torn == 0 and slow.unfinished <= 1 and fast.exact_max
    assert 20e6 < slow.quantile("median") < 31e6
    assert slow.quantile("max") <= 3 * 10e6 + 1000
    assert fast.quantile("max") == 0 and len(fast.ns) >= 2000
    assert slow.quantile("min") <= slow.quantile("p99") <= slow.quantile("max")


def test_shares(plain):
    iv = runstates.intervals(load(plain[0]))
    table = shares.share_errors(iv, {2: 1, 3: 1, 4: 1}, 0.1e9, 2.9e9)
    assert table["error"].abs().max() < 0.06
    due = shares.entitlement({1: 30, 2: 60, 3: 10}, {1: 3, 2: 1}, {1, 2})
    assert due == {1: 67.5, 2: 22.5}


def test_lost_records_are_told(tmp_path):
    file, _ = make(tmp_path, "20000", "1", "boost", "small")
    trace = load(file)
    assert sum(trace.info.lost.values()) > 1000
    assert len(trace.gaps()) == 2
    assert check.check(trace) == []


def damage(file: Path, tmp_path: Path, change) -> tuple[str, int]:
    """A damaged copy through `xentrace check`: what it says, its status."""
    data = bytearray(file.read_bytes())
    bad = tmp_path / "bad.trace"
    bad.write_bytes(change(data))
    done = subprocess.run([TOOL, "check", bad], text=True, capture_output=True)
    return done.stderr + done.stdout, done.returncode


def test_truncated(plain, tmp_path):
    text, status = damage(plain[0], tmp_path, lambda d: d[:len(d) - 1001])
    assert status == 2 and "truncated at byte" in text
    assert len(text.splitlines()) == 2


def test_garbage_in_the_middle(plain, tmp_path):
    def spoil(data: bytearray) -> bytes:
        rng = np.random.default_rng(1)
        data[20000:20400] = rng.integers(0, 256, 400, dtype=np.uint8).tobytes()
        return bytes(data)

    text, status = damage(plain[0], tmp_path, spoil)
    assert status == 2 and "garbage at byte" in text
    whole = len(load(plain[0]).records)
    kept = int(text.splitlines()[-1].split("; ")[1].split()[0])
    assert whole - 40 < kept < whole


@pytest.mark.parametrize("data", [b"", b"\0" * 4096, b"hello" * 1000])
def test_no_trace_at_all(tmp_path, data):
    file = tmp_path / "x"
    file.write_bytes(data)
    done = subprocess.run([TOOL, "info", file], text=True, capture_output=True)
    assert done.returncode == 1
    assert str(file) in done.stderr
    with pytest.raises(TraceError):
        load(file)


def plant(trace, change) -> list[check.Fault]:
    """The checker's verdict on a changed copy of the records."""
    records = np.array(trace.records, dtype=RECORD)
    trace = type(trace)(trace.path, change(records), trace.info, [])
    return check.check(trace)


def pick(records: np.ndarray, event: int, nth: int) -> int:
    return int(np.flatnonzero(records["event"] == event)[nth])


@pytest.mark.parametrize("rule,change", [
    ("runstates form a chain",  # a record is missing
     lambda r: np.delete(r, pick(r, 0x21001 | 1 << 4, 40))),
    ("runstates form a chain",  # a record is there twice
     lambda r: np.insert(r, pick(r, 0x21001 | 1 << 4, 40),
                         r[pick(r, 0x21001 | 1 << 4, 40)])),
    ("no wake-up is lost",
     lambda r: np.delete(r, pick(r, 0x21001 | 2 << 8 | 1 << 4, 5))),
])
def test_planted_faults_are_found(plain, rule, change):
    faults = plant(load(plain[0]), change)
    assert rule in {f.rule for f in faults}


def test_a_vcpu_in_two_places_is_found(plain):
    def two_places(rec: np.ndarray) -> np.ndarray:
        rec = rec.copy()
        mine = rec["word"][:, 0] == 3 << 16
        other = np.flatnonzero(mine & (rec["event"] == (0x21001 | 1 << 8)))[7]
        rec["cpu"][other] = 1  # it runs there while CPU 1 runs another one
        return rec

    rules = {f.rule for f in plant(load(plain[0]), two_places)}
    assert "a CPU runs one vCPU" in rules


def test_digest_is_of_the_records(plain):
    trace = load(plain[0])
    assert trace.digest() == load(plain[0]).digest()
    assert trace.digest() != trace.digest(until_ns=1e9)
