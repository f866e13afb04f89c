#!/usr/bin/python3
"""fio and iperf3 on dom0's devices, on Xen 4.17 and on Metronome: one table.

Usage: bench.py BUILD [--real N] [--scale N] [--rows WORD] [--out FOLDER]

Default: QEMU counts instructions, one is one nanosecond, and a CPU that waits
lets real time pass (`-icount shift=0,sleep=on`); disks are of no content and
complete at once, networks are two ends of one hub. Two
figures of each row: MiB for each virtual second, waiting included; and what a
MiB costs, in instructions of dom0, its programs and the hypervisor together,
waiting not included (the hypervisor's own account of idle time; the difference
of two sizes, so that a program's start does not count). --real N: N pairs of
boots in real time, alternately Xen and Metronome, disks being files and one end
of the network the host; medians. docs: guests/dom0/README.md.
"""
import argparse
import contextlib
import csv
import dataclasses
import pathlib
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

# pylint: disable=wrong-import-position
from guests.host.boot import Boot, Console, reference_xen  # noqa: E402

ICOUNT = ["-icount", "shift=0,sleep=on", "-rtc",
          "base=2026-01-01T00:00:00,clock=vm", "-seed", "1"]
DISKS = {"vda": "virtio-blk-pci,drive=vda{}", "sda": "ide-hd,drive=sda",
         "nvme0n1": "nvme,drive=nvme0n1,serial=1"}
LABELS = {"vda": "virtio-blk", "sda": "AHCI", "nvme0n1": "NVMe",
          "eth0": "e1000", "eth1": "virtio-net"}
PORT = 52017


MORE = 5                         # the second size is so many times the first


@dataclasses.dataclass(frozen=True)
class Row:
    """One measurement: its name, the guest's job for so many MiB, or s."""

    name: str
    job: str
    size: int
    unit: str = "M"

    def jobs(self, real: bool) -> list[str]:
        """Both sizes; the larger one only, in real time."""
        sizes = (self.size,) if real else (self.size, MORE * self.size)
        return [self.job.format(f"{size}{self.unit}") for size in sizes]


@dataclasses.dataclass(frozen=True)
class Figure:
    """Of one row in one boot."""

    rate: float                  # MiB/s
    cost: float = 0.0            # instructions for a KiB
    busy: float = 0.0            # part of the time


def disk_rows(scale: int) -> list[Row]:
    """fio, past the cache: reads and writes, one and many at a time."""
    rows = []
    for disk in DISKS:
        for kind, block, depth, mib in (("randread", "4k", 1, 4),
                                        ("randread", "4k", 16, 8),
                                        ("randwrite", "4k", 16, 8),
                                        ("read", "128k", 4, 256)):
            rows.append(Row(f"{LABELS[disk]} {kind} {block} x{depth}",
                            f"job=fio:{disk}:{kind}:{block}:{depth}:{{}}",
                            mib * scale))
    return rows


def hub_rows(scale: int) -> list[Row]:
    """iperf3 from one network to the other, both ways. By time: a sender of
    iperf3's that has sent its bytes asks select() in a loop until the other end
    has them all, and takes the processor from that end."""
    job = "job=iperf:eth0:eth1:{}"
    return [Row(f"{LABELS['eth0']} to {LABELS['eth1']}", job, scale, ""),
            Row(f"{LABELS['eth1']} to {LABELS['eth0']}", f"{job}:-R", scale,
                "")]


def host_rows(scale: int) -> list[Row]:
    """iperf3 with a server on the host, by QEMU's user network."""
    rows = []
    for name in ("eth0", "eth1"):
        for words, way in (("", "out"), (":-R", "in")):
            rows.append(Row(f"{LABELS[name]} {way}",
                            f"job=iperf_out:{{}}:{PORT}:{name}{words}",
                            24 * scale))
    return rows


# virtio-net sends at once what it is told to (1 us of virtual time later), in
# the CPU's own thread. By default another thread of QEMU's does, which the
# guest's interrupts then race with: how many packets come with one of them was
# decided by the host.
SENDS = ",ioeventfd=off,tx=timer,x-txtimer=1000"


