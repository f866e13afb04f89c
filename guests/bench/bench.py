#!/usr/bin/python3
"""Run the bench guest on Xen 4.17 and on Metronome; print one table.

Usage: bench.py BUILD [--only NAME] [--rows GROUPS] [--no-steps]

All in QEMU with `-icount shift=0,sleep=off`: one instruction is one ns, so the
figures are counts of instructions and repeat exactly. The bar is half of the
better of Xen's two figures. A boot that hangs or fails costs its own rows only.
"""
import argparse
import dataclasses
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from guests.bench import steps                        # noqa: E402
from guests.bench.rows import ROWS, Row               # noqa: E402
from guests.host.boot import Boot, Console, reference_xen  # noqa: E402

GROUPS = ("calls:multicall:mmu:faults:user:grants:timer:pingpong:switch:"
          "involuntary:domains:wakeup:weights:equal")
WEIGHTS = {2: 64, 3: 256, 4: 256, 5: 1024}
TRACING = "tbuf_size=1024 tevt_mask=0xfffffff"
HERE = pathlib.Path(__file__).resolve().parent

Values = dict[str, float | str]  # a figure, or why there is none


PEER_GROUPS = {"domains", "wakeup", "weights", "equal", "steps"}


@dataclasses.dataclass
class Target:
    """One hypervisor in one configuration."""

    name: str
    hypervisor: pathlib.Path
    arguments: str
    peers: str           # build or boot
    favour: str = ""     # scheduling parameters of the main guest in `wakeup`

    def boot(self, build: pathlib.Path, rows: str, more: str,
             limit: float, extra: list[str] | None = None) -> Boot:
        """A boot that measures some groups of rows."""
        image = build / "guests/bench"
        peers = self.peers if set(rows.split(":")) & PEER_GROUPS else "none"
        words = f"rows={rows} peers={peers}"
        if rows == "wakeup" and self.favour:
            # dom0 has no parameters: the main guest is a boot-time domain.
            modules = [(image, f"domain name=main mem=16M vcpus=1 "
                        f"{self.favour} -- {words} self=1")]
            modules += [(image, boot_peer(i, 1)) for i in range(1, 6)]
        else:
            modules = [(image, words)]
            if peers == "build":
                modules.append((image, ""))
            elif peers == "boot":
                modules += [(image, boot_peer(i, 0)) for i in range(1, 6)]
        arguments = f"dom0_mem=64M dom0_max_vcpus=32 {self.arguments} {more}"
        return Boot(self.hypervisor, arguments, modules, limit=limit,
                    until="bench: done", extra=extra or [])


def boot_peer(number: int, main: int) -> str:
    """The description of a boot-time peer of domain `main`."""
    vcpus = 16 if number == 1 else 1
    weight = f" weight={WEIGHTS[number]}" if number in WEIGHTS else ""
    return (f"domain name=peer{number} mem=8M vcpus={vcpus}{weight}"
            f" -- role=peer main={main}")


def read_values(console: Console) -> Values:
    """The rows that a console shows."""
    values: Values = {}
    for line in console.lines:
        if match := re.search(r"bench: row=(\w+) value=(-?[\d.]+)", line):
            values[match[1]] = float(match[2])
        elif match := re.search(r'bench: row=(\w+) na="(.*)"', line):
            values[match[1]] = match[2]
        elif match := re.search(r"bench: hz=\d+ entry_tsc=(\d+)", line):
            values["entry_tsc"] = float(match[1])
    return values


def run_groups(target: Target, build: pathlib.Path, log: pathlib.Path,
               groups: str, limit: float) -> Values:
    """All groups; when a boot ends early, the rest in another boot."""
    values: Values = {}
    rest = groups.split(":")
    while rest:
        console = target.boot(build, ":".join(rest), "", limit).run()
        with log.open("a") as file:
            file.write("\n".join(console.lines) + "\n")
        values |= read_values(console)
        if console.find("bench: done"):
            break
        begun = [line.split("=")[-1] for line in console.lines
                 if "bench: group=" in line]
        if not begun:
            why = "hang" if console.expired else "no start"
            return values | {"all": f"{why}: {console.lines[-1:]}"}
        stuck = begun[-1].strip()
        print(f"  {target.name}: group {stuck} did not end; going on after it")
        rest = rest[rest.index(stuck) + 1:] if stuck in rest else []
    return values


def trace_record(target: Target, build: pathlib.Path, plain: Values,
                 limit: float) -> float | str:
    """On Xen a subcall of a multicall writes one record: what does it add? On
    Metronome, which does not trace those, a yield is stepped through."""
    if target.name.startswith("metronome"):
        return steps.record_cost(target, build, TRACING, limit)
    console = target.boot(build, "multicall", TRACING, limit).run()
    traced = read_values(console).get("multicall_null")
    before = plain.get("multicall_null")
    if isinstance(traced, str) or isinstance(before, str) or \
            traced is None or before is None:
        return "multicall not measured"
    return traced - before if traced > before else "no record written"


