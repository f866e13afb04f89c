#!/usr/bin/python3
"""How many instructions Debian's kernel needs to boot as dom0, beside Xen's.

Usage: boot_linux.py BUILD [--only NAME] [--smp N:N...] [--out FILE.csv]

The same kernel and initramfs under Xen 4.17 and under Metronome, in QEMU with
one instruction per ns, from the loader's jump to the hypervisor until the first
program of user land runs (guests/linux/init, then tsc.c). The figure is virtual
time: what was executed by all processors in turn, and what they waited
together. It repeats exactly. The bar is the better of Xen's two.
"""
import argparse
import csv
import dataclasses
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from guests.bench.bench import show                   # noqa: E402
from guests.host.boot import Boot, reference_xen      # noqa: E402

SCHEDULERS = {"xen": ("credit", "credit2"),
              "metronome": ("rr", "bvt", "sedf", "credit", "credit2", "fbvt",
                            "rtds", "rtxen", "null")}


@dataclasses.dataclass
class Run:
    """One hypervisor with one scheduler on so many CPUs."""

    build: pathlib.Path
    hypervisor: pathlib.Path
    sched: str
    cpus: int
    limit: float
    memory: str = "1G"
    more: str = ""       # arguments of the hypervisor
    extra: list[str] = dataclasses.field(default_factory=list)  # of QEMU

    def boot(self, until: str) -> Boot:
        """The boot that both measurements share."""
        linux = self.build / "guests/linux"
        return Boot(self.hypervisor,
                    f"dom0_mem=512M sched={self.sched} {self.more}".strip(),
                    [(linux / "vmlinuz", "console=hvc0 job=tsc"),
                     (linux / "boot.img", "")], cpus=self.cpus,
                    memory=self.memory, limit=self.limit, until=until,
                    extra=self.extra)

    def measure(self, log: pathlib.Path) -> int | str:
        """Instructions to user land, or why there is no figure."""
        console = self.boot(r"TSC [0-9a-f]{16}").run()
        log.write_text("\n".join(console.lines) + "\n")
        end = console.find(r"TSC ([0-9a-f]{16})")
        if end is None:
            why = "time ran out" if console.expired else "it ended"
            return f"no user land: {why}; see {log}"
        if not console.find(f"LINUX UP: .*, {self.cpus} cpus"):
            return f"not with {self.cpus} processors; see {log}"
        boot = self.boot(r"probe: tsc=")
        boot.hypervisor = self.build / "guests/bench-probe"
        begin = boot.run().find(r"probe: tsc=([0-9a-f]+)")
        if begin is None:
            return "the probe said nothing"
        return int(end[1], 16) - int(begin[1], 16)


def hypervisors(build: pathlib.Path) -> dict[str, pathlib.Path]:
    """What there is to boot."""
    found = {}
    xen = reference_xen(build / "bench")
    if xen:
        found["xen"] = xen
    else:
        print("Debian's Xen is not here: apt-get install "
              "xen-hypervisor-4.17-amd64")
    return found | {"metronome": build / "metronome32"}


def table(figures: dict[tuple[str, int], int | str],
          counts: list[int]) -> list[list[str]]:
    """Rows of text; `met` says whether we need no more than Xen."""
    lines = [["virtual instructions to dom0's user land",
              *[word for n in counts for word in (f"-smp {n}", "ratio", "met")]
              ]]
    for name in dict.fromkeys(name for name, _ in figures):
        line = [name]
        for n in counts:
            mine = figures.get((name, n), "n/a")
            xen = [f for (other, k), f in figures.items()
                   if k == n and other.startswith("xen")
                   and isinstance(f, int)]
            if isinstance(mine, str):
                line += [mine, "", ""]
            elif name.startswith("xen") or not xen:
                line += [f"{mine:,}", "", ""]
            else:
                line += [f"{mine:,}", f"{mine / min(xen):.3f}",
                         "yes" if mine <= min(xen) else "NO"]
        lines.append(line)
    return lines


def main() -> int:
    """Boot them all, print the table, keep it; 1 if a bar is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--only", default="", help="names that match this")
    parser.add_argument("--smp", default="1:4", help="CPUs, colons between")
    parser.add_argument("--limit", type=float, default=600.0,
                        help="seconds for each boot")
    parser.add_argument("--out", type=pathlib.Path, help="the table as CSV")
    options = parser.parse_args()
    counts = [int(word) for word in options.smp.split(":")]
    directory = options.build / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    figures: dict[tuple[str, int], int | str] = {}
    for kind, image in hypervisors(options.build).items():
        for sched in SCHEDULERS[kind]:
            name = f"{kind}-{sched}"
            for n in counts if re.search(options.only, name) else []:
                print(f"booting {name} on {n} ...", flush=True)
                run = Run(options.build, image, sched, n, options.limit)
                figures[name, n] = run.measure(
                    directory / f"boot-{name}-{n}.log")
    lines = table(figures, counts)
    text = show(lines)
    if options.out:
        with options.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [word.replace(",", "") for word in line] for line in lines)
    print("\n" + text)
    (directory / "boot.txt").write_text(text + "\n")
    return int("NO" in text.split() or "no user land" in text)


if __name__ == "__main__":
    sys.exit(main())
