#!/usr/bin/python3
"""Run the scenario on Metronome and on Xen 4.17, and print both columns.

Usage: columns.py [--parts info,guest,...] [--only NAME] [--keep FILE]

--keep: the table is a file too; what was not run this time stays as it was.
"""
from __future__ import annotations

import argparse
import csv
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from dom0 import Dom0, bad_words, hypervisors  # noqa: E402
from scenario import PARTS, scheduler, scripts, steps  # noqa: E402

NAMES = ("metronome", "xen")
Table = dict[str, dict[str, str]]  # step to hypervisor to what became of it


def boot(name: str, kernel: pathlib.Path, folder: pathlib.Path,
         parts: list[str]) -> dict[str, str]:
    """Parts of one boot: step to why it failed, or nothing."""
    told: dict[str, str] = {}
    dom0 = Dom0(kernel, folder, scripts(parts),
                options=f"sched={scheduler(parts[0])}")
    try:
        dom0.start()
        for part in parts:
            for step in steps(part, name):
                why = told[f"{part}: {step.name}"] = step.run(dom0)
                print(f"{name}: {part}: {step.name}: {why or 'works'}",
                      file=sys.stderr, flush=True)
    except AssertionError as error:  # it hangs, or is gone: the rest is lost
        told["the machine"] = str(error)[-1500:]
    if words := bad_words(dom0.machine.log):
        told["the log"] = f"says {words}: {dom0.machine.log[-3000:]}"
    dom0.machine.close()
    return told


def play(name: str, kernel: pathlib.Path, folder: pathlib.Path,
         parts: list[str]) -> dict[str, str]:
    """Every part that has steps for this hypervisor; one boot for all that
    want the same scheduler."""
    told: dict[str, str] = {}
    parts = [part for part in parts if steps(part, name)]
    for wanted in dict.fromkeys(map(scheduler, parts)):
        told |= boot(name, kernel, folder,
                     [part for part in parts if scheduler(part) == wanted])
    return told


def read(file: pathlib.Path) -> Table:
    """What is kept."""
    if not file.exists():
        return {}
    with file.open(newline="") as text:
        return {row["step"]: {name: row[name] for name in NAMES}
                for row in csv.DictReader(text)}


def write(file: pathlib.Path, table: Table) -> None:
    """In the order of the scenario; steps that are no more are left out."""
    order = [f"{part}: {step.name}" for part in PARTS for step in PARTS[part]]
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as text:
        writer = csv.DictWriter(text, ["step", *NAMES], lineterminator="\n")
        writer.writeheader()
        writer.writerows({"step": step, **table[step]} for step in order
                         if step in table)


def enter(table: Table, name: str, parts: list[str],
          told: dict[str, str]) -> None:
    """One hypervisor's column, as far as it was asked."""
    for part in parts:
        for step in PARTS[part]:
            key = f"{part}: {step.name}"
            row = table.setdefault(key, dict.fromkeys(NAMES, ""))
            row |= {other: "-" for other in NAMES
                    if step.only not in ("", other)}
            if row[name] == "-":
                continue
            if key in told:
                row[name] = "FAILS" if told[key] else "works"
            else:
                row[name] = "not reached"


def main() -> int:
    """1 when anything failed anywhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=pathlib.Path)
    args = parser.parse_args()
    parts = args.parts.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"{', '.join(unknown)}: the parts are {', '.join(PARTS)}")
    columns = {}
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        for name, kernel in hypervisors(path).items():
            if args.only not in ("", name):
                continue
            told = columns[name] = play(name, kernel, path, parts)
            failed |= any(told.values())
            for step in ("the machine", "the log"):
                if told.get(step):
                    print(f"{name}: {step}: {told[step]}")
    # Read only now: another run may have kept its part meanwhile.
    table = read(args.keep) if args.keep else {}
    for name, told in columns.items():
        enter(table, name, parts, told)
    print(f"{'':38}" + "".join(f"{name:12}" for name in NAMES))
    for step, row in table.items():
        print(f"{step:38}" + "".join(f"{row[name]:12}" for name in NAMES))
    if args.keep:
        write(args.keep, table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
