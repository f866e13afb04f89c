"""What `xentrace export` writes, read again by others: babeltrace2 (Debian's)
for CTF, a JSON parser and the trace event format's rules, pandas for CSV."""
from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.trace.trace_files import export, mixed
from xentrace import Trace, load, runstates
from xentrace.trace import IDLE_DOMAIN, RUNNING, TOOL, event_numbers


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """All kinds of records that a scheduler writes."""
    return load(mixed(tmp_path_factory.mktemp("export")))


def name_of(trace: Trace, who: int) -> str:
    """As Linux has a task's name: 15 letters."""
    dom, vcpu = who >> 16, who & 0xFFFF
    return (f"swapper/{vcpu}" if dom == IDLE_DOMAIN
            else f"{trace.name_of(dom)}.{vcpu}")[:15]


@pytest.fixture(scope="module")
def ctf(trace: Trace, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines that babeltrace2 prints: cycles, event, fields."""
    out = export(trace, "ctf", tmp_path_factory.mktemp("ctf") / "a.ctf")
    done = subprocess.run(["babeltrace2", "--clock-cycles", out], check=True,
                          text=True, capture_output=True)
    assert not done.stderr, done.stderr[:2000]
    return done.stdout.splitlines()


def test_ctf_has_every_record(trace: Trace, ctf: list[str]) -> None:
    """Each record: its time in cycles, its CPU, its words."""
    numbers = {v: k for k, v in event_numbers().items()}
    want: Counter[tuple[int, str, int]] = Counter()
    for r in trace.records:
        event = int(r["event"])
        if event & 0x0FFFF00F == 0x21001:
            name = "runstate_change"
        else:
            name = numbers.get(event, "plugin_event")
        want[int(r["tsc"]), name, int(r["cpu"])] += 1
    got: Counter[tuple[int, str, int]] = Counter()
    for line in ctf:
        m = re.match(r"\[0*(\d+)\] \(\S+\) (\w+): \{ cpu_id = (\d+) \}", line)
        assert m, line
        if not m[2].startswith("sched_"):
            got[int(m[1]), m[2], int(m[3])] += 1
    assert got == want


def test_ctf_words(trace: Trace, ctf: list[str]) -> None:
    """The fields of picks and wake-ups are those of the records."""
    number = event_numbers()
    for name, pattern, make in (
            ("pick", r"vcpu_id = (\d+), vcpu_dom = (\d+), run_for = (\d+)",
             lambda w: (w[0] & 0xFFFF, w[0] >> 16, w[1] | w[2] << 32)),
            ("wake", r"dom = (\d+), vcpu = (\d+), cause = .*container = (\d)",
             lambda w: (w[0], w[1], w[2]))):
        mine = trace.records[trace.records["event"] == number[name]]
        want = [make([int(x) for x in r["word"]]) for r in mine]
        got = [tuple(map(int, m)) for line in ctf if f" {name}: " in line
               for m in re.findall(pattern, line)]
        assert sorted(got) == sorted(want) and want


def test_ctf_has_linux_events(trace: Trace, ctf: list[str]) -> None:
    """sched_switch at each begin of a run, from whom to whom; sched_waking at
    each wake-up."""
    ch = runstates.changes(trace)
    begins = ch[ch["new"] == RUNNING].sort_values(["cpu", "ns"])
    want = [(int(c), name_of(trace, int(d) << 16 | int(v)))
            for c, d, v in zip(begins["cpu"], begins["dom"], begins["vcpu"])]
    found = re.findall(r"sched_switch: \{ cpu_id = (\d+) \}, \{ prev_comm = "
                       r'"(.*?)".*?next_comm = "(.*?)"', "\n".join(ctf))
    assert sorted(want) == sorted((int(c), n) for c, _, n in found)
    for cpu in {c for c, _, _ in found}:  # who comes is who leaves next
        mine = [(p, n) for c, p, n in found if c == cpu]
        assert all(a[1] == b[0] for a, b in zip(mine, mine[1:]))
    woken = ((ch["old"] == 2) & (ch["new"] == 1)).sum()
    assert sum(" sched_waking: " in line for line in ctf) == woken > 0


def test_json(trace: Trace, tmp_path: Path) -> None:
    """Chrome's trace events: the phases and keys that the format asks for; the
    slices of the CPUs are the runs, to the nanosecond, and do not overlap."""
    text = export(trace, "json", tmp_path / "a.json").read_text()
    data = json.loads(text, parse_float=str)  # exact: no binary fractions
    assert data["otherData"]["records"] == len(trace.records)
    runs: dict[int, list[tuple[int, int, str]]] = {}
    for e in data["traceEvents"]:
        assert e["ph"] in "MXi" and isinstance(e["pid"], int) and e["name"]
        if e["ph"] == "X" and e["pid"] == 0:
            start, length = (int(e[k].replace(".", "")) for k in ("ts", "dur"))
            runs.setdefault(e["tid"], []).append((start, length, e["name"]))
        if e["ph"] == "i":
            assert e["s"] == "t" and "ts" in e
    iv = runstates.intervals(trace)
    iv = iv[(iv["state"] == RUNNING) & ~iv["open"]
            & (iv["dom"] != IDLE_DOMAIN)]
    for cpu, mine in runs.items():
        there = iv[iv["cpu"] == cpu].sort_values("start", kind="stable")
        assert [n for _, _, n in mine] == [
            f"{trace.name_of(int(d))}.{v}" for d, v in
            zip(there["dom"], there["vcpu"])]
        assert [s for s, _, _ in mine] == list(np.floor(there["start"]))
        ends = [s + length for s, length, _ in mine]
        assert all(e <= b for e, (b, _, _) in zip(ends, mine[1:]))


PROTO = """syntax = "proto2";
message Switch { optional string prev_comm = 1; optional int32 prev_pid = 2;
  optional int32 prev_prio = 3; optional int64 prev_state = 4;
  optional string next_comm = 5; optional int32 next_pid = 6;
  optional int32 next_prio = 7; }
message Waking { optional string comm = 1; optional int32 pid = 2;
  optional int32 prio = 3; optional int32 success = 4;
  optional int32 target_cpu = 5; }
message Event { optional uint64 timestamp = 1; optional uint32 pid = 2;
  optional Switch sched_switch = 4; optional Waking sched_waking = 20; }
message Bundle { optional uint32 cpu = 1; repeated Event event = 2; }
message Process { optional int32 pid = 1; repeated string cmdline = 3; }
message Thread { optional int32 tid = 1; optional string name = 2;
  optional int32 tgid = 3; }
message Tree { repeated Process processes = 1; repeated Thread threads = 2; }
message Packet { optional Bundle ftrace_events = 1;
  optional Tree process_tree = 2; }
message Trace { repeated Packet packet = 1; }
"""


def test_perfetto(trace: Trace, tmp_path: Path) -> None:
    """protoc decodes it, with no field that the messages do not have; each
    begin of a run and each wake-up is there, to the nanosecond."""
    (tmp_path / "trace.proto").write_text(PROTO)
    out = export(trace, "perfetto", tmp_path / "a.pb")
    text = subprocess.run(["protoc", "--decode=Trace", f"-I{tmp_path}",
                           "trace.proto"], check=True, capture_output=True,
                          stdin=out.open("rb")).stdout.decode()
    assert not re.search(r"^ *\d+: ", text, re.M)  # an unknown field
    got = re.findall(r"cpu: (\d+)\s+event {\s+timestamp: (\d+)\s+pid: "
                     r"(\d+)"
                     r"\s+sched_switch {\s+prev_comm: \"(.*?)\"\s+prev_pid: "
                     r"(\d+)\s+prev_prio: 120\s+prev_state: (\d)\s+"
                     r"next_comm: \"(.*?)\"\s+next_pid: (\d+)", text)
    ch = runstates.changes(trace)
    begins = ch[ch["new"] == RUNNING]
    want = [(int(c), int(ns), name_of(trace, int(d) << 16 | int(v)))
            for c, ns, d, v in zip(begins["cpu"], begins["ns"], begins["dom"],
                                   begins["vcpu"])]
    assert sorted(want) == sorted((int(g[0]), int(g[1]), g[6]) for g in got)
    for cpu in {g[0] for g in got}:  # who comes is who leaves next
        mine = [g for g in got if g[0] == cpu]
        assert all(a[7] == b[4] == b[2] for a, b in zip(mine, mine[1:]))
    assert {g[5] for g in got} == {"0", "1"}  # preempted, asleep
    woken = ((ch["old"] == 2) & (ch["new"] == 1)).sum()
    assert text.count("sched_waking {") == woken > 0


def test_csv(trace: Trace, tmp_path: Path) -> None:
    """Each record with its words."""
    frame = pd.read_csv(export(trace, "csv", tmp_path / "a.csv"))
    assert (frame["tsc"].to_numpy() == trace.records["tsc"]).all()
    assert (frame["number"].to_numpy() == trace.records["event"]).all()
    assert (frame["ns"].to_numpy() == np.floor(trace.ns)).all()
    for i in range(7):
        has = trace.records["nr"] > i
        assert frame[f"w{i}"].isna().to_numpy().tolist() == (~has).tolist()
        assert (frame[f"w{i}"][has].to_numpy()
                == trace.records["word"][has, i]).all()


def test_a_window(trace: Trace, tmp_path: Path) -> None:
    """--from and --until, and what is no format."""
    out = tmp_path / "part"
    subprocess.run([TOOL, "export", "--to", "csv", "--from", "100ms",
                    "--until", "200ms", trace.path, out], check=True)
    ns = pd.read_csv(out)["ns"]
    inside = (trace.ns >= 100e6) & (trace.ns < 200e6)
    assert len(ns) == inside.sum() > 0
    bad = subprocess.run([TOOL, "export", "--to", "xls", trace.path, out],
                         text=True, capture_output=True)
    assert bad.returncode == 1
    assert "there are: raw csv json perfetto ctf" in bad.stderr
