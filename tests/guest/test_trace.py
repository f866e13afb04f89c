"""A guest's own records stand in the trace, on one time line with the
hypervisor's; the last records are shown by a key, and by a panic."""
from __future__ import annotations

import pathlib
import re
import subprocess

import numpy as np

from qemu import BUILD, Machine

from xentrace import latency, load, runstates
from xentrace.trace import RUNNING, TOOL, event_numbers

WAKES = 20


def test_guest_records_key_and_panic(tmp_path: pathlib.Path) -> None:
    """guests/abi/trace writes one as its first act after each wake-up."""
    ram, out = tmp_path / "ram", tmp_path / "out"
    modules = (f"{BUILD / 'guests/abi/trace'} domain name=t mem=16M",
               f"{BUILD / 'guests/hog'} domain name=hog mem=16M")
    with Machine("console=com1 sched=credit tevt_mask=0xffff000 "
                 "tbuf_size=1024", modules, memory="256M",
                 deterministic=True, machine="q35,memory-backend=ram",
                 extra=("-object", "memory-backend-file,id=ram,size=256M,"
                        f"share=on,mem-path={ram}")) as m:
        m.wait(r"ABI trace: success")
        m.wait(r"Domain 1 .* has shut down")
        m.qmp("stop")
        subprocess.run([TOOL, "record", "--ram", ram, out], check=True)
        m.qmp("cont")
        m.send("\x01" * 3 + "T")
        reach = m.wait(r"The last trace records: 60 of the (\d+), from "
                       r"(\d+)\.\d{3} ms, that can be seen\n"
                       r"(?:.* us cpu0 .*\n){60}")
        assert int(reach[1]) > 60 and int(reach[2]) > 2 * WAKES
        times = [float(t) for t in re.findall(r" ([\d.]+) us cpu0", reach[0])]
        assert times == sorted(times)
        m.send("C")
        m.wait(r"Panic on CPU 0:(.*\n)+.*The last trace records:"
               r"(.*\n)+.* us cpu0 \w+")
    trace = load(out)
    assert not trace.warnings
    assert subprocess.run([TOOL, "check", out]).returncode == 0
    rec = trace.records[trace.records["event"] == event_numbers()["guest"]]
    assert rec["word"][0][:6].tolist() == [
        1 << 16, 8, 0xFFFFFFFF, 0xFFFFFFFF, 0, 1 << 31]
    mine = rec[rec["word"][:, 1] == 7]
    assert mine["word"][:, 4].tolist() == list(range(WAKES))
    # Each at its time: after what the guest's clock waited for, and within
    # 100,000 instructions of the begin of the run that the wake-up led to.
    due = mine["word"][:, 2].astype(int) + (mine["word"][:, 3].astype(int)
                                            << 32)
    ns = trace.to_ns(mine["tsc"])
    ch = runstates.changes(trace)
    begins = ch[(ch["dom"] == 1) & (ch["new"] == RUNNING)]["ns"].to_numpy()
    begun = begins[np.searchsorted(begins, ns) - 1]
    assert (ns > due).all() and (ns - begun < 100_000).all()
    s = latency.wake_to_run(runstates.intervals(trace), 1)
    assert len(s.ns) >= WAKES
    text = subprocess.run([TOOL, "latency", "--domain", "1", out], check=True,
                          text=True, capture_output=True).stdout
    row = re.search(r"to record +(\d+) +(\S+)", text)
    assert row and int(row[1]) >= WAKES, text
    assert float(row[2]) * 1e3 > s.quantile("min")
