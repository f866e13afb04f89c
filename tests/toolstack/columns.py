#!/usr/bin/python3
"""Run the scenario on Metronome and on Xen 4.17, and print both columns.

Usage: columns.py [--parts info,guest,stock,devices,trace] [--only NAME]
"""
from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from dom0 import Dom0, bad_words, hypervisors  # noqa: E402
from scenario import PARTS, scripts  # noqa: E402


def play(kernel: pathlib.Path, folder: pathlib.Path,
         parts: list[str]) -> dict[str, str]:
    """Step to why it failed, or nothing."""
    told: dict[str, str] = {}
    dom0 = Dom0(kernel, folder, scripts(parts), options="sched=credit")
    try:
        dom0.start()
        for part in parts:
            for step in PARTS[part]:
                told[f"{part}: {step.name}"] = step.run(dom0)
    except AssertionError as error:  # it hangs, or is gone: the rest is lost
        told["the machine"] = str(error)[-1500:]
    if words := bad_words(dom0.machine.log):
        told["the log"] = f"says {words}"
    dom0.machine.close()
    return told


def main() -> int:
    """1 when anything failed anywhere."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    parts = args.parts.split(",")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        told = {name: play(kernel, path, parts) for name, kernel
                in hypervisors(path).items() if args.only in ("", name)}
    steps = list(dict.fromkeys(step for one in told.values() for step in one))
    print(f"{'':34}" + "".join(f"{name:12}" for name in told))
    for step in steps:
        marks = ["-" if step not in one else "FAILS" if one[step] else "works"
                 for one in told.values()]
        print(f"{step:34}" + "".join(f"{mark:12}" for mark in marks))
    for name, one in told.items():
        for step, why in one.items():
            if why:
                print(f"{name}: {step}: {why}")
    return int(any(why for one in told.values() for why in one.values()))


if __name__ == "__main__":
    sys.exit(main())
