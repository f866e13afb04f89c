"""How late a busy dom0 hears of its timer, disk and network among eight hogs.

From the trace of a deterministic run: the time from each event for dom0's vCPU
to the vCPU's running (0 if it runs). The longest is at most what the scheduler
promises; sched/*/README.md says why:

    rr      n·q: a slice of each hog
    bvt     Σ C·(1 + w_hog/w_0): no hog gets further ahead of dom0 than that,
            whatever dom0 does; one that uses less than its share, and warps,
            runs at once
    sedf    period − slice: what is left of a period when the slice is used up
    credit  the rate limit r, for what wakes it while it has credits: that is
            boosted, and alone in its class, since hogs never wake. Not so if
            an accounting comes within the wait: that ends the boost (as in
            Xen). Then, and when its slice has ended or it wakes in debt:
            P + ceil(W/w_0)·P + n·q. That is, P to the next accounting; after
            it dom0 owes P at most (the floor), and gets P·w_0/W at each, so
            it owes nothing after ceil(W/w_0) further ones; from then on it is
            as good as any hog, whose place in the queue it only loses to
            those that stand there: a slice q of each. A dom0 that uses less
            than its share never owes: r, or after an accounting r + n·q

SLACK is for the hypervisor's own work between two turns. The simulator, which
has none, tries Credit's formula with more weights and loads, for minutes.
"""
import dataclasses
import math
import pathlib
import subprocess
import sys

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import BAD, KERNEL, RAMDISK, Devices  # noqa: E402
from qemu import BUILD, Machine  # noqa: E402
from xentrace import runstates, trace  # noqa: E402

HOGS, HOGS_BEGIN, END = 8, 11, 14    # how many; seconds
MS = 1e6
SLACK = 0.1 * MS
NOBODY = 0xFFFFFFFF
TIMER = 0                            # VIRQ_TIMER
PERIOD = 30 * MS                     # Credit's accounting, at multiples of it
LIMIT = 1 * MS                       # ... its rate limit
BOOST_START = 0x22007                # its event
MANY = "dom0_sched=weight=1024"      # against 256 of each hog


@dataclasses.dataclass(frozen=True)
class Case:
    """A scheduler, what dom0 does, and what it may wait then, in ns."""

    sched: str
    load: str
    options: str
    bound: float
    boosted: float | None = None  # for what wakes it into Credit's boost


def credit_bound(weight: int) -> float:
    """What is said above, for slices of 30 ms and hogs of weight 256."""
    owes = math.ceil((weight + HOGS * 256) / weight)
    return (1 + owes) * PERIOD + HOGS * 30 * MS


CASES = [
    Case("rr", "full", "rr.slice=10ms", HOGS * 10 * MS),
    Case("bvt", "full", "bvt.ctx_allow=500us "
         f"{MANY},bvt.warp=20ms,bvt.warp_limit=0",
         HOGS * 0.5 * MS * (1 + 256 / 1024)),
    Case("bvt", "bursts", "bvt.ctx_allow=500us "
         f"{MANY},bvt.warp=20ms,bvt.warp_limit=0", 0),
    Case("sedf", "full", "dom0_sched=period=10ms,slice=5ms", 5 * MS),
    *(Case("credit", load, "credit.tslice=30ms dom0_sched=weight=2048",
           credit_bound(2048), LIMIT) for load in ("full", "bursts")),
    Case("credit", "light", "credit.tslice=30ms dom0_sched=weight=2048",
         LIMIT + HOGS * 30 * MS, LIMIT),
]


def delays(t: trace.Trace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By kind of event, dom0's delays in ns while all hogs compute, and which
    of them ended a wait that had begun with a boost, no accounting being near.
    """
    stays = runstates.intervals(t)
    running = stays[stays["state"] == trace.RUNNING]
    hogs = running[(running["dom"] > 0) & (running["dom"] <= HOGS)
                   & (running["start"] > HOGS_BEGIN * 1e9)]
    assert hogs["dom"].nunique() == HOGS, "not every hog ran"
    begin, end = hogs.groupby("dom")["start"].min().max(), hogs["end"].max()
    assert not any(b > begin for _, _, b in t.gaps()), "the trace has gaps"
    mine = running[running["dom"] == 0].sort_values("start")
    begins, ends = mine["start"].to_numpy(), mine["end"].to_numpy()
    end = min(end, begins[-1])

    rec = t.records
    send = t.select("evtchn_send") & (rec["word"][:, 0] == 0)
    virq = t.select("virq") & (rec["word"][:, 0] == 0)
    device = send & (rec["word"][:, 2] == NOBODY)
    device[1:] &= ~virq[:-1]         # a VIRQ's own send
    kinds = {"timer": virq & (rec["word"][:, 1] == TIMER), "device": device}
    boosts = t.ns[(rec["event"] == BOOST_START)
                  & (rec["word"][:, 0] == 0)]
    found = {}
    for kind, mask in kinds.items():
        at = t.ns[mask]
        at = at[(at >= begin) & (at < end)]
        index = np.searchsorted(ends, at, "right")   # the first to end later
        before = np.where(index > 0, ends[index - 1], 0)
        late = np.maximum(begins[index] - at, 0)
        first = np.searchsorted(boosts, before)
        boosted = first < np.searchsorted(boosts, begins[index])
        woke = np.append(boosts, 0)[first]
        same = (woke - SLACK) // PERIOD == begins[index] // PERIOD
        found[kind] = late, boosted & same & (late > 0)
    return found


def record(case: Case, folder: pathlib.Path) -> trace.Trace:
    """One run, and its trace from the machine's memory."""
    devices = Devices(folder, ("vda",), ("eth0",))
    ram = folder / "ram"
    hogs = tuple(f"build/guests/hog domain name=hog{i} mem=8M weight=256 "
                 f"-- start={HOGS_BEGIN}s" for i in range(HOGS))
    if case.sched in ("rr", "sedf"):
        hogs = tuple(hog.replace(" weight=256", "") for hog in hogs)
    words = (f"console=hvc0 job=busy:{case.load}:{END}:vda:eth0:file "
             "drivers=virtio_pci:virtio_blk:e1000")
    with Machine(f"console=com1 dom0_mem=384M sched={case.sched} "
                 f"{case.options} tbuf_size=8192 tevt_mask=0x2f000 "
                 "trace_overwrite", (f"{KERNEL} {words}", RAMDISK, *hogs),
                 memory="1G", machine="q35,memory-backend=ram",
                 deterministic=True,
                 extra=("-object", "memory-backend-file,id=ram,size=1G,"
                        f"share=on,mem-path={ram}",
                        *devices.arguments())) as m:
        m.wait(r"JOBS DONE failed=0", 3000)
        log = m.wait_end(600)
    for bad in BAD:
        assert bad not in log, log[-6000:]
    subprocess.run([BUILD / "xentrace", "record", "--ram", ram,
                    folder / "trace"], check=True)
    return trace.load(folder / "trace")


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES,
                         ids=lambda case: f"{case.sched}-{case.load}")
