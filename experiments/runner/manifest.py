"""experiment.toml as dataclasses; what is wrong is one line: file, line, key.

The same vocabulary describes an experiment in the hypervisor and a scenario of
the simulator (schedsim). What only one of them needs has a default.
"""
from __future__ import annotations

import collections
import dataclasses
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import locate, workload
from .units import to_ns
from .workload import Workload, WorkloadError

COSTS = ("boot", "switch", "keep", "wake", "migrate", "poke", "decide",
         "timer", "alarm")
TABLES = ("name", "title", "seeds", "machine", "costs", "trace", "measure",
          "schedulers", "pools", "dom0", "domains", "expect")


class ManifestError(Exception):
    """The manifest says something that cannot be done."""


class _Wrong(Exception):
    """The value at this path is wrong."""

    def __init__(self, path: locate.Path, text: str) -> None:
        super().__init__(text)
        self.path = path


@dataclass(frozen=True)
class Scheduler:
    """One row of the table: `sched=name`, further options of that boot, and the
    parameter that takes a domain's weight (empty: it knows no weights). id
    tells two rows of the same name apart."""

    name: str
    label: str = ""
    options: str = ""
    weight: str = "weight"
    id: str = ""
    table: int = -1     # which [[schedulers]] it is


@dataclass(frozen=True)
class Pool:
    """CPUs ("0-3,5") with a scheduler of their own; domains name it."""

    name: str
    cpus: str
    scheduler: str
    options: str = ""
    weight: str = "weight"
    table: int = -1


@dataclass(frozen=True)
class Change:
    """Parameters of a domain, as `parameters`, from a time on (in ns)."""

    at: int
    parameters: dict[str, Any]


SMALL = "8M"            # enough for each guest of ours


@dataclass(frozen=True)
class Domain:
    """One boot-time domain. kernel, ramdisk: below build/guests. A parameter
    is for the scheduler that its name begins with: "bvt.warp". cpus: where it
    may run ("0-3,5"). workload: what it does, for the simulator; a kernel that
    is a guest of ours tells that by itself, and the other way round. changes:
    its parameters later on, in order of time; in the simulator only."""

    name: str
    kernel: str = ""
    memory: str = ""    # what the guest wants, or SMALL
    ramdisk: str = ""
    vcpus: int = 1
    cmdline: str = ""
    weight: int = 256
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    cpus: str = ""
    pool: str = ""
    changes: list[Change] = dataclasses.field(default_factory=list)
    workload: Workload | None = None
    table: int = -1     # which [[domains]] it is from,
    group: str = ""     # and that one's name
    why: str = ""       # there is no kernel: no guest does the workload


@dataclass(frozen=True)
class Dom0:
    """A Linux as dom0, in the hypervisor. kernel, ramdisk: below build/guests;
    jobs: what its init does, one after the other (guests/toolstack/README.md);
    guests: names of the domains that these make, in that order. pin: vCPU n is
    on CPU n."""

    ramdisk: str
    jobs: list[str]
    guests: list[str] = dataclasses.field(default_factory=list)
    kernel: str = "linux/vmlinuz"
    memory: str = "512M"
    vcpus: int = 1
    pin: bool = False
    weight: int = 256
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Expect:
    """A verdict: a column of a scheduler's row against a bound."""

    scheduler: str
    what: str
    claim: str
    below: float | None = None
    above: float | None = None
    table: int = -1


@dataclass(frozen=True)
class Measure:
    """The window of virtual time, in ns since boot, and whose figures count."""

    start: int
    stop: int
    end: int
    timeline: int
    latency_domain: str = ""
    busy_domains: str = ""


