"""What a domain does: the table of kinds, and which guest of ours does it.

`workload = { kind = "periodic", work = "1ms", period = "10ms" }` describes a
domain's work to the simulator. Where one of our guests does the same, the same
domain runs in the hypervisor, and a domain described by such a guest and its
command line runs in the simulator. guests/README.md has the guests' options,
sched/sim/work.h what each kind does.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .units import to_ns

NEEDED = object()

# kind -> key -> (type, default). Types: time (ns), number, domain (its name),
# choice (exponential or fixed), text. "=key" is the value of another key.
_LIMITS = {"start": ("time", 0), "duration": ("time", 0)}
_JOBS = {**_LIMITS, "work": ("time", NEEDED), "period": ("time", NEEDED),
         "count": ("number", 0)}
_MORE = {"burn": ("number", 0), "runaway": ("time", 0), "vary": ("time", 0),
         "key": ("number", 0)}
KINDS: dict[str, dict[str, tuple[str, Any]]] = {
    "hog": _LIMITS,
    "periodic": {**_JOBS, **_MORE, "deadline": ("time", "=period"),
                 "offset": ("offset", "=period"), "jitter": ("time", 0)},
    "sporadic": {**_JOBS, **_MORE, "deadline": ("time", "=period"),
                 "offset": ("offset", 0), "extra": ("time", "=period")},
    "rogue": {**_LIMITS, "work": ("time", NEEDED), "period": ("time", NEEDED),
              "offset": ("offset", 0)},
    "poisson": {**_JOBS, "deadline": ("time", 0),
                "service": ("choice", "fixed")},
    "onoff": {**_LIMITS, "work": ("time", NEEDED), "pause": ("time", NEEDED)},
    "bulk": {**_LIMITS, "work": ("time", NEEDED), "pause": ("time", NEEDED)},
    "yielder": {**_LIMITS, "work": ("time", NEEDED)},
    "ping": {**_LIMITS, "peer": ("domain", NEEDED), "work": ("time", 2000),
             "interval": ("time", 0), "count": ("number", 0)},
    "pong": {**_LIMITS, "peer": ("domain", NEEDED), "work": ("time", 2000)},
    "request": {**_JOBS, "to": ("domain", NEEDED), "deadline": ("time", 0),
                "offset": ("offset", 0), "arrivals": ("choice", "fixed"),
                "size": ("number", 0), "depth": ("number", 1)},
    "serve": {**_LIMITS, "work": ("time", NEEDED), "to": ("domain", ""),
              "service": ("choice", "fixed")},
    "forkjoin": {**_LIMITS, "work": ("time", NEEDED), "extra": ("time", 0),
                 "period": ("time", 0), "count": ("number", 0)},
    "spin": {**_LIMITS, "work": ("time", NEEDED), "hold": ("time", NEEDED),
             "extra": ("time", 0)},
    "replay": {"trace": ("text", NEEDED), "domain": ("text", "")},
    "linux": {"run": ("commands", NEEDED), "after": ("time", 0)},
}
# Kinds that are another one with other defaults: players, whose deadline is the
# frames that they have in store. A sound card's 10 ms; a film of 25 frames a
# second, each twelfth of them whole.
PLAYERS: dict[str, dict[str, str | int]] = {
    "audio": {"work": "300us", "period": "10ms", "deadline": "20ms"},
    "video": {"work": "6ms", "vary": "10ms", "key": 12, "period": "40ms",
              "deadline": "80ms"},
}
# What the simulator has no notion of, with the value that changes nothing.
ONLY_GUESTS = {"size": 0, "depth": 1}
POSITIVE = {"period", "work", "pause", "hold"}

# Our guests, with the options that their command lines take, and defaults.
_GUESTS: dict[str, dict[str, Any]] = {
    "hog": {"start": 0, "duration": 0, "report": 0},
    "periodic": {"start": 0, "period": 10**7, "work": 10**6, "deadline": 0,
                 "count": 0, "duration": 10**10, "extra": 0, "seed": 1,
                 "burn": 0, "runaway": 0, "pause": 0, "vary": 0, "key": 0},
    "rogue": {"start": 0, "period": 10**7, "work": 0, "offset": 0,
              "duration": 0},
    "pingpong": {"role": "", "peer": "", "start": 0, "interval": 0,
                 "rounds": 0, "duration": 10**10},
    "request": {"role": "", "peer": "", "period": 10**7, "arrivals": "fixed",
                "seed": 1, "work": -1, "service": "fixed", "size": 0,
                "depth": 1, "deadline": 0, "start": 0, "duration": 10**10,
                "count": 0},
    "smp": {"mode": "spin", "work": 10**5, "extra": 0, "hold": 10**4,
            "wait": "block", "period": 0, "start": 0, "duration": 10**10,
            "count": 0, "seed": 1},
}
_TEXTS = ("role", "peer", "arrivals", "service", "mode", "wait")
_COUNTS = ("count", "rounds", "burn", "seed", "key", "size", "depth")


class WorkloadError(Exception):
    """Something is wrong with this key of a workload."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


