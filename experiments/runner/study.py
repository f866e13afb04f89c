"""A study: an experiment that is a sweep of many runs, as its experiment.toml
describes it (docs/experiments.md).

    study = read(Path("experiments/theft"))
    for run in runs(study, quick=False): ...        # points.py

Here is what the file says, checked against schema.json; points.py makes the
runs of it.
"""
from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from . import locate, manifest
from .manifest import ManifestError
from .units import to_ns

# What a run's scenario is made of; the rest of the file is the study's.
SCENARIO = ("machine", "costs", "trace", "measure", "schedulers", "pools",
            "dom0", "domains")
LIMIT_S = 600.0


@dataclass(frozen=True)
class Metric:
    """A function of measures.py, or of the folder's analyse.py, whose numbers
    are columns: NAME, or NAME.KEY of each key that it returns."""

    function: str
    name: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Expect:
    """A number that the table gives, and how it must stand to another."""

    name: str
    claim: str
    relation: str
    value: Any
    source: str
    checked_against_paper: bool
    what: str = ""
    function: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    where: dict[str, Any] = field(default_factory=dict)
    over: str = "each"
    tolerance: float = 0.0
    tolerance_percent: float = 0.0


@dataclass(frozen=True)
class Control:
    """A change after which the named expectations must fail."""

    name: str
    claim: str
    set: dict[str, Any]
    fails: list[str]
    where: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """A gnuplot script, and what it draws."""

    name: str
    script: str
    caption: str
    data: str = ""
    size: list[float] = field(default_factory=lambda: [8.0, 3.6])


@dataclass(frozen=True)
class Explore:
    """Runs whose time line is in the report, between two times in ns."""

    where: dict[str, Any]
    start: int
    stop: int
    domain: str = ""


@dataclass(frozen=True)
class Quick:
    """How `make results-quick` thins the sweep."""

    seeds: list[int] = field(default_factory=list)
    where: dict[str, Any] = field(default_factory=dict)
    set: dict[str, Any] = field(default_factory=dict)
    skip: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Study:
    """What stands in the file."""

    file: Path
    lines: locate.Lines = field(repr=False, compare=False)
    root: dict[str, Any] = field(repr=False)
    name: str = ""
    metrics: list[Metric] = field(default_factory=list)
    expect: list[Expect] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    explore: list[Explore] = field(default_factory=list)
    quick: Quick = field(default_factory=Quick)

    @property
    def folder(self) -> Path:
        """Where the file, analyse.py and the scripts are."""
        return self.file.parent

    @property
    def title(self) -> str:
        """One line."""
        return str(self.root["title"])

    @property
    def seeds(self) -> list[int]:
        """Of every point."""
        return list(self.root.get("seeds", [1]))

    @property
    def scenario(self) -> dict[str, Any]:
        """The tables that describe a run, before anything is filled in."""
        return {k: self.root[k] for k in SCENARIO if k in self.root}

    @property
    def limit_s(self) -> float:
        """A run may take so long, by the wall's clock."""
        limit = self.root["host"].get("limit")
        return to_ns(limit) / 1e9 if limit else LIMIT_S

    @property
    def columns(self) -> list[str]:
        """Those of table.md; empty: all."""
        return list(self.root.get("table", {}).get("columns", []))

    @property
    def keep_traces(self) -> bool:
        """Do they stay in build/? Those of QEMU are dear."""
        host = self.root["host"]
        return bool(host.get("keep_traces", host["kind"] != "sim"))

    @cached_property
    def module(self) -> ModuleType | None:
        """The folder's analyse.py."""
        return load_module(self.folder)

    def function(self, name: str, *path: str | int) -> Callable[..., Any]:
        """analyse.NAME, or NAME of measures.py."""
        from . import measures
        where, _, short = name.rpartition(".")
        module = self.module if where else measures
        found = getattr(module, short, None)
        if callable(found) and not short.startswith("_"):
            return found
        text = (f"analyse.py has no function {short!r}" if where else
                f"there is no {short!r}; there are: "
                f"{', '.join(measures.NAMES)}")
        raise self.error(path, text)

    def error(self, path: locate.Path, text: str) -> ManifestError:
        """What is wrong with the value at this path."""
        key = manifest.key_in(path, self.root)
        return ManifestError(f"{self.file}:{self.lines.of(path)}: {key}: "
                             f"{text}")


def load_module(folder: Path) -> ModuleType | None:
    """folder/analyse.py, as a module; None: there is none."""
    file = folder.resolve() / "analyse.py"
    if not file.exists():
        return None
    name = f"analyse_{folder.resolve().name.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ManifestError(f"{file}: {type(error).__name__}: "
                            f"{error}") from error
    return module


def is_study(where: Path) -> bool:
    """Does the file have a [host]? The older form does not."""
    _, root, _ = manifest.load(where)
    return "host" in root


def _unique(study: Study, key: str, names: list[str]) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise study.error((key, i, "name"), f"two are called {name!r}")


def _check(study: Study) -> None:
    """What a schema cannot tell."""
    for key, items in (("expect", study.expect), ("control", study.controls),
                       ("figure", study.figures)):
        _unique(study, key, [item.name for item in items])
    names = [e.name for e in study.expect]
    for i, expect in enumerate(study.expect):
        if bool(expect.what) == bool(expect.function):
            raise study.error(("expect", i), "either what (a column) or "
                              "function is needed")
        if (expect.relation == "between") != isinstance(expect.value, list):
            raise study.error(("expect", i, "value"), "[from, to] goes with "
                              "the relation between, and only with it")
        if expect.relation == "about" and not (expect.tolerance
                                               or expect.tolerance_percent):
            raise study.error(("expect", i), "about what? tolerance or "
                              "tolerance_percent is needed")
        if expect.tolerance and expect.tolerance_percent:
            raise study.error(("expect", i, "tolerance_percent"),
                              "beside tolerance: one of them")
    for i, control in enumerate(study.controls):
        for name in control.fails:
            if name not in names:
                raise study.error(
                    ("control", i, "fails"), f"no [[expect]] is called "
                    f"{name!r}; there are: {', '.join(names)}")
    for name in study.quick.skip:
        if name not in names:
            raise study.error(("quick", "skip"), f"no [[expect]] is called "
                              f"{name!r}")
    for i, figure in enumerate(study.figures):
        if not (study.folder / figure.script).exists():
            raise study.error(("figure", i, "script"),
                              f"{figure.script}: there is no such file")


def read(where: Path, checked: bool = False) -> Study:
    """Read a study: a folder with an experiment.toml, or a file. ManifestError
    tells what is wrong: file, line, key, remedy. checked: it was looked at a
    moment ago; a job need not do so again."""
    file, root, lines = manifest.load(where)
    if not checked:
        from . import validate
        validate.check(root, file, lines)
    study = Study(
        file, lines, root, root.get("name", file.resolve().parent.name),
        metrics=[Metric(**{"name": "", **m}) for m in root["metric"]],
        expect=[Expect(**e) for e in root["expect"]],
        controls=[Control(**c) for c in root["control"]],
        figures=[Figure(**f) for f in root.get("figure", [])],
        explore=[Explore(e["where"], to_ns(e["from"]), to_ns(e["until"]),
                         e.get("domain", "")) for e in root.get("explore",
                                                                [])],
        quick=Quick(**root.get("quick", {})))
    _check(study)
    return study