@dataclass(frozen=True)
class Manifest:
    """A whole experiment."""

    folder: Path
    name: str
    title: str
    seeds: list[int]
    cpus: int
    memory: str
    icount_shift: int
    trace_mask: int
    trace_pages: int
    measure: Measure
    schedulers: list[Scheduler]
    domains: list[Domain]
    expect: list[Expect]
    plugins: tuple[Path, ...] = ()  # objects to load: choose.py
    pools: list[Pool] = dataclasses.field(default_factory=list)
    costs: dict[str, int] = dataclasses.field(default_factory=dict)
    accel: str = ""     # "kvm", "tcg": live; empty: deterministic
    dom0: Dom0 | None = None
    file: Path = Path()
    lines: locate.Lines = dataclasses.field(
        default_factory=lambda: locate.Lines(""), compare=False, repr=False)

    def ids_of(self, prefix: str) -> dict[int, Domain]:
        """Domains whose name begins so, by domain id: they are numbered from 1
        in the order of the manifest."""
        return {i: d for i, d in enumerate(self.domains, 1)
                if d.name.startswith(prefix)}

    def id_of(self, name: str) -> int:
        """The id of the domain of exactly this name: dom0's is 0, and its
        guests are numbered after the domains of the manifest."""
        names = ["dom0" if self.dom0 else "", *(d.name for d in self.domains),
                 *(self.dom0.guests if self.dom0 else [])]
        if name and name in names:
            return names.index(name)
        raise ManifestError(f"no domain is called {name!r}")

    @property
    def files(self) -> list[str]:
        """All that is booted, below build/guests."""
        both = [(d.kernel, d.ramdisk) for d in self.domains]
        if self.dom0:
            both.append((self.dom0.kernel, self.dom0.ramdisk))
        return sorted({f for pair in both for f in pair if f})

    def origin(self, path: locate.Path) -> tuple[int, str]:
        """The line of a path, and the path as people write it."""
        return self.lines.of(path), self.key_of(path)

    def key_of(self, path: locate.Path) -> str:
        """("domains", 1, "weight") is domains.hog.weight."""
        names = {"domains": {d.table: d.group for d in self.domains},
                 "schedulers": {s.table: s.name for s in self.schedulers},
                 "pools": {p.table: p.name for p in self.pools}}
        return _key(path, names)

    def error(self, path: locate.Path, text: str) -> ManifestError:
        """What is wrong with the value at this path."""
        line, key = self.origin(path)
        return ManifestError(f"{self.file}:{line}: {key}: {text}")


def _key(path: locate.Path, names: dict[str, dict[int, str]]) -> str:
    words = []
    for i, part in enumerate(path):
        if isinstance(part, int):
            name = names.get(str(path[i - 1]), {}).get(part, "")
            words.append(name or str(part + 1))
        else:
            words.append(part)
    return ".".join(words)


def _make(cls: type, table: dict[str, Any], path: locate.Path) -> Any:
    """cls of a table: its keys, and the right types."""
    fields = {f.name: f for f in dataclasses.fields(cls)
              if f.name not in ("table", "group", "why")}
    for key, value in table.items():
        if key not in fields:
            raise _Wrong(path + (key,), f"unknown key {key!r}; known: "
                         f"{', '.join(sorted(fields))}")
        form = fields[key].type
        if form == "str" and not isinstance(value, str):
            raise _Wrong(path + (key,), f"{value!r} is no text")
        if form == "int" and (isinstance(value, bool)
                              or not isinstance(value, int)):
            raise _Wrong(path + (key,), f"{value!r} is no number")
        if form == "bool" and not isinstance(value, bool):
            raise _Wrong(path + (key,), f"{value!r}: true or false")
    for name, f in fields.items():
        if name not in table and f.default is dataclasses.MISSING \
                and f.default_factory is dataclasses.MISSING:
            raise _Wrong(path, f"{name} is missing")
    known = {f.name for f in dataclasses.fields(cls)}
    place = {"table": path[-1]} if "table" in known else {}
    return cls(**table, **place)


def _tables(root: dict[str, Any], name: str, cls: type) -> list[Any]:
    tables = root.get(name, [])
    if not isinstance(tables, list):
        raise _Wrong((name,), f"write [[{name}]], with two brackets")
    return [_make(cls, t, (name, i)) for i, t in enumerate(tables)]


def _workload(table: dict[str, Any], path: locate.Path) -> Workload | None:
    try:
        if "workload" in table:
            return workload.parse(table["workload"])
        return workload.of_guest(table.get("kernel", ""),
                                 table.get("cmdline", ""))
    except WorkloadError as error:
        key = ("workload", error.key) if "workload" in table else ("cmdline",)
        raise _Wrong(path + tuple(k for k in key if k), str(error)) from None


def _copies(table: dict[str, Any], path: locate.Path) -> list[dict[str, Any]]:
    """Expand count = N: name1, name2, ...; a list of N weights is dealt out."""
    table = dict(table)
    count = table.pop("count", None)
    if count is not None and (not isinstance(count, int) or count < 1):
        raise _Wrong(path + ("count",), f"{count!r}: 1 or more")
    weights = table.get("weight", 256)
    if isinstance(weights, int):
        weights = [weights] * (count or 1)
    if not isinstance(weights, list) or len(weights) != (count or 1):
        raise _Wrong(path + ("weight",), f"{len(weights)} weights for "
                     f"{count or 1} domains")
    return [{**table, "weight": weight,
             "name": f"{table.get('name', '')}{i + 1 if count else ''}"}
            for i, weight in enumerate(weights)]


