#!/usr/bin/python3
"""Boot Linux as dom0 again and again, not deterministic, and keep a tally.

Usage: boots.py [--boots N] [--schedulers NAME:NAME...] [--smp N] [--one-thread]
                [--minutes N] [--out FILE.csv]

Each boot: to user land with a vCPU for each of the CPUs, a checked copy on a
virtio disk, power-off; every one is another interleaving. A line of the file is
written after each, so what was stopped goes on where it was: what there is of
the same hypervisor is not run again; lines of others stay, and don't count.
--minutes: begin no boot after that.

The CPUs are emulated in parallel, each by a thread of the host's. --one-thread:
in turn by one, which can't keep a stale translation (tests/emulator); it is the
clock, the host's, that makes each boot another one. That is said in the file.

A boot passes, or the line says why not. With a silent guest QEMU is made to
translate everything anew (tests/emulator): if the guest goes on by that, the
emulator is to blame. That is an outcome of its own, never a pass.
"""
import argparse
import csv
import hashlib
import itertools
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "emulator")]
from machine import BAD, Devices, boot  # noqa: E402
from qemu import BUILD, ONE_THREAD, ROOT, Machine  # noqa: E402
from stuck import STALE, free  # noqa: E402

PASS = "pass"
EMULATOR = "emulator: stale translation, guest went on after a flush"
SCHEDULERS = "rr:bvt:sedf:credit"
HEAD = ["hypervisor", "scheduler", "smp", "emulation", "boot", "outcome"]
PARALLEL, IN_TURN = "parallel", "one thread"
PATIENCE = 300                   # seconds without a word


def fault_of(log: str, devices: Devices, smp: int) -> str:
    """What is wrong with a boot that came to its end; else nothing."""
    for words in BAD:
        if words in log:
            return f"said: {words}"
    if f", {smp} cpus" not in log:
        return "not with all vCPUs"
    if "dom0 enters ACPI state S5" not in log:
        return "no power-off"
    try:
        devices.check(log)
    except AssertionError as error:
        return str(error).splitlines()[0]
    return ""


def progress(m: Machine, pattern: str) -> bool:
    """Until the log matches. False: QEMU has ended, or has said nothing for
    PATIENCE seconds."""
    while True:
        before = len(m.log)
        try:
            m.wait(pattern, PATIENCE)
            return True
        except AssertionError:
            if not m.running() or len(m.log) == before:
                return False


def watch(m: Machine) -> str:
    """To the end of its jobs, helped on if need be: EMULATOR, another outcome,
    or nothing."""
    outcome = ""
    while not progress(m, "JOBS DONE failed=0"):
        if not m.running():
            return "QEMU has ended"
        seen = free(m, r"\n", len(m.log))
        print(f"  {seen}", flush=True)
        if not seen.startswith(STALE) or outcome:
            return seen
        outcome = EMULATOR
    return outcome


def one(sched: str, smp: int, folder: pathlib.Path,
        emulation: str = PARALLEL) -> tuple[str, str]:
    """A boot: its outcome, and the console."""
    threads = (("-accel", "tcg,thread=multi") if emulation == PARALLEL
               else ONE_THREAD)
    devices = Devices(folder, ("vda",), ())
    with boot(devices.jobs() + " drivers=virtio_pci:virtio_blk", smp=smp,
              hypervisor=f"sched={sched}",
              extra=(*threads, *devices.arguments())) as m:
        outcome = watch(m)
        if outcome not in ("", EMULATOR):
            return outcome, m.log
        try:
            log = m.wait_end(PATIENCE)
        except AssertionError:
            return "no power-off: " + free(m, r"\n", len(m.log)), m.log
    fault = fault_of(log, devices, smp)
    if outcome:
        return outcome + (f"; then {fault}" if fault else ""), log
    return fault or PASS, log


def read(file: pathlib.Path) -> list[list[str]]:
    """All its lines but the first."""
    if not file.exists():
        return []
    with file.open(newline="") as lines:
        return [line for line in csv.reader(lines) if line][1:]


def write(file: pathlib.Path, lines: list[list[str]]) -> None:
    """The whole file, in place of the old one."""
    new = file.with_suffix(".new")
    with new.open("w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([HEAD, *lines])
    new.replace(file)


def tally(lines: list[list[str]]) -> str:
    """A line for each scheduler: passes, the emulator's hangs, failures, and
    the longest row of passes."""
    text = [f"{'scheduler':10} {'boots':>6} {'passed':>7} {'emulator':>9} "
            f"{'failed':>7} {'longest row':>12}"]
    for sched in dict.fromkeys(line[1] for line in lines):
        outcomes = [line[-1] for line in lines if line[1] == sched]
        passed = outcomes.count(PASS)
        emulator = outcomes.count(EMULATOR)
        row = max(len(list(group)) * (outcome == PASS)
                  for outcome, group in itertools.groupby(outcomes))
        text.append(f"{sched:10} {len(outcomes):6} {passed:7} {emulator:9} "
                    f"{len(outcomes) - passed - emulator:7} {row:12}")
    return "\n".join(text)


def main() -> int:
    """The boots that are missing; 0 when all there are have passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boots", type=int, default=50)
    parser.add_argument("--schedulers", default=SCHEDULERS)
    parser.add_argument("--smp", type=int, default=4)
    parser.add_argument("--one-thread", action="store_true")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--out", type=pathlib.Path,
                        default=ROOT / "results/dom0/boots.csv")
    options = parser.parse_args()
    end = time.monotonic() + options.minutes * 60
    image = (BUILD / "metronome32").read_bytes()
    hypervisor = hashlib.sha256(image).hexdigest()[:16]
    emulation = IN_TURN if options.one_thread else PARALLEL
    kind = [hypervisor, str(options.smp), emulation]
    lines = read(options.out)
    done = {tuple(line[:5]) for line in lines}
    (BUILD / "boots").mkdir(exist_ok=True)
    for number, sched in itertools.product(range(1, options.boots + 1),
                                           options.schedulers.split(":")):
        key = (hypervisor, sched, str(options.smp), emulation, str(number))
        if key in done or time.monotonic() > end:
            continue
        with tempfile.TemporaryDirectory() as folder:
            outcome, log = one(sched, options.smp, pathlib.Path(folder),
                               emulation)
        print(f"{sched} {number}: {outcome}", flush=True)
        if outcome != PASS:
            (BUILD / f"boots/{sched}-{number}.log").write_text(log)
        lines.append([*key, outcome])
        write(options.out, lines)
    mine = [line for line in lines if [line[0], *line[2:4]] == kind]
    print(tally(mine))
    return int(any(line[-1] != PASS for line in mine))


if __name__ == "__main__":
    sys.exit(main())