@dataclass(frozen=True)
class Workload:
    """A kind, and all its values: times in ns, domains by name. `alone`: only
    the domain's first vCPU does it, as in a guest that starts no others."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    alone: bool = False


def _value(key: str, kind: str, value: Any) -> Any:
    if kind == "offset" and value == "random":
        return value
    if kind in ("time", "offset"):
        try:
            value = value if value == 0 else to_ns(str(value))
        except ValueError as error:
            raise WorkloadError(key, str(error)) from None
        if key in POSITIVE and value <= 0:
            raise WorkloadError(key, "must be above 0")
    elif kind == "number":
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise WorkloadError(key, f"{value!r} is no number from 0 on")
    elif kind == "commands":
        if not isinstance(value, list) or not value or not all(
                isinstance(line, str) and line.split() for line in value):
            raise WorkloadError(key, "write a list of command lines: "
                                "[\"hackbench --groups 2\"]")
    elif kind == "choice":
        if value not in ("fixed", "exponential"):
            raise WorkloadError(key, f"{value!r}: fixed or exponential")
    elif not isinstance(value, str):
        raise WorkloadError(key, f"{value!r} is no text")
    return value


def parse(table: dict[str, Any]) -> Workload:
    """A workload as it stands in the manifest. WorkloadError: what is wrong."""
    if not isinstance(table, dict) or "kind" not in table:
        raise WorkloadError("", "a workload is { kind = \"...\", ... }; kinds: "
                            f"{', '.join([*KINDS, *PLAYERS])}")
    kind = table["kind"]
    if kind in PLAYERS:
        return parse({**PLAYERS[kind], **table, "kind": "periodic"})
    if kind not in KINDS:
        raise WorkloadError("kind", f"{kind!r} is unknown; known: "
                            f"{', '.join([*KINDS, *PLAYERS])}")
    keys, values = KINDS[kind], {}
    for key in table:
        if key != "kind" and key not in keys:
            raise WorkloadError(key, f"a {kind} workload has no such key; it "
                                f"has: {', '.join(keys)}")
    for key, (form, default) in keys.items():
        if key in table:
            values[key] = _value(key, form, table[key])
        elif default is NEEDED:
            raise WorkloadError("", f"a {kind} workload needs {key}")
        else:
            values[key] = default
    for key, value in values.items():
        if isinstance(value, str) and value.startswith("="):
            values[key] = values[value[1:]]
    return Workload(kind, values)


def _options(kernel: str, cmdline: str) -> dict[str, Any]:
    options = dict(_GUESTS[kernel])
    for word in cmdline.split():
        key, equals, text = word.partition("=")
        if not equals or key not in options:
            raise WorkloadError("cmdline", f"{word!r} is no option of {kernel}")
        if key in _TEXTS:
            options[key] = text
        elif key in _COUNTS:
            try:
                options[key] = int(text)
            except ValueError:
                raise WorkloadError("cmdline", f"{word!r}: a number is "
                                    "expected") from None
        else:
            options[key] = _value("cmdline", "time",
                                  0 if text == "0" else text)
    return options


def _of_request(o: dict[str, Any]) -> Workload:
    if o["role"] not in ("client", "server") or not o["peer"]:
        raise WorkloadError("cmdline", "role=client|server and peer=DOMID are "
                            "needed")
    if o["role"] == "server":
        return Workload("serve", {
            "start": 0, "duration": 0, "to": "", "service": o["service"],
            "work": 10**6 if o["work"] < 0 else o["work"]}, alone=True)
    if not o["period"]:
        raise WorkloadError("cmdline", "period=0: the simulator's client has a "
                            "period")
    return Workload("request", {
        **{key: o[key] for key in ("start", "duration", "period", "count",
                                   "deadline", "arrivals", "size", "depth")},
        "to": o["peer"], "work": max(0, o["work"]), "offset": 0}, alone=True)


def _of_smp(o: dict[str, Any]) -> Workload:
    limits = {key: o[key] for key in ("start", "duration", "work", "extra")}
    if o["mode"] == "spin":
        return Workload("spin", {**limits, "hold": o["hold"]})
    if o["mode"] != "forkjoin":
        raise WorkloadError("cmdline", f"mode={o['mode']}: spin or forkjoin")
    return Workload("forkjoin", {**limits, "period": o["period"],
                                 "count": o["count"]})


def of_guest(kernel: str, cmdline: str) -> Workload | None:
    """What the guest does; None: it is none of those that the simulator knows.
    WorkloadError: its command line is wrong."""
    if kernel not in _GUESTS:
        return None
    o = _options(kernel, cmdline)
    limits = {"start": o["start"], "duration": o["duration"]}
    if kernel == "hog":
        return Workload("hog", limits)
    if kernel == "periodic" and o["pause"]:
        return Workload("bulk", {**limits, "work": o["work"],
                                 "pause": o["pause"]}, alone=True)
    if kernel == "periodic":
        values = {
            **limits, "work": o["work"], "period": o["period"],
            "count": o["count"], "deadline": o["deadline"] or o["period"],
            "offset": o["period"], "burn": o["burn"], "runaway": o["runaway"],
            "vary": o["vary"], "key": o["key"]}
        if o["extra"]:
            return Workload("sporadic", {**values, "extra": o["extra"]},
                            alone=True)
        return Workload("periodic", {**values, "jitter": 0}, alone=True)
    if kernel == "rogue":
        return Workload("rogue", {
            **limits, "work": o["work"], "period": o["period"],
            "offset": o["offset"]}, alone=True)
    if kernel == "request":
        return _of_request(o)
    if kernel == "smp":
        return _of_smp(o)
    if o["role"] not in ("a", "b") or not o["peer"]:
        raise WorkloadError("cmdline", "role=a|b and peer=DOMID are needed")
    if o["role"] == "b":
        return Workload("pong", {"start": 0, "duration": 0, "work": 2000,
                                 "peer": o["peer"]}, alone=True)
    return Workload("ping", {
        **limits, "peer": o["peer"], "work": 2000, "interval": o["interval"],
        "count": o["rounds"]}, alone=True)


@dataclass(frozen=True)
class Guest:
    """What a domain boots, below build/guests, and with which words."""

    kernel: str
    cmdline: str
    ramdisk: str = ""
    memory: str = ""


@dataclass(frozen=True)
class Place:
    """Where a workload is: all domains' ids, who asks whom, the run's seed."""

    ids: dict[str, int]
    clients: dict[str, list[str]]
    seed: int


def place_of(workloads: dict[str, Workload | None], seed: int) -> Place:
    """Of all domains of a manifest, in order."""
    clients: dict[str, list[str]] = {}
    for name, w in workloads.items():
        if w and w.kind == "request":
            clients.setdefault(w.values["to"], []).append(name)
    return Place({name: i for i, name in enumerate(workloads, 1)}, clients,
                 seed)


def _words(**options: Any) -> str:
    """An option that is 0 where 0 is the guest's default is left out."""
    return " ".join(f"{key}={value}" if isinstance(value, str)
                    else f"{key}={value}ns" for key, value in options.items()
                    if value not in (0, None))


