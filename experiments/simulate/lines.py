"""From a manifest to the lines that the engine reads (sched/sim/README.md).

A line is words, and where it comes from: a tab, the line of the TOML file, a
tab, the key. What the plug-ins' tables tell, the engine checks.
"""
from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.runner.locate import Path as Place
from experiments.runner.manifest import Domain, Manifest, Pool, Scheduler
from experiments.runner.workload import ONLY_GUESTS, Workload

# Keys of a workload that the engine knows by another name, or not at all.
_CHOICES = ("service", "arrivals")
# Whom a workload talks to.
_PARTNER = {"ping": "pong", "pong": "ping", "request": "serve",
            "serve": "serve"}
ROWS_MAX = 40   # more domains than that: a row for each [[domains]]


class Writer:
    """The lines of one run."""

    def __init__(self, manifest: Manifest, scheduler: Scheduler, seed: int,
                 options: list[str], costs: dict[str, int],
                 born: bool = False, without: Sequence[str] = ()) -> None:
        """born: who replays joins where and when he did in the trace, and has
        his parameters set then; without: but for "parameters", or the "order"
        in which wake-ups came to their locks."""
        self.m, self.scheduler, self.seed = manifest, scheduler, seed
        self.born, self.without = born, without
        self.options = options
        self.costs = {**manifest.costs, **costs}
        self.ids = {d.name: i for i, d in enumerate(manifest.domains, 1)}
        self.pools = {p.name: i for i, p in enumerate(manifest.pools, 1)}

    def _at(self, text: str, *path: str | int) -> str:
        line, key = self.m.origin(tuple(path))
        return f"{text}\t{line}\t{key}"

    def machine(self, trace: Path | None, csv: Path | None) -> Iterator[str]:
        """All but the domains."""
        yield f"name {self.m.name}:{self.scheduler.name}-{self.seed}"
        yield self._at(f"machine {self.m.cpus}", "machine", "cpus")
        yield self._at(f"seed {self.seed}", "seeds")
        yield self._scheduler(f"sched {self.scheduler.name}", "name")
        for name, cost in self.costs.items():
            yield self._at(f"cost {name} {cost}", "costs", name)
        window = self.m.measure
        yield self._at(f"window {window.start} {window.stop} {window.end}",
                       "measure")
        if trace:
            yield self._at(f"trace {trace} {self.m.trace_mask:#x}", "trace")
        if csv:
            yield f"csv {csv}"
        for option in self.scheduler.options.split():
            self._fits(option, self.scheduler.name, "schedulers",
                       self.scheduler.table)
            yield self._option(option, self.scheduler.table, "schedulers")
        for option in self.options:
            yield self._option(option, -1, "--param")
        for pool in self.m.pools:
            path: Place = ("pools", pool.table)
            for option in pool.options.split():
                self._fits(option, pool.scheduler, "pools", pool.table)
                yield self._option(option, pool.table, "pools")
            yield self._at(f"pool {pool.scheduler} {pool.cpus}", *path)

    def _scheduler(self, text: str, key: str) -> str:
        if self.scheduler.table < 0:
            return f"{text}\t-\t--sched"
        return self._at(text, "schedulers", self.scheduler.table, key)

    def _fits(self, option: str, scheduler: str, where: str,
              table: int) -> None:
        """An option of another scheduler would be in force nowhere."""
        name, dot, _ = option.partition(".")
        if dot and name != scheduler:
            raise self.m.error((where, table, "options"), f"{option}: the "
                               f"scheduler here is {scheduler}")

    def _option(self, option: str, table: int, where: str) -> str:
        key, equals, value = option.partition("=")
        place = (where, table, "options") if table >= 0 else (where,)
        if not equals or "." not in key:
            raise self.m.error(place, f"{option!r}: NAME.PARAM=VALUE is "
                               "expected")
        text = f"option {key} {value}"
        return self._at(text, *place) if table >= 0 else f"{text}\t-\t{where}"

    def domains(self) -> Iterator[str]:
        """The domains, in rows of the table."""
        alone = len(self.m.domains) <= ROWS_MAX
        row = -1
        for number, domain in enumerate(self.m.domains, 1):
            if alone or domain.table != row:
                row = domain.table
                yield f"row {domain.name if alone else domain.group}"
            yield from self._domain(number, domain)

    def _ruler(self, domain: Domain) -> Scheduler | Pool:
        if domain.pool:
            return self.m.pools[self.pools[domain.pool] - 1]
        return self.scheduler

    def _domain(self, number: int, d: Domain) -> Iterator[str]:
        path: Place = ("domains", d.table)
        ruler = self._ruler(d)
        name = ruler.scheduler if isinstance(ruler, Pool) else ruler.name
        yield self._at(f"domain {number} {d.name} {d.vcpus} "
                       f"{self.pools.get(d.pool, 0)}", *path)
        if (self.born and "parameters" not in self.without
                and d.workload and d.workload.kind == "replay"):
            yield from self._adjusted(d, d.workload)
        if d.cpus:
            yield self._at(f"affinity {d.cpus}", *path, "cpus")
        if ruler.weight:
            yield self._at(f"set {name}.{ruler.weight} {d.weight}", *path,
                           "weight")
        for key, value in d.parameters.items():
            yield self._at(f"set {key} {value}", *path, "parameters", key)
        if d.workload is None:
            raise self.m.error(path + ("kernel",), f"what {d.kernel} does is "
                               "not known here: give the domain a workload")
        yield from self._load(number, d, d.workload)
        for i, change in enumerate(d.changes):
            here: Place = (*path, "changes", i)
            yield self._at(f"adjusted 0 {change.at}", *here, "at")
            for key, value in change.parameters.items():
                yield self._at(f"set {key} {value}", *here, "parameters", key)

    def _load(self, number: int, d: Domain, w: Workload) -> Iterator[str]:
        path: Place = ("domains", d.table, "workload")
        words = []
        if w.kind == "linux":
            raise self.m.error(path, "Linux runs in the hypervisor only")
        for key, value in w.values.items():
            if key in ONLY_GUESTS:
                if value != ONLY_GUESTS[key]:
                    raise self.m.error(path + (key,), "the simulator knows no "
                                       "such thing: host qemu does")
                continue
            if key in _CHOICES:
                key, value = "exponential", int(value == "exponential")
            elif key == "offset" and value == "random":
                stream = random.Random(f"{self.seed}/{number}")
                value = stream.randrange(w.values["period"])
            elif key in ("peer", "to"):
                value = self._other(number, w.kind, value, path + (key,))
            if w.kind != "replay":
                words.append(f"{key}={value}")
        yield self._at(" ".join(["load", w.kind, *words]), *path)
        if w.kind == "replay":
            yield from self._replay(d, w)
        if w.alone and d.vcpus > 1:
            yield "only 1"

    def _adjusted(self, d: Domain, w: Workload) -> Iterator[str]:
        """When the domain's parameters were set in the trace: `set` lines that
        follow count from then on."""
        from .replay import adjusted
        file = self.m.folder / w.values["trace"]
        for cpu, ns in adjusted(file, w.values["domain"] or d.name):
            yield f"adjusted {cpu} {ns}"

    def _other(self, number: int, kind: str, name: str, path: Place) -> int:
        """The domain that it talks to, which must be one that answers."""
        if not name and path[-1] == "to":
            return -1
        other = self.ids.get(name, 0)
        if name.isdecimal() and 1 <= int(name) <= len(self.ids):
            other = int(name)
        if not other:
            raise self.m.error(path, f"no domain is called {name!r}")
        does = self.m.domains[other - 1].workload
        if does and does.kind != _PARTNER[kind]:
            raise self.m.error(path, f"{name}'s workload is {does.kind}; a "
                               f"{kind} needs a {_PARTNER[kind]}")
        if other == number:
            raise self.m.error(path, f"{name} would talk to itself")
        return other

    def _replay(self, d: Domain, w: Workload) -> Iterator[str]:
        # Only now: pandas takes longer to load than most simulations to run.
        from .replay import ReplayError, births, bursts
        file = self.m.folder / w.values["trace"]
        try:
            found = bursts(file, w.values["domain"] or d.name, d.vcpus,
                           self.m.measure.end, exact=self.born)
        except ReplayError as error:
            raise self.m.error(("domains", d.table, "workload", error.key),
                               str(error)) from None
        for vcpu, several in enumerate(found):
            for b in several:
                line = f"burst {vcpu} {b.release} {b.work}"
                at = b.release if "order" in self.without else b.at
                yield f"{line} {b.cpu} {at}" if self.born else line
        if not self.born:
            return
        there = births(file, w.values["domain"] or d.name)
        for vcpu, (cpu, joined) in enumerate(there[:d.vcpus]):
            yield f"born {vcpu} {cpu} {joined}"
