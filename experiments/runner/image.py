"""python3 -m experiments.runner.image FOLDER RUN FILE: the boot medium of one
run of a study, for a USB stick or a machine of its own. Without RUN: their
names."""
from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from xentrace.trace import ROOT

from . import medium, plan, points, study
from .manifest import ManifestError


def write(run: points.Planned, file: Path, build: Path) -> None:
    """The run's medium as a file."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        medium.make(run.manifest, plan.chosen(run), build,
                    Path(folder)).replace(file)


def main() -> int:
    """0: written; 1: not."""
    args = sys.argv[1:]
    if len(args) not in (1, 3):
        print(__doc__, file=sys.stderr)
        return 1
    try:
        every = {r.name: r for r in points.runs(study.read(Path(args[0])))
                 if r.host == "qemu"}
        if len(args) == 1 or args[1] not in every:
            print(*every or ["no run of it is for the hypervisor"], sep="\n",
                  file=sys.stdout if len(args) == 1 else sys.stderr)
            return 0 if every and len(args) == 1 else 1
        write(every[args[1]], Path(args[2]).resolve(), ROOT / "build")
    except (ManifestError, RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