def _periodic(v: dict[str, Any]) -> str:
    if v.get("jitter"):
        raise WorkloadError("jitter", "the guest periodic knows none")
    if v["offset"] == "random":
        raise WorkloadError("offset", "the guest periodic knows no random one")
    start = v["start"] + v["offset"] - v["period"]  # it begins a period later
    if start < 0:
        raise WorkloadError("offset", "the guest periodic begins one period "
                            "after its start at the earliest")
    count = f" count={v['count']}" if v["count"] else ""
    burn = " burn=1" if v["burn"] else ""
    key = f" key={v['key']}" if v["key"] else ""
    return _words(start=start, period=v["period"], work=v["work"],
                  deadline=v["deadline"], extra=v.get("extra"),
                  runaway=v["runaway"], vary=v["vary"]) + burn + key + \
        f" duration={v['duration']}ns{count}".replace("=0ns", "=0")


def _no_end(v: dict[str, Any]) -> str:
    """The guests' own default is 10 s."""
    return f" duration={v['duration']}ns".replace("=0ns", "=0")


def _pingpong(w: Workload, ids: dict[str, int]) -> str:
    v = w.values
    peer = ids.get(v["peer"], v["peer"])
    words = f"role={'a' if w.kind == 'ping' else 'b'} peer={peer}"
    if w.kind == "ping":
        words += _no_end(v)
        words += f" rounds={v['count']}" if v["count"] else ""
        words += " " + _words(start=v["start"], interval=v["interval"])
    return words.strip()