def probe_entry(target: Target, build: pathlib.Path) -> float | None:
    """The TSC at which the loader enters a multiboot kernel with the same
    modules: what comes later is the hypervisor's own."""
    boot = target.boot(build, "none", "", 20)
    boot.hypervisor = build / "guests/bench-probe"
    boot.until = "probe: tsc="
    match = boot.run().find(r"probe: tsc=([0-9a-f]+)")
    return int(match[1], 16) if match else None


def measure(target: Target, build: pathlib.Path, groups: str,
            limit: float) -> Values:
    """Every row of one target."""
    log = build / "bench" / f"{target.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    apart = "wakeup" if target.favour and "wakeup" in groups else ""
    rest = ":".join(g for g in groups.split(":") if g != apart)
    values = run_groups(target, build, log, rest, limit)
    if apart:
        values |= run_groups(target, build, log, apart, limit)
    if "multicall" in groups:
        values["trace_record"] = trace_record(target, build, values, limit)
    console = target.boot(build, "none", "", limit).run()
    entry = read_values(console).get("entry_tsc")
    probe = probe_entry(target, build)
    if isinstance(entry, float) and probe is not None:
        values["hand_over"] = entry - probe
    return values


def cell(value: float | str | None) -> str:
    """A figure for the table."""
    if value is None:
        return "n/a"
    if isinstance(value, str):
        return f"n/a ({value})"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def verdict(row: Row, xen: list[float], ours: float | str | None) -> list[str]:
    """Ratio, aim, and whether the bar (half of Xen's better) and aim are
    met."""
    aim = row.note or cell(row.aim)
    if not isinstance(ours, float) or not xen:
        return ["", aim, ""]
    ratio = ours / min(xen) if min(xen) else 0.0
    if row.aim is not None and ours <= row.aim:
        met = "aim"
    elif ours * 2 <= min(xen):
        met = "bar"
    else:
        met = "NO"
    return [f"{ratio:.2f}", aim, met]


def table(results: dict[str, Values]) -> list[list[str]]:
    """The table, as rows of text."""
    ours = [name for name in results if name.startswith("metronome")]
    lines = [["operation", *results, "ratio", "aim", "met"]]
    for row in ROWS:
        xen = [v for name, values in results.items() if name not in ours
               and isinstance(v := values.get(row.key), float)]
        mine = results[ours[0]].get(row.key) if ours else None
        label = f"{row.label} [{row.unit}]" if row.unit else row.label
        lines.append([label, *[cell(v.get(row.key)) for v in results.values()],
                      *verdict(row, xen, mine)])
    return lines


def show(lines: list[list[str]]) -> str:
    """Columns, the first to the left and the others to the right."""
    widths = [max(len(line[i]) for line in lines)
              for i in range(len(lines[0]))]
    text = []
    for line in lines:
        rest = [word.rjust(width) for word, width in
                zip(line[1:], widths[1:], strict=True)]
        text.append("  ".join([line[0].ljust(widths[0]), *rest]).rstrip())
    return "\n".join(text)


def targets(build: pathlib.Path) -> list[Target]:
    """What there is to measure."""
    found = []
    xen = reference_xen(build / "bench")
    if xen:
        found += [Target("xen-credit", xen, "sched=credit", "build"),
                  Target("xen-credit2", xen, "sched=credit2", "build")]
    else:
        print("Debian's Xen is not here: apt-get install "
              "xen-hypervisor-4.17-amd64")
    metronome = build / "metronome32"
    if metronome.exists():
        found += [Target("metronome-bvt", metronome, "sched=bvt", "boot",
                         "weight=1024 bvt.warp=20ms"),
                  Target("metronome-credit", metronome, "sched=credit",
                         "boot")]
    return found


def main() -> int:
    """Measure, print, and keep the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--only", default="", help="targets that contain this")
    parser.add_argument("--rows", default=GROUPS, help="groups, colons between")
    parser.add_argument("--limit", type=float, default=300.0,
                        help="seconds for each boot")
    parser.add_argument("--no-steps", action="store_true",
                        help="without the second table")
    options = parser.parse_args()
    chosen = [t for t in targets(options.build) if options.only in t.name]
    results: dict[str, Values] = {}
    for target in chosen:
        print(f"measuring {target.name} ...", flush=True)
        results[target.name] = measure(target, options.build, options.rows,
                                       options.limit)
    report = ("Instructions (icount), the bar is half of Xen's better figure:"
              f"\n\n{show(table(results))}\n")
    if not options.no_steps:
        found = steps.table(chosen, options.build, options.limit)
        report += ("\nHypervisor instructions of one operation, of these "
                   f"serialising, CR3 loads, locked:\n\n{show(found)}\n")
    print("\n" + report)
    directory = options.build / "bench"
    (directory / "results.json").write_text(json.dumps(results, indent=1))
    (directory / "table.txt").write_text(report)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.SubprocessError as error:
        sys.exit(f"bench: {error}")
