#!/usr/bin/python3
"""fio and iperf3 on dom0's devices, on Xen 4.17 and on Metronome: one table.

Usage: bench.py BUILD [--real N] [--scale N] [--rows WORD] [--out FOLDER]

Default: QEMU counts instructions, one is one nanosecond, and a CPU that waits
lets real time pass (`-icount shift=0,sleep=on`); disks are of no content and
complete at once, networks are two ends of one hub. So a figure is what the
machine's CPU lets through: bytes for each virtual second. --real N: N pairs of
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


@dataclasses.dataclass(frozen=True)
class Row:
    """One measurement: its name, and the guest's job."""

    name: str
    job: str


def disk_rows(scale: int) -> list[Row]:
    """fio, past the cache: reads and writes, one and many at a time."""
    rows = []
    for disk in DISKS:
        for kind, block, depth, mib in (("randread", "4k", 1, 4),
                                        ("randread", "4k", 16, 8),
                                        ("randwrite", "4k", 16, 8),
                                        ("read", "128k", 4, 256)):
            rows.append(Row(f"{LABELS[disk]} {kind} {block} x{depth}",
                            f"job=fio:{disk}:{kind}:{block}:{depth}:"
                            f"{mib * scale}M"))
    return rows


def hub_rows(scale: int) -> list[Row]:
    """iperf3 from one network to the other, both ways."""
    job = f"job=iperf:eth0:eth1:{24 * scale}M"
    return [Row(f"{LABELS['eth0']} to {LABELS['eth1']}", job),
            Row(f"{LABELS['eth1']} to {LABELS['eth0']}", f"{job}:-R")]


def host_rows(scale: int) -> list[Row]:
    """iperf3 with a server on the host, by QEMU's user network."""
    rows = []
    for name in ("eth0", "eth1"):
        for words, way in (("", "out"), (":-R", "in")):
            rows.append(Row(f"{LABELS[name]} {way}",
                            f"job=iperf_out:{24 * scale}M:{PORT}:{name}"
                            f"{words}"))
    return rows


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
        more = "" if real or number == 0 else ",ioeventfd=off"
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


def figures(console: Console, rows: list[Row]) -> dict[str, float]:
    """MiB/s of each row that came to its end."""
    text = "\n".join(console.lines)
    found = {}
    parts = text.split("JOB BEGIN ")[1:]
    for row, part in zip(rows, parts):
        if "status=0" not in part:
            continue
        if fio := re.search(r"^FIO (\S+)", part, re.M):
            found[row.name] = fio_figure(fio[1])
        elif rate := re.search(r"([\d.]+) Kbits/sec.*receiver", part):
            found[row.name] = float(rate[1]) * 1000 / 8 / (1 << 20)
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


def measure(hypervisor: pathlib.Path, build: pathlib.Path, rows: list[Row],
            real: bool, log: pathlib.Path) -> dict[str, float]:
    """One boot with all rows."""
    jobs = " ".join(row.job for row in rows)
    boot = Boot(hypervisor, "dom0_mem=512M sched=credit",
                [(build / "guests/linux/vmlinuz", f"console=hvc0 {jobs}"),
                 (build / "guests/linux/devices.img", "")],
                cpus=2 if real else 1, memory="1G", limit=1500,
                until="JOBS DONE", deterministic=False,
                extra=["-net", "none", *([] if real else ICOUNT),
                       *devices(log.parent, real)])
    console = boot.run()
    log.write_text("\n".join(console.lines) + "\n")
    return figures(console, rows)


def median(values: list[float]) -> float | None:
    """None of none."""
    return statistics.median(values) if values else None


def table(rows: list[Row], runs: dict[str, list[dict[str, float]]]
          ) -> list[list[str]]:
    """A line for each row: both medians, their ratio, the ratio's range."""
    lines = [["row", "Xen 4.17 MiB/s", "Metronome MiB/s", "ratio", "range"]]
    for row in rows:
        found = {name: [run[row.name] for run in of if row.name in run]
                 for name, of in runs.items()}
        xen, ours = (median(found[name]) for name in ("xen", "metronome"))
        pairs = sorted(b / a for a, b in zip(found["xen"],
                                             found["metronome"]))
        lines.append([row.name] + ["n/a" if value is None else f"{value:.2f}"
                                   for value in (xen, ours)]
                     + [f"{ours / xen:.2f}" if xen and ours else "n/a",
                        f"{pairs[0]:.2f} to {pairs[-1]:.2f}" if pairs else ""])
    return lines


def show(lines: list[list[str]]) -> str:
    """Columns."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join([line[0].ljust(widths[0])] + [
        word.rjust(width) for word, width in zip(line[1:], widths[1:])])
        for line in lines)


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
    runs: dict[str, list[dict[str, float]]] = {"xen": [], "metronome": []}
    kind = "real" if real else "virtual"
    with server(real):
        for number in range(options.real or options.pairs):
            for name, hypervisor in (("xen", xen), ("metronome",
                                     options.build / "metronome32")):
                print(f"{kind} {number + 1}: {name} ...", flush=True)
                log = folder / f"{kind}-{number + 1}-{name}.log"
                runs[name].append(measure(hypervisor, options.build, rows,
                                          real, log))
    lines = table(rows, runs)
    print(show(lines))
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / f"{kind}.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    missing = [row.name for row in rows
               for of in runs.values() if any(row.name not in run
                                              for run in of)]
    if missing:
        sys.exit(f"bench-dom0: no figure of {', '.join(sorted(set(missing)))}:"
                 f" {folder}/*.log say why")
    return 0


if __name__ == "__main__":
    sys.exit(main())