def _request(v: dict[str, Any], ids: dict[str, int]) -> str:
    if v["offset"] == "random":
        raise WorkloadError("offset", "the guest request knows no random one")
    words = f"role=client peer={ids.get(v['to'], v['to'])} " + _words(
        start=v["start"] + v["offset"], period=v["period"], work=v["work"],
        deadline=v["deadline"], arrivals=v["arrivals"])
    if v["size"] > 4096 or not 1 <= v["depth"] <= 32:
        raise WorkloadError("size", "the guest request has size to 4096, depth "
                            "1 to 32")
    for key in "count", "size":
        words += f" {key}={v[key]}" if v[key] else ""
    return f"{words} depth={v['depth']}" + _no_end(v)


def _serve(v: dict[str, Any], me: str, place: Place) -> str:
    """It answers the one domain that asks it."""
    if v["to"]:
        raise WorkloadError("to", "the guest request answers by itself")
    asks = place.clients.get(me, [])
    if len(asks) != 1:
        raise WorkloadError("kind", f"{len(asks)} domains ask it: the guest "
                            "request has one client")
    return f"role=server peer={place.ids[asks[0]]} work={v['work']}ns " \
        f"service={v['service']}"


def _smp(w: Workload) -> str:
    v = w.values
    words = f"mode={w.kind} " + _words(
        start=v["start"], work=v["work"], extra=v["extra"],
        hold=v.get("hold"), period=v.get("period"))
    words += f" count={v['count']}" if v.get("count") else ""
    return words + _no_end(v)


def programs(w: Workload) -> list[str]:
    """Of a linux workload, what its initramfs has to have."""
    first = (line.split()[0] for line in w.values["run"])
    return sorted({word for word in first if word not in ("sleep", "sh")})


def _linux(w: Workload) -> Guest:
    """Debian's kernel, an initramfs with the programs, and a command line that
    guests/linux/init understands."""
    after = w.values["after"]
    jobs = [f"job=sleep:{after / 1e9:g}"] if after else []
    for line in w.values["run"]:
        *words, last = line.split()
        job = "bg" if last == "&" else "run"
        words += [] if last == "&" else [last]
        jobs.append(":".join([f"job={job}"] + [
            word.replace(":", "%3a") for word in words]))
    return Guest("linux/vmlinuz", " ".join(["console=hvc0 quiet", *jobs]),
                 f"linux/with-{'+'.join(programs(w))}.img", "192M")


def to_guest(w: Workload, me: str, place: Place) -> Guest:
    """The guest that does w, in domain `me`. WorkloadError: no guest of ours
    does it."""
    v = w.values
    seed = f" seed={place.seed * 1000 + place.ids[me]}"
    if w.kind == "hog":
        return Guest("hog", _words(start=v["start"], duration=v["duration"]))
    if w.kind in ("periodic", "sporadic"):
        return Guest("periodic", _periodic(v) + (seed if v["vary"] else ""))
    if w.kind == "bulk":
        return Guest("periodic", _words(start=v["start"], work=v["work"],
                                        pause=v["pause"]) + _no_end(v))
    if w.kind == "rogue":
        if v["offset"] == "random":
            raise WorkloadError("offset", "the guest rogue knows no random one")
        return Guest("rogue", _words(start=v["start"], period=v["period"],
                                     work=v["work"], offset=v["offset"],
                                     duration=v["duration"]))
    if w.kind in ("ping", "pong"):
        return Guest("pingpong", _pingpong(w, place.ids))
    if w.kind == "request":
        return Guest("request", _request(v, place.ids) + seed)
    if w.kind == "serve":
        return Guest("request", _serve(v, me, place) + seed)
    if w.kind in ("spin", "forkjoin"):
        return Guest("smp", _smp(w) + seed)
    if w.kind == "linux":
        return _linux(w)
    raise WorkloadError("kind", f"no guest of ours does {w.kind!r}: hog, "
                        "periodic, sporadic, bulk, rogue, ping, pong, request, "
                        "serve, spin, forkjoin and linux run in the hypervisor")
