"""What `xentrace export` writes, read by the programs that people use: SQL by
Perfetto's engine, a report by trace-cmd, columns by a library for Parquet.

Perfetto's engine and the library come from npm, once (readers/fetch.py): where
there is no node or no npm, their tests are skipped and say so.
"""
from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trace import trace_files
from tests.trace.readers import fetch
from tests.trace.trace_files import export, mixed
from xentrace import Trace, load, runstates
from xentrace.trace import (IDLE_DOMAIN, RUNNABLE, RUNNING, TOOL,
                            event_numbers)

READERS = Path(fetch.__file__).parent
pytestmark = pytest.mark.xdist_group("readers")  # they fetch the same files


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """All kinds of records that a scheduler writes."""
    return load(mixed(tmp_path_factory.mktemp("readers")))


def reader(which: fetch.Reader) -> Path:
    try:
        return fetch.get(which)
    except fetch.NotThere as why:
        pytest.skip(f"{which.package}: {why}")


def node(program: str, *words: object, text: str = "") -> Any:
    done = subprocess.run(["node", READERS / program, *map(str, words)],
                          input=text, text=True, capture_output=True,
                          timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask(file: Path, *sql: str) -> list[list[list[Any]]]:
    """Perfetto's answers."""
    return node("perfetto.mjs", reader(fetch.PERFETTO), file,
                text=json.dumps(sql))


# What its parser says when something was not as it should be.
COMPLAINTS = "select name from stats where value > 0 and severity != 'info'"


def stays(trace: Trace, state: int) -> list[tuple[Any, ...]]:
    """(ns, length, CPU, vCPU's name) of each closed stay of a guest's vCPU."""
    iv = runstates.intervals(trace)
    iv = iv[(iv["state"] == state) & ~iv["open"] & (iv["dom"] != IDLE_DOMAIN)]
    return sorted((int(s), int(e) - int(s), int(c),
                   f"{trace.name_of(int(d))}.{v}")
                  for s, e, c, d, v in zip(iv["start"], iv["end"], iv["cpu"],
                                           iv["dom"], iv["vcpu"]))


def test_perfetto_sql(trace: Trace, tmp_path: Path) -> None:
    """The schedule is in the table sched, the waits are in thread_state, the
    domains are processes: to the nanosecond what the trace has."""
    complaints, runs, waits, owners, woken = ask(
        export(trace, "perfetto", tmp_path / "a.pftrace"), COMPLAINTS,
        "select ts, dur, cpu, name from sched join thread using(utid) "
        "where dur >= 0 and not is_idle",
        "select ts, dur, name from thread_state join thread using(utid) "
        "where state in ('R', 'R+') and dur > 0",
        "select thread.name, process.name from thread join process "
        "using(upid) where not is_idle order by 1",
        "select count(*) from thread_state where waker_utid is not null")
    assert not complaints
    want = stays(trace, RUNNING)
    assert sorted(tuple(r) for r in runs) == want and len(want) > 400
    want = sorted((s, n, name) for s, n, _, name in stays(trace, RUNNABLE)
                  if n > 0 and s > 0)  # Linux has no event for the first
    assert sorted(tuple(w) for w in waits if w[0] > 0) == want
    names = {f"{trace.name_of(int(d))}.{v}": trace.name_of(int(d))
             for d, v in {(d, v) for d, v in zip(
                 runstates.changes(trace)["dom"],
                 runstates.changes(trace)["vcpu"]) if d != IDLE_DOMAIN}}
    assert [tuple(o) for o in owners] == sorted(names.items())
    assert woken[0][0] > 100


def test_perfetto_json(trace: Trace, tmp_path: Path) -> None:
    """Chrome's trace events: the runs are slices on the CPUs' tracks, the waits
    on the vCPUs'."""
    complaints, runs, waits = ask(
        export(trace, "json", tmp_path / "a.json"), COMPLAINTS,
        *("select ts, slice.dur, tid, slice.name from slice join thread_track "
          "on track_id = thread_track.id join thread using(utid) join process "
          f"using(upid) where {which} and slice.dur > 0"
          for which in ("process.name = 'CPUs'", "slice.name = 'runnable'")))
    assert not complaints
    want = [r for r in stays(trace, RUNNING) if r[1] > 0]
    assert sorted(tuple(r) for r in runs) == want and len(want) > 400
    want = sorted((s, n) for s, n, _, _ in stays(trace, RUNNABLE) if n > 0)
    assert sorted((ts, dur) for ts, dur, _, _ in waits) == want


def changed(trace: Trace, file: Path, cpus: dict[int, np.ndarray]) -> Trace:
    """A trace of other records, with the names of this one."""
    return load(trace_files.write(file, cpus, Path(f"{trace.path}.info")))


def long_one(trace: Trace, file: Path) -> Trace:
    """Sixteen times the records, one after the other: more than a group has.
    The first thousand of each CPU are of a thousand events without names."""
    cpus, span = {}, trace.records["tsc"].max() + np.uint64(1)
    for cpu, mine in trace_files.lies(trace.records).items():
        cpus[cpu] = np.concatenate([mine] * 16)
        cpus[cpu]["tsc"] += np.repeat(
            np.arange(16, dtype=np.uint64) * span, len(mine))
        cpus[cpu]["event"][:1000] = 0x00081000 + np.arange(1000)
    return changed(trace, file, cpus)


def test_parquet(trace: Trace, tmp_path: Path) -> None:
    """Every record, each of its words, what it lacks; in two groups, of which
    one has more names than a byte can tell."""
    long = long_one(trace, tmp_path / "long")
    got = node("parquet.mjs", reader(fetch.HYPARQUET),
               export(long, "parquet", tmp_path / "a.parquet"))
    rec = long.records
    assert got["metadata"] == {"scheduler": "credit2", "lost": "0"}
    assert sum(got["groups"]) == len(rec) and len(got["groups"]) == 2
    assert got["types"]["tsc"] == ["INT64", "UINT_64", "REQUIRED"]
    assert got["types"]["w6"] == ["INT32", "UINT_32", "OPTIONAL"]
    columns = got["columns"]
    assert list(map(int, columns["tsc"])) == rec["tsc"].tolist()
    assert list(map(int, columns["ns"])) == [int(n) for n in long.ns]
    for name, field in ("cpu", "cpu"), ("number", "event"), ("nr", "nr"):
        assert columns[name] == rec[field].tolist()
    for i in range(7):
        assert columns[f"w{i}"] == [
            w if n > i else None
            for w, n in zip(rec["word"][:, i].tolist(), rec["nr"].tolist())]
    csv = export(long, "csv", tmp_path / "a.csv").read_text().splitlines()
    assert columns["event"] == [line.split(",")[3] for line in csv[1:]]


def report(file: Path, *words: str) -> list[str]:
    """What trace-cmd says, without its first line (how many CPUs)."""
    done = subprocess.run(["trace-cmd", "report", "-t", *words, "-i", file],
                          check=True, text=True, capture_output=True)
    assert not re.search("malformed|unknown|fail|error|could not",
                         done.stderr + done.stdout, re.I), done.stderr[:2000]
    return done.stdout.splitlines()[1:]


LINE = re.compile(r"\s*(\S+)-(\d+)\s+\[(\d+)\]\s+(\d+)\.(\d{9}): (\w+):\s*(.*)")


def test_trace_cmd(trace: Trace, tmp_path: Path) -> None:
    """trace-cmd has every record, and sched_switch as it prints Linux' own."""
    lines = report(export(trace, "trace.dat", tmp_path / "trace.dat"))
    got = [m.groups() for line in lines if (m := LINE.fullmatch(line))]
    assert len(got) == len(lines)
    numbers = {v: k for k, v in event_numbers().items()}
    want = Counter((int(ns), int(cpu), "runstate_change"
                    if event & 0x0FFFF00F == 0x21001
                    else numbers.get(event, "plugin_event"))
                   for ns, cpu, event in zip(
                       trace.ns, trace.records["cpu"].tolist(),
                       trace.records["event"].tolist()))
    assert Counter((int(s + ns), int(cpu), event)
                   for _, _, cpu, s, ns, event, _ in got
                   if not event.startswith("sched_")) == want
    runs = [(int(s + ns), int(cpu), m[1]) for _, _, cpu, s, ns, event, text
            in got if event == "sched_switch"
            and (m := re.search(r"==> (\S+):\d+ \[120\]$", text))]
    began = runstates.changes(trace)
    began = began[began["new"] == RUNNING]
    assert sorted(runs) == sorted(
        (int(ns), int(c), (f"swapper/{v}" if d == IDLE_DOMAIN
                           else f"{trace.name_of(int(d))}.{v}")[:15])
        for ns, c, d, v in zip(began["ns"], began["cpu"], began["dom"],
                               began["vcpu"]))


def test_trace_cmd_fields(trace: Trace, tmp_path: Path) -> None:
    """The fields are those of `xentrace dump`, of each kind of event."""
    lines = report(export(trace, "trace.dat", tmp_path / "trace.dat"))
    got = Counter((m[6], m[7]) for line in lines if (m := LINE.fullmatch(line)))
    dump = subprocess.run([TOOL, "dump", trace.path], check=True, text=True,
                          capture_output=True).stdout.splitlines()
    kinds = set()
    for line in dump:
        event, _, fields = line.split(None, 3)[3].partition(" ")
        if event in ("runstate_change", "wake"):
            continue  # other words for the same
        if "." in event:
            fields = f"{event} " + re.sub(r"\w+=", "", fields)
            event = "plugin_event"
        kinds.add(event)
        assert got[event, fields.replace(" ns", "")] > 0, line
    assert len(kinds) > 8


def test_trace_cmd_lost(trace: Trace, tmp_path: Path) -> None:
    """Where records are missing, trace-cmd says how many."""
    cpus, counts = trace_files.lies(trace.records), (17, 5, 1)
    for i, n in enumerate(counts):
        gone = cpus[i % 2][300 * (i + 1):][:1]
        gone["event"], gone["nr"], gone["word"][0, 0] = 0x1F001, 4, n
    lines = report(export(changed(trace, tmp_path / "a", cpus), "trace.dat",
                          tmp_path / "trace.dat"))
    assert [int(m[1]) for line in lines if (m := re.search(
        r"\[(\d+) EVENTS DROPPED\]", line))] == list(counts)


def test_trace_cmd_times(trace: Trace, tmp_path: Path) -> None:
    """Spans that no event's head has room for, and a CPU whose clock goes back:
    the times are right to the nanosecond."""
    cpus = trace_files.lies(trace.records)
    cpus[0]["tsc"][2000:] += np.uint64(int(3e12))
    cpus[1]["tsc"][1010:] -= np.uint64(int(8e8))
    other = changed(trace, tmp_path / "a", cpus)
    got = [m for line in report(export(other, "trace.dat", tmp_path / "b"))
           if (m := LINE.fullmatch(line)) and not m[6].startswith("sched_")]
    assert sorted((int(m[4] + m[5]), int(m[3])) for m in got) == sorted(
        (int(ns), int(c)) for ns, c in zip(other.ns, other.records["cpu"]))