def devices(folder: pathlib.Path, real: bool) -> list[str]:
    """QEMU's. In instructions, what the device does is done at once."""
    words: list[str] = []
    for name, device in DISKS.items():
        drive = "driver=null-co,size=1G,read-zeroes=on"
        if real:
            file = folder / f"{name}.disk"
            file.touch()
            subprocess.run(["truncate", "-s", "1G", str(file)], check=True)
            drive = f"file={file},format=raw,cache=none"
        words += ["-drive", f"{drive},if=none,id={name}", "-device",
                  device.format("" if real else ",ioeventfd=off")]
    for number, (name, device) in enumerate(
            (("eth0", "e1000"), ("eth1", "virtio-net-pci"))):
        kind = "user" if real else "hubport,hubid=0"
        more = "" if real or number == 0 else SENDS
        words += ["-netdev", f"{kind},id={name}", "-device",
                  f"{device},netdev={name}{more}"]
    return words


def fio_figure(line: str) -> float:
    """MiB/s of fio's terse line: the direction that moved anything."""
    words = line.split(";")
    for total, runtime in ((5, 8), (46, 49)):
        if int(words[total]):
            return float(words[total]) / 1.024 / float(words[runtime])
    raise ValueError(line)


def received(part: str) -> tuple[int, float] | None:
    """Bytes and seconds, by iperf3's JSON."""
    said = re.search(r'"sum_received":\s*{[^}]*"seconds":\s*([\d.]+),\s*'
                     r'"bytes":\s*(\d+)', part)
    return (int(said[2]), float(said[1])) if said else None


def rate_of(part: str) -> float | None:
    """MiB/s that a job said."""
    if "status=0" not in part:
        return None
    if moved := received(part):
        return moved[0] / moved[1] / (1 << 20)
    if fio := re.search(r"^FIO (\S+)", part, re.M):
        return fio_figure(fio[1])
    if rate := re.search(r"([\d.]+) Kbits/sec.*receiver", part):
        return float(rate[1]) * 1000 / 8 / (1 << 20)
    return None


def spent(part: str) -> tuple[int, int]:
    """Of a job: instructions, and ns with those that were waited."""
    words = re.findall(r"^CPUTIME (\d+) (\d+)", part, re.M)
    (begin, idle), (end, idle_then) = [map(int, word) for word in words]
    return end - begin - (idle_then - idle), end - begin


def kib(part: str, mib: int) -> float:
    """What a job moved, as it says itself or as it was told to."""
    moved = received(part)
    return moved[0] / 1024 if moved else mib * 1024


def figures(console: Console, rows: list[Row], real: bool
            ) -> dict[str, Figure]:
    """Of each row that came to its end."""
    parts = iter("\n".join(console.lines).split("JOB BEGIN ")[2:])  # the sleep
    found = {}
    for row in rows:
        mine = [next(parts, "") for _ in row.jobs(real)]
        rates = [rate_of(part) for part in mine]
        if None in rates:
            continue
        rate = rates[-1] or 0.0
        if real:
            found[row.name] = Figure(rate)
            continue
        (few, _), (many, elapsed) = map(spent, mine)
        cost = (many - few) / (kib(mine[1], MORE * row.size) -
                               kib(mine[0], row.size))
        found[row.name] = Figure(rate, cost, many / elapsed)
    return found