def _changes(table: dict[str, Any], path: locate.Path) -> list[Change]:
    found: list[Change] = []
    for i, change in enumerate(table.get("changes", [])):
        here = path + ("changes", i)
        if set(change) != {"at", "parameters"}:
            raise _Wrong(here, "a change is { at = \"2s\", parameters = { "
                         "\"credit.cap\" = 80 } }")
        found.append(Change(_time(change, "at", here), change["parameters"]))
        if len(found) > 1 and found[-1].at < found[-2].at:
            raise _Wrong(here + ("at",), "comes before the one before it")
    return found


def _domains(root: dict[str, Any]) -> list[Domain]:
    found: list[Domain] = []
    for i, table in enumerate(root["domains"]):
        path: locate.Path = ("domains", i)
        if "name" not in table:
            raise _Wrong(path, "name is missing")
        work = _workload(table, path)
        changes = _changes(table, path)
        for copy in _copies(table, path):
            copy.pop("workload", None)
            one = _make(Domain, copy, path)
            found.append(dataclasses.replace(one, workload=work,
                                             changes=changes,
                                             group=table["name"]))
        if "kernel" not in table and "workload" not in table:
            raise _Wrong(path, "kernel or workload is missing")
    names = collections.Counter(d.name for d in found)
    for d in found:
        if d.vcpus < 1:
            raise _Wrong(("domains", d.table, "vcpus"), "1 or more")
        if names[d.name] > 1:
            raise _Wrong(("domains", d.table, "name"),
                         f"two domains are called {d.name!r}")
    return found


def _with_guests(domains: list[Domain], seed: int) -> list[Domain]:
    """Who has a workload only gets the guest that does it, if there is one."""
    place = workload.place_of({d.name: d.workload for d in domains}, seed)
    done = []
    for d in domains:
        if not d.kernel and d.workload:
            try:
                guest = workload.to_guest(d.workload, d.name, place)
                d = dataclasses.replace(d, kernel=guest.kernel,
                                        cmdline=guest.cmdline,
                                        ramdisk=guest.ramdisk,
                                        memory=d.memory or guest.memory)
            except WorkloadError as error:  # it can be simulated only
                d = dataclasses.replace(d, why=str(error))
        done.append(dataclasses.replace(d, memory=d.memory or SMALL))
    return done


def _dom0(root: dict[str, Any], domains: list[Domain]) -> Dom0 | None:
    if "dom0" not in root:
        return None
    found: Dom0 = _make(Dom0, root["dom0"], ("dom0",))
    for key in "jobs", "guests":
        words = getattr(found, key)
        if not isinstance(words, list) or not all(
                isinstance(w, str) and re.fullmatch(r"[\w.,:=/+%-]+", w)
                for w in words):
            raise _Wrong(("dom0", key), f"{words!r}: a list of words, without "
                         "blanks or quotes")
    if found.vcpus < 1:
        raise _Wrong(("dom0", "vcpus"), "1 or more")
    names = ["dom0", *(d.name for d in domains), *found.guests]
    if twice := [n for n, k in collections.Counter(names).items() if k > 1]:
        raise _Wrong(("dom0",), f"two domains are called {twice[0]!r}")
    return found


def _time(table: dict[str, Any], key: str, path: locate.Path) -> int:
    try:
        return to_ns(str(table[key]))
    except ValueError as error:
        raise _Wrong(path + (key,), str(error)) from None


def _measure(root: dict[str, Any]) -> Measure:
    path: locate.Path = ("measure",)
    table = {"from": "0s", "timeline": "60ms", **root.get("measure", {})}
    if "until" not in table:
        raise _Wrong(path, "until is missing: when the measuring ends")
    table.setdefault("end", table["until"])
    times = {"start": _time(table, "from", path),
             "stop": _time(table, "until", path),
             "end": _time(table, "end", path),
             "timeline": _time(table, "timeline", path)}
    del table["from"], table["until"]
    measure = _make(Measure, {**table, **times}, path)
    if not measure.start < measure.stop <= measure.end:
        raise _Wrong(path, "from < until <= end does not hold")
    return measure


def _number(root: dict[str, Any], name: str, key: str, default: int) -> int:
    value = root.get(name, {}).get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Wrong((name, key), f"{value!r} is no number")
    return value


def _known(root: dict[str, Any], name: str, keys: tuple[str, ...]) -> None:
    for key in root.get(name, {}):
        if key not in keys:
            raise _Wrong((name, key), f"unknown key {key!r}; known: "
                         f"{', '.join(sorted(keys))}")


