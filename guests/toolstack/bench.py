#!/usr/bin/python3
"""`xl create`, and disk and network of a guest by the split drivers, on Xen
4.17 and on Metronome: one table.

Usage: bench.py BUILD [--only NAME] [--rows WORD] [--boots N] [--out FOLDER]

QEMU counts instructions, one is one nanosecond of one processor, and time that
nobody uses is skipped (`-icount shift=0,sleep=off`), so a run repeats exactly;
the disk has no content and completes at once, and the network ends in dom0. A
figure is what the processor lets through in a virtual second: dom0, back-end,
front-end and hypervisor together. A second boot starts its jobs a little later,
so that its figures are other ones. docs: guests/toolstack/README.md.
"""
import argparse
import csv
import dataclasses
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

# pylint: disable=wrong-import-position
from guests.dom0.bench import fio_figure, show      # noqa: E402
from guests.host.boot import Boot, Console, reference_xen  # noqa: E402

TIMES = 3  # of xl create; the first has dom0's caches to fill
# Of each disk's row half a second and more, for fio counts whole ms.
DISK = (("randread", "4k", 1, 32), ("randread", "4k", 16, 64),
        ("randwrite", "4k", 16, 64), ("read", "128k", 4, 1024))
# By time, not by bytes: a sender of iperf3's that has sent its bytes asks
# select() in a loop until the other end has them all, and takes the processor
# from that end. How TCP falls into step with both ends is another each time, so
# there are several flows, and their median counts.
SECONDS, ROUNDS, FLOWS = 1, 500, 5


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure: more is better if it is a rate, else less."""

    name: str
    unit: str
    rate: bool = True


CREATE = [Row(f"xl create to user land, {n + 1}", "ms", False)
          for n in range(TIMES)]
DISKS = [Row(f"disk {kind} {block} x{depth}", "MiB/s")
         for kind, block, depth, _ in DISK]
NET = [Row("network, guest to dom0", "MiB/s"),
       Row("network, dom0 to guest", "MiB/s"),
       Row("a byte to dom0 and back", "rounds/s")]
GROUPS = {"create": (f"job=create:{TIMES}", CREATE),
          "disk": ("job=disk:" + ":".join(
              f"{kind}/{block}/{depth}/{mib}M"
              for kind, block, depth, mib in DISK), DISKS),
          "net": (f"job=net:{SECONDS}:{ROUNDS}:{FLOWS}", NET)}


Samples = dict[str, list[float]]  # of each row


def created(text: str) -> list[list[float]]:
    """ms from before `xl create` to the guest's first program, each time."""
    pairs = re.findall(r"^FROM TSC ([0-9a-f]{16})\n(?:.*\n)*?TSC "
                       r"([0-9a-f]{16})$", text, re.M)
    return [[(int(end, 16) - int(begin, 16)) / 1e6] for begin, end in pairs]


def disks(text: str) -> list[list[float]]:
    """MiB/s of each."""
    return [[fio_figure(line)]
            for line in re.findall(r"^FIO (\S+)", text, re.M)]


def networks(text: str) -> list[list[float]]:
    """MiB/s there and back, of each flow; then rounds in a second."""
    rates = [float(rate) * 1000 / 8 / (1 << 20) for rate in
             re.findall(r"([\d.]+) Kbits/sec.*receiver", text)]
    if len(rates) != 2 * FLOWS:
        return []
    found = [rates[way::2] for way in (0, 1)]
    for line in re.findall(r"^FIO (\S+)", text, re.M):
        runtime = float(line.split(";")[49])  # ms of the writer
        found.append([ROUNDS / runtime * 1000 if runtime else 0.0])
    return found


READ = {"create": created, "disk": disks, "net": networks}


def figures(console: Console, groups: list[str]) -> Samples:
    """Of every group that came to its end."""
    parts = "\n".join(console.lines).split("JOB BEGIN ")[1:]
    found: Samples = {}
    for part in parts:
        name = part.split()[0]
        if name in groups and f"JOB END {name} status=0" in part:
            rows = GROUPS[name][1]
            values = READ[name](part)
            if len(values) == len(rows):
                found |= dict(zip((row.name for row in rows), values))
    return found