@contextlib.contextmanager
def server(wanted: bool) -> Iterator[None]:
    """iperf3's, on the loopback interface, while this lasts."""
    if not wanted:
        yield
        return
    with subprocess.Popen(["iperf3", "-s", "-B", "127.0.0.1", "-p", str(PORT)],
                          stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


def measure(hypervisor: pathlib.Path, options: argparse.Namespace,
            rows: list[Row], number: int, log: pathlib.Path
            ) -> dict[str, Figure]:
    """Boot `number` with all rows: its jobs begin a little later."""
    build, real = options.build, options.real > 0
    jobs = " ".join([f"job=sleep:0.00{number}"] +
                    [job for row in rows for job in row.jobs(real)])
    boot = Boot(hypervisor, "dom0_mem=512M sched=credit",
                [(build / "guests/linux/vmlinuz", f"console=hvc0 {jobs}"),
                 (build / "guests/linux/devices.img", "")],
                cpus=2 if real else 1, cpu=options.cpu, memory="1G", limit=3000,
                until="JOBS DONE", deterministic=False,
                extra=["-net", "none", *([] if real else ICOUNT),
                       *devices(log.parent, real)])
    console = boot.run()
    log.write_text("\n".join(console.lines) + "\n")
    return figures(console, rows, real)


Runs = dict[str, list[dict[str, Figure]]]


def compare(runs: Runs, row: Row, field: str) -> list[str]:
    """Both medians; ours to Xen's, the larger the better; its range."""
    pairs = [(getattr(a[row.name], field), getattr(b[row.name], field))
             for a, b in zip(runs["xen"], runs["metronome"])
             if row.name in a and row.name in b]
    if not pairs:
        return ["n/a"] * 4
    ratios = sorted(a / b if field == "cost" else b / a for a, b in pairs)
    xen, ours = (statistics.median(column) for column in zip(*pairs))
    return [f"{xen:.2f}", f"{ours:.2f}", f"{statistics.median(ratios):.3f}",
            f"{ratios[0]:.3f} to {ratios[-1]:.3f}"]


def busy(runs: Runs, row: Row) -> list[str]:
    """The part of the time in which the CPU did anything."""
    return [f"{statistics.median(parts):.0%}" if (parts := [
        run[row.name].busy for run in runs[name] if row.name in run])
        else "n/a" for name in ("xen", "metronome")]


def table(rows: list[Row], runs: Runs, real: bool) -> list[list[str]]:
    """A line for each row."""
    head = ["row", "Xen 4.17 MiB/s", "Metronome MiB/s", "ratio", "range"]
    if not real:
        head += ["Xen 4.17 instr/KiB", "Metronome instr/KiB", "ratio", "range",
                 "Xen 4.17 busy", "Metronome busy"]
    lines = [head]
    for row in rows:
        line = [row.name, *compare(runs, row, "rate")]
        if not real:
            line += [*compare(runs, row, "cost"), *busy(runs, row)]
        lines.append(line)
    return lines


def show(lines: list[list[str]]) -> str:
    """Columns."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join([line[0].ljust(widths[0])] + [
        word.rjust(width) for word, width in zip(line[1:], widths[1:])])
        for line in lines)


def keep(file: pathlib.Path, lines: list[list[str]]) -> None:
    """The table so far, as CSV."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as output:
        csv.writer(output, lineterminator="\n").writerows(lines)


def main() -> int:
    """Boot alternately, print the table, keep it as CSV."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--real", type=int, default=0, metavar="PAIRS",
                        help="in real time, that many pairs of boots")
    parser.add_argument("--pairs", type=int, default=1,
                        help="pairs of boots in virtual time")
    parser.add_argument("--scale", type=int, default=1,
                        help="so many times the usual bytes")
    parser.add_argument("--rows", default="", help="those that contain this")
    parser.add_argument("--cpu", default="max,-smap", help="QEMU's, for both")
    parser.add_argument("--out", type=pathlib.Path,
                        default=ROOT / "results/dom0")
    options = parser.parse_args()
    real = options.real > 0
    folder = options.build / "bench-dom0"
    folder.mkdir(parents=True, exist_ok=True)
    xen = reference_xen(folder)
    if xen is None:
        sys.exit("bench-dom0: Debian's Xen is not here: apt-get install "
                 "xen-hypervisor-4.17-amd64")
    scale = options.scale
    networks = host_rows if real else hub_rows
    rows = [row for row in disk_rows(scale) + networks(scale)
            if options.rows in row.name]
    runs: Runs = {"xen": [], "metronome": []}
    kind = "real" if real else "virtual"
    with server(real):
        for number in range(options.real or options.pairs):
            for name, hypervisor in (("xen", xen), ("metronome",
                                     options.build / "metronome32")):
                print(f"{kind} {number + 1}: {name} ...", flush=True)
                log = folder / f"{kind}-{number + 1}-{name}.log"
                runs[name].append(measure(hypervisor, options, rows,
                                          number, log))
            keep(options.out / f"{kind}.csv", table(rows, runs, real))
    print(show(table(rows, runs, real)))
    missing = [row.name for row in rows
               for of in runs.values() if any(row.name not in run
                                              for run in of)]
    if missing:
        sys.exit(f"bench-dom0: no figure of {', '.join(sorted(set(missing)))}:"
                 f" {folder}/*.log say why")
    return 0


if __name__ == "__main__":
    sys.exit(main())
