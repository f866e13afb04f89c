#!/usr/bin/python3
"""Boot Linux as dom0 again and again with parallel emulation, and keep a tally.

Usage: boots.py [--boots N] [--schedulers NAME:NAME...] [--smp N]
                [--minutes N] [--out FILE.csv]

Each boot: to user land with a vCPU for each of the CPUs, a checked copy on a
virtio disk, power-off; every one is another interleaving. A line of the file is
written after each, so what was stopped goes on where it was: lines of the same
hypervisor are not run again. --minutes: begin no boot after that.

A boot passes, or the line says why not. With a silent guest QEMU is made to
translate everything anew (tests/emulator): if the guest goes on by that, the
emulator is to blame. That is an outcome of its own, never a pass.
"""
import argparse
import csv
import hashlib
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "emulator")]
from machine import BAD, Devices, boot  # noqa: E402
from qemu import BUILD, ROOT, Machine  # noqa: E402
from stuck import STALE, free  # noqa: E402

PASS = "pass"
EMULATOR = "emulator: stale translation, guest went on after a flush"
SCHEDULERS = "rr:bvt:sedf:credit"
HEAD = ["hypervisor", "scheduler", "smp", "boot", "outcome"]
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


def one(sched: str, smp: int, folder: pathlib.Path) -> tuple[str, str]:
    """A boot: its outcome, and the console."""
    devices = Devices(folder, ("vda",), ())
    with boot(devices.jobs() + " drivers=virtio_pci:virtio_blk", smp=smp,
              hypervisor=f"sched={sched}",
              extra=("-accel", "tcg,thread=multi", *devices.arguments())) as m:
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


def read(file: pathlib.Path, hypervisor: str) -> list[list[str]]:
    """The lines of this hypervisor."""
    if not file.exists():
        return []
    with file.open(newline="") as lines:
        return [line for line in csv.reader(lines)
                if line and line[0] == hypervisor]


def write(file: pathlib.Path, lines: list[list[str]]) -> None:
    """The whole file, in place of the old one."""
    new = file.with_suffix(".new")
    with new.open("w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([HEAD, *lines])
    new.replace(file)


def tally(lines: list[list[str]], smp: int) -> str:
    """A line for each scheduler: passes, the emulator's hangs, failures."""
    text = [f"{'scheduler':10} {'boots':>6} {'passed':>7} {'emulator':>9} "
            f"{'failed':>7}"]
    mine = [line for line in lines if line[2] == str(smp)]
    for sched in dict.fromkeys(line[1] for line in mine):
        outcomes = [line[4] for line in mine if line[1] == sched]
        passed = outcomes.count(PASS)
        emulator = outcomes.count(EMULATOR)
        text.append(f"{sched:10} {len(outcomes):6} {passed:7} {emulator:9} "
                    f"{len(outcomes) - passed - emulator:7}")
    return "\n".join(text)


def main() -> int:
    """The boots that are missing; 0 when all there are have passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boots", type=int, default=50)
    parser.add_argument("--schedulers", default=SCHEDULERS)
    parser.add_argument("--smp", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--out", type=pathlib.Path,
                        default=ROOT / "results/dom0/boots.csv")
    options = parser.parse_args()
    end = time.monotonic() + options.minutes * 60
    image = (BUILD / "metronome32").read_bytes()
    hypervisor = hashlib.sha256(image).hexdigest()[:16]
    lines = read(options.out, hypervisor)
    (BUILD / "boots").mkdir(exist_ok=True)
    for number in range(1, options.boots + 1):
        for sched in options.schedulers.split(":"):
            key = [hypervisor, sched, str(options.smp), str(number)]
            if key in [line[:4] for line in lines] or time.monotonic() > end:
                continue
            with tempfile.TemporaryDirectory() as folder:
                outcome, log = one(sched, options.smp, pathlib.Path(folder))
            print(f"{sched} {number}: {outcome}", flush=True)
            if outcome != PASS:
                (BUILD / f"boots/{sched}-{number}.log").write_text(log)
            lines.append([*key, outcome])
            write(options.out, lines)
    print(tally(lines, options.smp))
    return int(any(line[4] != PASS for line in lines))


if __name__ == "__main__":
    sys.exit(main())