def measure(hypervisor: pathlib.Path, build: pathlib.Path, groups: list[str],
            number: int, log: pathlib.Path) -> Samples:
    """Boot `number` with all groups."""
    jobs = " ".join(GROUPS[name][0] for name in groups)
    linux = build / "guests/linux"
    console = Boot(hypervisor, "dom0_mem=640M,max:640M sched=credit",
                   [(linux / "vmlinuz", "console=hvc0 null_blk.irqmode=0 "
                     f"null_blk.gb=1 job=daemons job=sleep:0.00{number} {jobs}"
                     ), (linux / "benchdom0.img", "")], memory="1536M",
                   limit=3600, until="JOBS DONE", extra=["-net", "none"]).run()
    log.write_text("\n".join(console.lines) + "\n")
    return figures(console, groups)


def cell(values: list[float]) -> tuple[str, str]:
    """The median, and from which to which they are."""
    if not values:
        return "n/a", "n/a"
    return (f"{statistics.median(values):.2f}",
            f"{min(values):.2f} to {max(values):.2f}" if len(values) > 1
            else "")


def table(rows: list[Row], told: dict[str, Samples]) -> list[list[str]]:
    """A line for each row: both medians, how many times as good ours is, how
    many figures each is the median of, and their ranges."""
    lines = [["row", "unit", "Xen 4.17", "Metronome", "times as good",
              "figures each", "Xen 4.17 from to", "Metronome from to"]]
    for row in rows:
        both = [told.get(name, {}).get(row.name, [])
                for name in ("xen", "metronome")]
        ratio = "n/a"
        if all(both):
            xen, ours = map(statistics.median, both)
            ratio = f"{ours / xen if row.rate else xen / ours:.3f}"
        (xen_cell, xen_range), (our_cell, our_range) = map(cell, both)
        lines.append([row.name, row.unit, xen_cell, our_cell, ratio,
                      str(min(map(len, both)) if all(both)
                          else max(map(len, both))), xen_range, our_range])
    return lines


def main() -> int:
    """Boot both, print the table, keep it as CSV; 1 where a figure lacks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--only", default="", help="xen or metronome")
    parser.add_argument("--rows", default="create,disk,net", help="groups")
    parser.add_argument("--boots", type=int, default=1,
                        help="of each, alternately")
    parser.add_argument("--out", type=pathlib.Path,
                        default=ROOT / "results/toolstack")
    options = parser.parse_args()
    groups = options.rows.split(",")
    folder = options.build / "bench-toolstack"
    xen = reference_xen(folder)
    if xen is None:
        sys.exit("bench-toolstack: Debian's Xen is not here: apt-get install "
                 "xen-hypervisor-4.17-amd64")
    told: dict[str, Samples] = {}
    for number in range(options.boots):
        for name, hypervisor in (("xen", xen),
                                 ("metronome", options.build / "metronome32")):
            if options.only in ("", name):
                print(f"{name} {number + 1} ...", flush=True)
                one = measure(hypervisor, options.build, groups, number,
                              folder / f"{name}-{number + 1}.log")
                for row_name, values in one.items():
                    told.setdefault(name, {}).setdefault(row_name, []) \
                        .extend(values)
    rows = [row for name in groups for row in GROUPS[name][1]]
    lines = table(rows, told)
    print(show(lines))
    if not options.only:
        options.out.mkdir(parents=True, exist_ok=True)
        with (options.out / "bench.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
    wanted = [options.only] if options.only else ["xen", "metronome"]
    missing = [f"{name}: {row.name}" for name in wanted for row in rows
               if not told.get(name, {}).get(row.name)]
    if missing:
        print("\n".join(["no figure of", *missing, f"{folder}/*.log say why"]))
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
