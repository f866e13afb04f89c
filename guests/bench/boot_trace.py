#!/usr/bin/python3
"""What does the trace cost a boot of Debian's kernel as dom0?

Usage: boot_trace.py BUILD [--sched NAME:...] [--smp N:...] [--mask MASK]
                     [--above PERCENT]

The same boot (boot_linux.py) twice, in QEMU with one instruction per ns: with
the classes of MASK recorded (all of them, if none is given), and with none. The
figure is what the first executes more; it repeats exactly. The rings are large
enough to hold all of it: nothing is lost. They are read afterwards, out of the
machine's memory: which events there are, and what the checker says.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from guests.bench.boot_linux import Run               # noqa: E402

PAGES = 16384  # of each ring: 64 MiB


def traced(run: Run, mask: str, ram: pathlib.Path) -> int:
    """Instructions of a boot whose memory stays in a file."""
    run.more = f"tbuf_size={PAGES} tevt_mask={mask}"
    run.extra = ["-machine", "memory-backend=ram", "-object",
                 f"memory-backend-file,id=ram,size={run.memory},share=on,"
                 f"mem-path={ram}"]
    log = run.build / f"bench/boot-trace-{run.sched}-{run.cpus}-{mask}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    figure = run.measure(log)
    if isinstance(figure, str):
        raise SystemExit(f"boot_trace.py: {run.sched}, {run.cpus} CPUs: "
                         f"{figure}")
    return figure


def show_records(build: pathlib.Path, ram: pathlib.Path, most: int) -> int:
    """The most frequent events, what the checker says; how many records."""
    tool, trace = build / "xentrace", ram.with_name("trace")
    for words in (["record", "--ram", ram, trace], ["check", trace]):
        done = subprocess.run([tool, *words], text=True, check=False,
                              capture_output=True)
        print("  " + (done.stdout + done.stderr).strip().replace("\n", "\n  "))
        if done.returncode:
            raise SystemExit(f"xentrace {words[0]}: {done.returncode}")
    lines = subprocess.run([tool, "stats", trace], text=True, check=True,
                           capture_output=True).stdout.splitlines()
    found = re.search(r": (\d+) records, (\d+) lost", lines[0])
    if not found or int(found[2]):
        raise SystemExit(f"boot_trace.py: {lines[0]}")
    for line in lines[2:3 + most]:
        print(f"  {line}")
    return int(found[1])


def measure(run: Run, mask: str) -> float:
    """Percent more with the trace on."""
    with tempfile.TemporaryDirectory(prefix="boot-trace-") as folder:
        ram = pathlib.Path(folder) / "ram"
        off = traced(run, "0", ram)
        ram.unlink()
        on = traced(run, mask, ram)
        print(f"{run.sched}, {run.cpus} CPUs:")
        records = show_records(run.build, ram, 12)
    percent = (on / off - 1) * 100
    print(f"  {off:,} instructions without, {on:,} with: {percent:.2f} % more, "
          f"{(on - off) / records:.0f} for each of {records:,} records",
          flush=True)
    return percent


def main() -> int:
    """0: no boot costs more than the limit; 1: one does."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--sched", default="bvt")
    parser.add_argument("--smp", default="1")
    parser.add_argument("--mask", default="0xffff000")
    parser.add_argument("--above", type=float, default=5.0)
    options = parser.parse_args()
    worst = 0.0
    for sched in options.sched.split(":"):
        for cpus in options.smp.split(":"):
            run = Run(options.build, options.build / "metronome32", sched,
                      int(cpus), 600.0, memory="2G")
            worst = max(worst, measure(run, options.mask))
    print(f"the worst: {worst:.2f} %; at most {options.above:.0f} %: "
          f"{'yes' if worst <= options.above else 'NO'}")
    return int(worst > options.above)


if __name__ == "__main__":
    sys.exit(main())
