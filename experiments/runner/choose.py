"""Other schedulers than the manifest's: an experiment is tried with one that it
has never heard of, which may be a compiled object."""
from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

from .manifest import Manifest, ManifestError, Scheduler

KEYS = "label, options, weight"


def scheduler(words: str, manifest: Manifest) -> Scheduler:
    """NAME[,KEY=VALUE]...: a row of the manifest, or else a new one, whose
    parameter for weights is `weight`; with these keys changed."""
    name, *pairs = words.split(",")
    if not re.fullmatch(r"[a-z0-9_]{1,15}", name):
        raise ManifestError(f"--sched {words}: {name!r} is no name of a "
                            "scheduler: 1 to 15 of a-z, 0-9 and _")
    row = next((s for s in manifest.schedulers if s.name == name),
               Scheduler(name, name))
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in KEYS.split(", "):
            raise ManifestError(f"--sched {words}: {pair!r} is not KEY=VALUE "
                                f"with a key of: {KEYS}")
        row = dataclasses.replace(row, **{key: value})
    return row


def choose(manifest: Manifest, names: list[str],
           plugins: list[Path]) -> Manifest:
    """The experiment with these schedulers (none: its own), and with these
    objects loaded."""
    for plugin in plugins:
        if not plugin.is_file():
            raise ManifestError(f"--plugin {plugin}: there is no such file; "
                                "`make plugin DIR=...` makes one")
    return dataclasses.replace(
        manifest, plugins=tuple(plugins),
        schedulers=[scheduler(n, manifest) for n in names]
        or manifest.schedulers)


def check_weights(manifest: Manifest, engine: Path) -> None:
    """Each scheduler has the parameter that is to take the domains' weights:
    else the hypervisor would refuse, minutes later. The simulator's engine
    knows the same schedulers, and takes in the same objects."""
    if not engine.exists():
        raise ManifestError(f"{engine} is not built: run `make tools`")
    words = [w for p in manifest.plugins for w in ("--plugin", str(p))]
    done = subprocess.run([engine, *words, "--list"], text=True,
                          capture_output=True)
    if done.returncode:
        raise ManifestError(done.stderr.strip())
    have: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        if not line.startswith(" "):
            have[line.partition(":")[0]] = []
        else:
            name, _, parameter = line.split()[0].partition(".")
            have[name].append(parameter)
    for s in manifest.schedulers:
        if s.name not in have:
            raise ManifestError(f"--sched {s.name}: no such scheduler; there "
                                f"are: {' '.join(have)}; a compiled one needs "
                                "--plugin (make: PLUGIN=FILE)")
        names = " ".join(have[s.name]) or "none"
        if s.weight and s.weight not in have[s.name]:
            raise ManifestError(
                f"--sched {s.name}: it has no parameter {s.weight!r} for the "
                f"domains' weights; it has: {names}. Say "
                f"{s.name},weight=PARAMETER, or {s.name},weight= for none")
