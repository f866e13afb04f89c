"""A trace, or a window of it, packed for the page: columns in gzip in base64.

A column is a byte that says how many bytes its values have, then all values'
lowest bytes, then their next ones: gzip finds alike side by side. The columns:
the step in cycles from the record before (zigzag: a change's time may be a
little older than its neighbours'), event (an index of meta["events"]), CPU,
number of words; then of each event, of each word that one of its records has,
a column over that event's records. src/model.js undoes it.
"""
from __future__ import annotations

import base64
import gzip
import json
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from xentrace import runstates
from xentrace.trace import BLOCKED, RUNNABLE, TOOL, Trace

HERE = Path(__file__).parent
PLUGIN_FIELDS = "id:vcpu ns64:value"  # as xentrace/events.c has them
STEP_LIMIT = 1 << 47


@lru_cache
def event_table() -> dict[int, tuple[str, str, str]]:
    """Number: name, fields ("type:name type:name"), what it is."""
    out = subprocess.run([TOOL, "events"], check=True, text=True,
                         capture_output=True).stdout
    rows = (line.split("\t") for line in out.splitlines())
    return {int(number, 16): (name, fields.strip(), about)
            for name, number, fields, about in rows}


def _plugin_name(trace: Trace, number: int) -> str:
    for name, (first, events) in trace.info.plugins.items():
        if 0 <= number - first < len(events):
            return f"{name}.{events[number - first]}"
    low, of = number & 0x1FF, number >> 9 & 7
    if not trace.info.plugins and of == trace.info.sched_id \
            and low in trace.info.events:
        return f"{trace.info.scheduler}.{trace.info.events[low]}"
    return f"scheduler{of}.{low}"


def describe(trace: Trace, number: int) -> dict[str, Any]:
    """What the page knows of an event: its name, its words, whose it is."""
    table = event_table()
    change = number & 0x0FFFF00F == 0x21001
    key = 0x21001 if change else number
    if key in table:
        name, fields, about = table[key]
    elif number & 0x0FFFF000 == 0x22000:
        name, fields, about = _plugin_name(trace, number), PLUGIN_FIELDS, \
            "an event of the scheduler: its vCPU and a number"
    else:
        name, fields, about = f"event {number:#x}", "", ""
    split = [field.split(":") for field in fields.split()]
    who = "id" if split and split[0] == ["id", "vcpu"] else \
        "pair" if split[:2] == [["u32", "dom"], ["u32", "vcpu"]] else ""
    said = {"name": name, "fields": split, "about": about, "who": who}
    if change:
        said["runstate"] = [number >> 8 & 3, number >> 4 & 3]
    return said


def _last_end(trace: Trace, start: float | None, stop: float) -> float:
    """Just behind the end of the last wait that begins in the window; 0."""
    if not len(trace.records):
        return 0.0
    iv = runstates.intervals(trace)
    begins = iv["start"] >= (-np.inf if start is None else start)
    waits = iv[(iv["state"] == RUNNABLE) & (iv["came_from"] == BLOCKED)
               & begins & (iv["start"] < stop) & ~iv["open"] & ~iv["torn"]]
    return float(np.nextafter(waits["end"].max(), np.inf)) if len(waits) \
        else 0.0


def _column(values: np.ndarray) -> bytes:
    wide = np.ascontiguousarray(values, dtype="<u8")
    planes = (int(wide.max(initial=0)).bit_length() + 7) // 8
    return bytes([planes]) + \
        wide.view(np.uint8).reshape(-1, 8)[:, :planes].T.tobytes()


def _columns(records: np.ndarray, index: np.ndarray,
             widths: list[int]) -> bytes:
    first = records["tsc"][:1].astype(np.int64)
    step = np.diff(records["tsc"].astype(np.int64), prepend=first)
    if len(step) and np.abs(step).max() >= STEP_LIMIT:
        raise ValueError("two records lie more than 2^47 cycles apart")
    parts = [_column(step << 1 ^ step >> 63), _column(index),
             _column(records["cpu"]), _column(records["nr"])]
    for event, words in enumerate(widths):
        mine = records["word"][index == event]
        parts += [_column(mine[:, k]) for k in range(words)]
    return b"".join(parts)


def pack(trace: Trace, label: str, start: float | None = None,
         stop: float | None = None, focus: int | None = None,
         ) -> tuple[dict[str, Any], str]:
    """What the page needs of the window [start, stop) ns: a description,
    and the columns as text. `focus` is the domain that is looked at first.

    As in the tables (xentrace/latency.py), a wait counts that begins in the
    window, and it may end later: what is shown goes on until the last of them
    has ended, and waits that begin there do not count."""
    ns, counted = trace.ns, stop
    if stop is not None:
        stop = max(stop, _last_end(trace, start, stop))
    inside = np.ones(len(ns), bool)
    if start is not None:
        inside &= ns >= start
    if stop is not None:
        inside &= ns < stop
    records, ns = trace.records[inside], ns[inside]
    numbers, index, counts = np.unique(records["event"], return_inverse=True,
                                       return_counts=True)
    events = [describe(trace, int(n)) for n in numbers]
    for i, event in enumerate(events):
        event["count"] = int(counts[i])
        event["words"] = int(records["nr"][index == i].max(initial=0))
    cycle = 1e6 / (trace.info.tsc_khz or 1e6)
    begin = float(ns.min(initial=np.inf)) if start is None else start
    end = float(ns.max(initial=-np.inf)) if stop is None else stop
    meta = {
        "label": label, "records": len(records), "events": events,
        "zero_ns": float(ns[0]) if len(ns) else 0.0, "ns_per_cycle": cycle,
        "from_ns": begin if len(ns) else 0.0,
        "until_ns": end if len(ns) else 1.0,
        "waits_until_ns": counted,
        "domains": {str(i): name for i, name in trace.info.domains.items()},
        "focus": focus, "warnings": trace.warnings,
        "gaps": [[cpu, a, None if np.isinf(b) else b]
                 for cpu, a, b in trace.gaps()],
    }
    columns = _columns(records, index, [e["words"] for e in events])
    return meta, base64.b64encode(
        gzip.compress(columns, 6, mtime=0)).decode()


def script_json(data: Any) -> str:
    """JSON that may stand inside of a <script>."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def bundle() -> str:
    """The program of the page, from dist/."""
    text = (HERE / "dist" / "explore.js").read_text()
    if "</script" in text.lower():
        raise ValueError("dist/explore.js: would end its own <script>")
    return text


def licences() -> str:
    """Of the libraries inside of it."""
    return (HERE / "dist" / "LICENSES.txt").read_text()