def _costs(root: dict[str, Any]) -> dict[str, int]:
    _known(root, "costs", COSTS)
    table = root.get("costs", {})
    return {key: _time(table, key, ("costs",)) for key in table}


def _pools_fit(pools: list[Pool], domains: list[Domain]) -> None:
    names = [p.name for p in pools]
    for d in domains:
        if d.pool and d.pool not in names:
            raise _Wrong(("domains", d.table, "pool"),
                         f"no pool is called {d.pool!r}")


def _seeds(root: dict[str, Any]) -> list[int]:
    seeds = root.get("seeds", [1])
    if not isinstance(seeds, list) or not seeds or not all(
            isinstance(s, int) and s >= 0 for s in seeds):
        raise _Wrong(("seeds",), "write a list of numbers: [1, 2, 3]")
    return seeds


def _build(root: dict[str, Any], file: Path,
           lines: locate.Lines) -> Manifest:
    for key in root:
        if key not in TABLES:
            raise _Wrong((key,), f"unknown key {key!r}; known: "
                         f"{', '.join(TABLES)}")
    for name in "domains", "machine", "schedulers":
        if not root.get(name) and (name != "schedulers"
                                   or not root.get("pools")):
            brackets = f"[{name}]" if name == "machine" else f"[[{name}]]"
            raise _Wrong((name,), f"no {brackets} is there")
    _known(root, "machine", ("cpus", "memory", "icount_shift"))
    _known(root, "trace", ("mask", "pages"))
    if "cpus" not in root["machine"]:
        raise _Wrong(("machine",), "cpus is missing")
    pools = _tables(root, "pools", Pool)
    domains = _with_guests(_domains(root), _seeds(root)[0])
    _pools_fit(pools, domains)
    name = root.get("name", file.stem)
    return Manifest(
        folder=file.parent, name=name, title=root.get("title", name),
        seeds=_seeds(root), cpus=_number(root, "machine", "cpus", 1),
        memory=root["machine"].get("memory", "1G"),
        icount_shift=_number(root, "machine", "icount_shift", 0),
        trace_mask=_number(root, "trace", "mask", 0x2f000),
        trace_pages=_number(root, "trace", "pages", 4096),
        measure=_measure(root),
        schedulers=[dataclasses.replace(s, label=s.label or s.name)
                    for s in _tables(root, "schedulers", Scheduler)],
        domains=domains, expect=_tables(root, "expect", Expect),
        pools=pools, costs=_costs(root), dom0=_dom0(root, domains), file=file,
        lines=lines)


def _names(root: dict[str, Any]) -> dict[str, dict[int, str]]:
    """Names of tables in arrays, as far as they are there."""
    return {key: {i: str(t["name"]) for i, t in enumerate(tables)
                  if isinstance(t, dict) and "name" in t}
            for key, tables in root.items() if isinstance(tables, list)}


def load(where: Path) -> tuple[Path, dict[str, Any], locate.Lines]:
    """The file of a folder with an experiment.toml (or a TOML or JSON file),
    its tables, and where what stands in it."""
    file = where / "experiment.toml" if where.is_dir() else where
    try:
        text = file.read_text()
        if file.suffix == ".json":
            return file, json.loads(text), locate.Lines("")
        return file, tomllib.loads(text), locate.Lines(text)
    except OSError as error:
        raise ManifestError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ManifestError(f"{file}: it is no text: {error}") from None
    except json.JSONDecodeError as error:
        raise ManifestError(f"{file}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ManifestError(f"{file}:{line[1] if line else 'end'}: "
                            f"{error}") from None


def key_in(path: locate.Path, root: dict[str, Any]) -> str:
    """A path as people write it: domains.hog.weight."""
    return _key(path, _names(root))


def build(root: dict[str, Any], file: Path, lines: locate.Lines) -> Manifest:
    """The manifest that these tables describe. ManifestError tells what is
    wrong, and where."""
    try:
        return _build(root, file, lines)
    except _Wrong as wrong:
        raise ManifestError(
            f"{file}:{lines.of(wrong.path)}: {key_in(wrong.path, root)}: "
            f"{wrong}") from None


def read(where: Path) -> Manifest:
    """Read a manifest: a folder with an experiment.toml, or a file."""
    file, root, lines = load(where)
    if "host" in root:
        raise ManifestError(
            f"{file}:{lines.of(('host',))}: host: this is a study of many "
            f"runs: `./metronome run {file.parent}` makes them, and leaves "
            "each one's scenario.json below build/experiments")
    return build(root, file, lines)