def test_bound(case: Case, tmp_path: pathlib.Path) -> None:
    """No timer tick and no device's interrupt comes later than promised."""
    t = record(case, tmp_path)
    stays = runstates.intervals(t)
    mine = runstates.clip(stays[(stays["dom"] == 0) &
                                (stays["state"] == trace.RUNNING)],
                          (HOGS_BEGIN + 0.5) * 1e9, END * 1e9)
    share = (mine["end"] - mine["start"]).sum() / (END - HOGS_BEGIN - .5) / 1e9
    line = f"{case.sched:7} {case.load:7} bound {case.bound / MS:8.3f} ms"
    late = []
    for kind, (ns, boosted) in delays(t).items():
        assert len(ns) >= 20, f"only {len(ns)} events: {kind}"
        line += (f"  {kind}: {len(ns)} events, median "
                 f"{np.median(ns) / MS:.3f}, worst {ns.max() / MS:.3f} ms")
        if case.boosted is not None:
            most = ns[boosted].max(initial=0)
            line += (f" ({boosted.sum()} boosted, worst of these "
                     f"{most / MS:.3f})")
            late += [f"boosted {kind}"] * int(most > case.boosted + SLACK)
        late += [kind] * int(ns.max() > case.bound + SLACK)
    line += f"  dom0's share {share:.0%}\n"
    with (BUILD / "bounds.txt").open("a") as file:
        file.write(line)
    assert not late, f"{late}: {line}"


SCENARIO = """name = "bound"
machine.cpus = 1
measure = {{ from = "1s", until = "60s" }}
schedulers = [ {{ name = "credit", options = "{options}" }} ]
[[domains]]
name = "busy"
weight = {weight}
workload = {{ kind = "onoff", work = "{work}", pause = "{pause}" }}
[[domains]]
name = "hog"
count = {hogs}
weight = 256
workload = {{ kind = "hog" }}
"""


def simulated(folder: pathlib.Path, **words: object
              ) -> tuple[np.ndarray, np.ndarray]:
    """Of one domain beside hogs: each wait in ns, and whether it began with a
    boost and saw no accounting."""
    file, output = folder / "scenario.toml", folder / "trace"
    file.write_text(SCENARIO.format(hogs=HOGS, **words))
    subprocess.run([BUILD / "schedsim", file, "--trace", output], check=True,
                   stdout=subprocess.DEVNULL)
    t = trace.load(output)
    stays = runstates.intervals(t)
    waits = stays[(stays["dom"] == 1) & (stays["state"] == trace.RUNNABLE)]
    begin, end = waits["start"].to_numpy(float), waits["end"].to_numpy(float)
    boosts = t.ns[t.records["event"] == BOOST_START].astype(float)
    woke = np.append(boosts, np.inf)[np.searchsorted(boosts, begin - 1)]
    same = (begin - 1) // PERIOD == end // PERIOD
    return end - begin, (woke <= end) & same


@pytest.mark.parametrize("weight", [256, 1024, 2048])
@pytest.mark.parametrize("work, pause", [("300us", "8ms"), ("5ms", "15ms"),
                                         ("60ms", "100us")])
def test_credit_formula(weight: int, work: str, pause: str,
                        tmp_path: pathlib.Path) -> None:
    """Credit's bound, of any share and any length of bursts."""
    late, boosted = simulated(tmp_path, weight=weight, work=work, pause=pause,
                              options="")
    assert boosted.sum() >= 50
    assert late[boosted].max() <= LIMIT + 1
    assert late.max() <= credit_bound(weight)


def test_credit_without_boost(tmp_path: pathlib.Path) -> None:
    """The control: n slices are not the bound, and the boost is what makes the
    rate limit one."""
    words = {"weight": 256, "work": "60ms", "pause": "100us"}
    late, _ = simulated(tmp_path, options="", **words)
    assert late.max() > HOGS * 30 * MS
    late, boosted = simulated(tmp_path, options="credit.historic=2", **words)
    assert boosted.sum() == 0 and np.median(late) > LIMIT
