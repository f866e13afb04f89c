"""The readers, on traces that the ring itself wrote (tests/trace/synth.c)."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from xentrace import (check, latency, load, runstates, shares, windows,
                      xenalyze)
from xentrace.trace import (RECORD, ROOT, TOOL, STATES, TraceError,
                            event_numbers)

import trace_files

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


def test_digest_is_of_the_records(plain):
    trace = load(plain[0])
    assert trace.digest() == load(plain[0]).digest()
    assert trace.digest() != trace.digest(until_ns=1e9)


def test_stats_are_the_statistics(plain):
    """`xentrace stats`, in one pass in C, against the Python package."""
    trace = load(plain[0])
    iv = runstates.intervals(trace)
    text = subprocess.run([TOOL, "stats", plain[0]], check=True, text=True,
                          capture_output=True).stdout
    assert f" {len(trace.records)} records, 0 lost in 0 gaps" in text
    rows = {line.split()[0]: line.split()[1:]
            for line in text[text.index("\nvCPU"):].splitlines()[2:]
            if "." in line}
    whole = float(trace.ns[-1] - trace.ns[0])
    tot = runstates.totals(iv[~iv["open"]])
    for dom, name in trace.info.domains.items():
        ran = tot[dom, 0, STATES.index("running")]
        assert float(rows[f"{name}.0"][0]) == pytest.approx(100 * ran / whole,
                                                            abs=0.001)
    s = latency.wake_to_run(iv, 1)
    shown = [float(x) for x in rows["lat0.0"][5:11]]
    assert shown[0] == len(s.ns)
    for value, name in zip(shown[1:], latency.QUANTILES):
        exact = s.quantile(name) / 1e3
        assert exact - 0.06 <= value <= exact * 1.033 + 0.06, name


def test_stats_know_gaps(tmp_path):
    file, _ = make(tmp_path, "20000", "1", "boost", "small")
    text = subprocess.run([TOOL, "stats", file], check=True, text=True,
                          capture_output=True).stdout
    lost = sum(load(file).info.lost.values())
    assert f"{lost} lost in 2 gaps" in text


def test_a_hole_is_a_gap(plain, tmp_path):
    """What damage hides counts in no statistic, and is no fault besides."""
    data = bytearray(plain[0].read_bytes())
    data[20000:20400] = b"\xff" * 400
    bad = tmp_path / "bad.trace"
    bad.write_bytes(data)
    for command in "check", "stats":
        done = subprocess.run([TOOL, command, bad], text=True,
                              capture_output=True)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1 and "garbage" in done.stderr
        assert "faults" not in done.stdout and "do not follow" not in \
            done.stdout, done.stdout
        assert "1 gaps" in done.stdout or command == "check"


@pytest.mark.parametrize("time", [1 << 38, 1])
def test_a_damaged_time_is_no_end(plain, tmp_path, time):
    """From and to are those of the records that fit between their likes."""
    from trace_files import lies, write

    def info(file):
        done = subprocess.run([TOOL, "info", file], text=True,
                              capture_output=True)
        return done.returncode, done.stdout

    cpus = lies(load(plain[0]).records)
    bad, at = cpus[0].copy(), len(cpus[0]) // 2
    bad["tsc"][at] = time
    whole = write(tmp_path / "whole", cpus, Path(f"{plain[0]}.info"))
    odd = write(tmp_path / "odd", {**cpus, 0: bad}, Path(f"{plain[0]}.info"))
    status, text = info(whole)
    assert status == 0 and "damaged" not in text
    extent = re.search("^from, to.*", text, re.M)[0]
    status, text = info(odd)
    assert status == 2 and extent in text.splitlines()
    assert "damaged    the time of 1 records" in text


def test_a_newer_version_is_said(plain, tmp_path):
    bad = tmp_path / "new.trace"
    bad.write_bytes(plain[0].read_bytes())
    info = Path(f"{plain[0]}.info").read_text()
    Path(f"{bad}.info").write_text(
        info.replace("metronome-trace 2", "metronome-trace 99"))
    done = subprocess.run([TOOL, "info", bad], text=True, capture_output=True)
    assert done.returncode == 0 and "records" in done.stdout
    assert "new.trace.info: of version 99, this tool reads 2" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_memory_of_another_version_is_said(tmp_path):
    ram = tmp_path / "ram"
    subprocess.run([SYNTH, ram, "100", "1"], check=True, capture_output=True)
    data = bytearray(ram.read_bytes())
    data[0x100010:0x100014] = (7).to_bytes(4, "little")
    ram.write_bytes(data)
    done = subprocess.run([TOOL, "record", "--ram", ram, tmp_path / "a"],
                          text=True, capture_output=True)
    assert done.returncode == 1
    assert "is of version 7, this tool reads 2" in done.stderr


def test_what_was_overwritten_is_a_gap(plain, tmp_path):
    """Of a flight recorder, each CPU's trace begins somewhere else: a first
    record in the middle of a step is no fault there."""
    from trace_files import lies, write
    cpus = lies(load(plain[0]).records)
    whole = cpus[0]
    is_run = (whole["event"] & 0x0FFFF0FF) == 0x21001
    middle = int(np.flatnonzero(is_run)[50])
    for cut in range(middle - 4, middle + 12):  # wherever in a step or two
        cpus[0] = whole[cut:]
        file = write(tmp_path / "over", cpus, Path(f"{plain[0]}.info"))
        with open(f"{file}.info", "a") as info:
            info.write("overwritten 0\noverwritten 1\n")
        done = subprocess.run([TOOL, "check", file], text=True,
                              capture_output=True)
        assert done.returncode == 0, (cut, done.stdout)
        assert "in 2 gaps" in done.stdout


@pytest.mark.parametrize("command", ["record", "peek", "info", "dump", "check",
                                     "stats", "latency", "timeline", "export",
                                     "events", "diff", "live"])
def test_front_door(command):
    """Each command tells how it is used; a wrong use is one line or two."""
    done = subprocess.run([TOOL, command, "--help"], text=True,
                          capture_output=True)
    assert done.returncode == 0 and "usage: xentrace" in done.stdout
    done = subprocess.run([TOOL, command, "--no-such-option"], text=True,
                          capture_output=True)
    assert done.returncode not in (0, -11) and done.stderr


def test_shares_of_windows(plain, tmp_path):
    """Windows add up to the whole, and know gaps."""
    trace = load(plain[0])
    iv = runstates.intervals(trace)
    table, out = windows.shares(trace, iv, 10e6, 0.1e9, 2.9e9)
    whole = shares.cpu_time(iv, 0.1e9, 2.9e9)["ran"]
    assert len(table) == 280 and out == 0
    for dom in table:
        assert table[dom].mean() * 2.8e9 == pytest.approx(whole[dom], abs=10)
    wrong = windows.errors(table, {2: 1, 3: 1, 4: 1})
    assert 0.2 < wrong.abs().max().max() <= 0.67  # slices of 10 ms, in turn
    long, _ = windows.shares(trace, iv, 0.9e9, 0.1e9, 2.9e9)
    rows = windows.errors(long, {2: 1, 3: 1, 4: 1})
    for n in range(3):  # as the one window that they are by themselves
        one = shares.share_errors(iv, {2: 1, 3: 1, 4: 1}, 0.1e9 + n * 0.9e9,
                                  0.1e9 + (n + 1) * 0.9e9)
        assert rows.loc[n].to_numpy() * 0.9e9 == pytest.approx(
            (one["ran"] - one["due"]).to_numpy(), abs=10)
    file, _ = make(tmp_path, "20000", "1", "boost", "small")
    lossy = load(file)
    _, out = windows.shares(lossy, runstates.intervals(lossy), 10e6, 0,
                            float(lossy.ns[-1]) + 50e6)
    assert out >= 5


def test_latency_by_cause_and_blame(plain):
    """The waker waits for the hogs of its CPU, and for nobody else."""
    text = subprocess.run([TOOL, "latency", "--domain", "1", "--top", "3",
                           plain[0]], check=True, text=True,
                          capture_output=True).stdout
    iv = runstates.intervals(load(plain[0]))
    s = latency.wake_to_run(iv, 1)
    row = next(x for x in text.splitlines() if x.startswith("lat0.0"))
    assert row.split()[1:3] == ["timer", str(len(s.ns))]
    blame = [x.split() for x in text.splitlines()
             if re.match(r"lat0\.0 +(hog|lat|idle|\()", x)]
    assert {x[1] for x in blame} == {"hog1.0", "hog2.0", "hog3.0"}
    # A switch takes 300 ns more than the changes say, of nobody's.
    assert sum(int(x[2]) for x in blame) == pytest.approx(s.ns.sum(), abs=10)
    assert sum(float(x[3]) for x in blame) == pytest.approx(100, abs=0.1)
    longest = [x for x in text.splitlines() if " us lat0.0 cpu0 timer" in x]
    assert len(longest) == 3
    assert f" {s.quantile('max') / 1e3:.3f} us:" in longest[0]


def test_changes_of_one_time_stand_in_their_order(tmp_path):
    """A CPU that comes to a vCPU with an older reading than the one by which
    another CPU has blocked it dates its wake-up with that one (docs/trace.md).
    Whatever the CPUs' numbers are."""
    steps = [("a", 0, 0, 1, 500), ("a", 0, 1, 0, 1000), ("a", 0, 0, 2, 5000),
             ("b", 1, 2, 3, 4000), ("b", 0, 2, 1, 5000), ("b", 0, 1, 0, 9000),
             ("b", 0, 0, 2, 12000)]
    info = tmp_path / "info"
    info.write_text("metronome-trace 2\ntsc_khz 1000000\ntsc_zero 0\n"
                    "domain 1 1 one\n")
    for a, b in ((0, 1), (1, 0)):
        cpus = {}
        for name, cpu in (("a", a), ("b", b)):
            mine = [s for s in steps if s[0] == name]
            records = np.zeros(len(mine), RECORD)
            records["tsc"] = [t for *_, t in mine]
            records["event"] = [0x21001 | old << 8 | new << 4
                                for *_, old, new, _ in mine]
            records["cpu"], records["nr"] = cpu, 1
            records["word"][:, 0] = [1 << 16 | s[1] for s in mine]
            cpus[cpu] = records
        file = trace_files.write(tmp_path / f"{a}", cpus, info)
        done = subprocess.run([TOOL, "check", file], text=True,
                              capture_output=True)
        assert done.returncode == 0, done.stdout
        text = subprocess.run([TOOL, "stats", file], check=True, text=True,
                              capture_output=True).stdout
        row = next(x for x in text.splitlines() if x.startswith("one.0"))
        assert "do not follow" not in row
        # Ran 4 and 3 us of 11.5; waited 0.5 and 4; woke once, for 4 us.
        assert row.split()[1:8] == ["60.870", "39.130", "0.000", "0.000", "2",
                                    "1", "4.0"]


def test_lateness_of_deadlines_and_timers(plain, tmp_path):
    """Known ones, in place of other records: of a vCPU each, of every kind."""
    trace = load(plain[0])
    records = trace.records.copy()
    late, fire = 0x22401, event_numbers()["timer_fire"]
    at = np.flatnonzero(trace.select("switch_infprev"))[:300]
    value = np.arange(1, 301, dtype=np.uint32) * 10_000
    records["event"][at] = np.where(np.arange(300) % 3, late, fire)
    records["nr"][at] = np.where(np.arange(300) % 3, 3, 2)
    records["word"][at] = 0
    records["word"][at, 0] = 1 << 16
    records["word"][at, 1] = value
    info = tmp_path / "info"
    said = re.sub(r"(?m)^event .*\n", "",
                  Path(f"{plain[0]}.info").read_text())
    info.write_text(re.sub(r"(?m)^scheduler .*$", "scheduler sedf 2\n"
                           "event 0 release\nevent 1 late", said))
    file = trace_files.write(tmp_path / "late", trace_files.lies(records), info)
    text = subprocess.run([TOOL, "latency", "--top", "0", file], text=True,
                          capture_output=True).stdout.split(" late ")[1]
    for kind, mine in (("deadline", value[np.arange(300) % 3 > 0] / 1e3),
                       ("timer", value[::3] / 1e3)):
        row = re.search(rf"^lat0\.0 +{kind} +(\d+)((?: +[\d.]+){{5}})$", text,
                        re.M)
        assert row and int(row[1]) == len(mine), text
        least, median, p99, _, most = map(float, row[2].split())
        assert (least, most) == (mine.min(), mine.max())
        assert median == pytest.approx(np.median(mine), rel=0.04)
        assert p99 == pytest.approx(np.quantile(mine, 0.99), rel=0.04)


@pytest.mark.parametrize("runs,t", [(3, 4.303), (13, 2.17881)])
def test_latency_over_seeds(tmp_path_factory, runs, t):
    """Means over the runs with their intervals (by the tables of Student's t);
    maxima of as many samples."""
    files = [make(tmp_path_factory.mktemp("seed"), "600" if seed else "400",
                  str(seed), *["boost"] * (seed % 3 == 0))[0]
             for seed in range(runs)]
    text = subprocess.run([TOOL, "latency", "--domain", "1", *files],
                          check=True, text=True, capture_output=True).stdout
    row = next(x for x in text.splitlines() if x.startswith("lat0.0")).split()
    each = [latency.wake_to_run(runstates.intervals(load(f)), 1)
            for f in files]
    assert row[1:3] == [str(runs), str(sum(len(s.ns) for s in each))]
    least = min(len(s.ns) for s in each)
    first = 1 << least.bit_length() - 1
    assert int(row[9]) == first
    most = np.array([s.ns[:first].max() / 1e3 for s in each])
    assert float(row[10]) == pytest.approx(most.mean(), abs=0.06)
    half = t * most.std(ddof=1) / np.sqrt(runs)
    assert float(row[11]) == pytest.approx(half, rel=2e-4, abs=0.06)
