"""The program: determinism, traces, errors, interruption, size."""
from __future__ import annotations

import hashlib
import os
import pty
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from experiments.runner.manifest import read
from experiments.runner.workload import (Place, WorkloadError, parse,
                                         to_guest)
from xentrace import check, xenalyze
from xentrace.trace import ROOT, TOOL, load

from .schedsim import SCHEDSIM, run, scenario

MIXED = (ROOT / "sched/sim/examples/mixed.toml").read_text()
SCHEDULERS = subprocess.run([SCHEDSIM, "--list"], text=True, check=True,
                            capture_output=True).stdout
NAMES = re.findall(r"^(\w+): ", SCHEDULERS, re.M)


def sha(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_same_seed_gives_the_same_trace(tmp_path: Path):
    short = MIXED.replace('"5s"', '"500ms"')
    a, b, c = (run(tmp_path, short, "--sched", "bvt", "--seed", seed, name=n)
               for seed, n in (("1", "a"), ("1", "b"), ("2", "c")))
    assert a.hash == b.hash != c.hash
    assert sha(a.trace) == sha(b.trace) != sha(c.trace)


def test_the_load_does_not_depend_on_the_scheduler(tmp_path: Path):
    text = scenario("\n".join(
        f'p{i}: {{ kind = "poisson", work = "50us", period = "2ms" }}'
        for i in range(4)))
    jobs = {s: run(tmp_path, text, "--sched", s, "--until", "4s").table.jobs
            for s in ("rr", "bvt", "credit")}
    assert list(jobs["rr"]) == list(jobs["bvt"]) == list(jobs["credit"])
    assert jobs["rr"].nunique() > 1     # each has a stream of its own


@pytest.mark.parametrize("name", NAMES)
def test_readers_accept_the_trace(tmp_path: Path, name: str):
    # Without costs much happens at one time, which is the hard case.
    r = run(tmp_path, MIXED.replace('"5s"', '"1s"'), "--sched", name,
            "--cost", "switch=0us", "--cost", "wake=0us")
    assert r.code == 0, r.err
    whole = subprocess.run([TOOL, "check", r.trace], text=True,
                           capture_output=True)
    assert whole.returncode == 0 and "whole" in whole.stdout
    trace = load(r.trace)
    assert trace.info.scheduler == name
    assert trace.info.domains[1] == "video"
    assert check.check(trace) == []
    assert xenalyze.disagreements(trace) == []


def test_the_table_says_what_the_trace_says(tmp_path: Path):
    r = run(tmp_path, MIXED.replace('"100ms"', '"0s"'), "--sched", "credit")
    done = subprocess.run([sys.executable, "-m", "xentrace", r.trace],
                          cwd=ROOT, text=True, capture_output=True)
    video = re.search(r"^video +([\d.]+) +(\d+)", done.stdout, re.M)
    assert float(video[1]) == pytest.approx(r.of("video").ran / 50e6, abs=0.01)
    assert int(video[2]) == pytest.approx(r.of("video").wakes, abs=1)


GOOD = scenario('hog: { kind = "hog" } | weight = 256\n'
                'p: { kind = "periodic", work = "1ms", period = "10ms" }',
                sched="bvt").replace('weight = ""\n', "")


@pytest.mark.parametrize("old,new,says", [
    ("weight = 256", "weight = 0",
     r"13: domains.hog.weight: bvt.weight=0: accepted are 1 to 65535"),
    ("weight = 256", "wait = 256",
     r"13: domains.hog.wait: unknown key 'wait'; known: .*weight"),
    ("weight = 256", 'parameters = { "bvt.warpp" = "1ms" }',
     r"13: domains.hog.parameters.bvt.warpp: bvt has no parameter warpp; it "
     r"has: .*warp"),
    ('"bvt"', '"null"',
     r"13: domains.hog.weight: null has no parameter weight; it has:.*"
     r"weight = .* of its \[\[schedulers\]\]"),
    ("weight = 256", 'parameters = { "bvt.warp" = "-1ms" }',
     r"13: domains.hog.parameters.bvt.warp: bvt.warp=-1ms: accepted are 0 to"),
    ("weight = 256", 'parameters = { "bvt.ctx_allow" = "1ms" }',
     r"13: domains.hog.parameters.bvt.ctx_allow: .*of the whole system"),
    ("weight = 256", 'cpus = "0-3"',
     r"13: domains.hog.cpus: 0-3: the machine has CPUs 0 to 0"),
    ("weight = 256", 'pool = "x"',
     r"13: domains.hog.pool: no pool is called 'x'"),
    ('"bvt"', '"bvd"',
     r"7: schedulers.bvd.name: no scheduler is called bvd; there are: bvt "),
    ("cpus = 1\n", "cpus = 1025\n",
     r"3: machine.cpus: 1025 CPUs: 1 to 1024 are possible"),
    ('"hog" }', '"hug" }',
     r"12: domains.hog.workload.kind: 'hug' is unknown; known: hog, periodic"),
    ('"10ms" }', '"10" }',
     r"17: domains.p.workload.period: '10' is not a time: write 120ms"),
    (', period = "10ms"', "",
     r"17: domains.p.workload: a periodic workload needs period"),
    ('"10ms" }', '"10ms", phase = 1 }',
     r"17: domains.p.workload.phase: a periodic workload has no such key"),
    ('until = "1s"', 'until = "soon"',
     r"5: measure.until: 'soon' is not a time"),
    ('until = "1s"', "", r"4: measure: until is missing"),
    ("[machine]", "[machine", r":2: .*at line 2"),
    ("[machine]", "[costs]\nsmall = '1us'\n[machine]",
     r"3: costs.small: unknown key 'small'; known: alarm"),
    ('kind = "hog"', 'kind = "ping", peer = "nobody"',
     r"12: domains.hog.workload.peer: no domain is called 'nobody'"),
    ('kind = "hog"', 'kind = "ping", peer = "p"',
     r"12: domains.hog.workload.peer: p's workload is periodic; a ping needs "
     r"a pong"),
    ('kind = "hog"', 'kind = "serve", work = "1ms", to = "hog"',
     r"12: domains.hog.workload.to: hog would talk to itself"),
    ('name = "bvt"', 'name = "bvt"\noptions = "rr.slice=1ms"',
     r"8: schedulers.bvt.options: rr.slice=1ms: the scheduler here is bvt"),
    ("[[domains]]", "[[domain]]", r"\d+: domain: unknown key 'domain'; known"),
    ('kind = "hog"', 'kind = "replay", trace = "none"',
     r"12: domains.hog.workload.trace: .*none"),
])
def test_errors_name_file_line_and_key(tmp_path: Path, old, new, says):
    assert old in GOOD
    r = run(tmp_path, GOOD.replace(old, new, 1))
    assert r.code == 1
    assert re.match(re.escape(f"{tmp_path}/s.toml:") + says.lstrip(":"), r.err)
    assert r.err.count("\n") == 1


def test_a_refused_domain_is_named(tmp_path: Path):
    text = scenario('a: { kind = "hog" } | parameters = { "sedf.period" = '
                    '"10ms", "sedf.slice" = "9ms" }; count = 2', sched="sedf")
    r = run(tmp_path, text)
    assert r.code == 1 and "a" in r.err and r.err.count("\n") == 1
    assert "refuses" in r.err or "does not admit" in r.err


@pytest.mark.parametrize("options,says", [
    (["--param", "bvt.warp"], "NAME.PARAM=VALUE"),
    (["--param", "bvt.nope=1"], "--param: bvt has no parameter nope"),
    (["--param", "rr.slice=1ms"],
     "--param: rr.slice=1ms: no scheduler rr runs here, but bvt"),
    (["--cost", "air=1us"], "--cost: air=1us: known are boot, switch"),
    (["--cost", "switch=1"], "--cost switch: '1' is not a time: write 120ms"),
    (["--until", "never"], "--until: 'never' is not a time: write 120ms"),
    (["--sched", "none"], "--sched: no scheduler is called none"),
    (["--plugin", "/dev/null"], "/dev/null: "),
])
def test_errors_of_options(tmp_path: Path, options, says):
    r = run(tmp_path, GOOD, *options)
    assert r.code == 1 and says in r.err and r.err.count("\n") == 1


@pytest.mark.parametrize("file,says", [
    ("none.toml", "none.toml: No such file or directory\n"),
    (".", "/experiment.toml: No such file or directory\n"),
    ("noise.toml", "noise.toml: it is no text: "),
    ("empty.toml", "empty.toml:1: domains: no [[domains]] is there\n"),
])
def test_errors_of_files(tmp_path: Path, file, says):
    (tmp_path / "noise.toml").write_bytes(b"\x8b\xff")
    (tmp_path / "empty.toml").touch()
    r = subprocess.run([SCHEDSIM, tmp_path / file], text=True,
                       capture_output=True)
    assert r.returncode == 1 and says in r.stderr
    assert r.stderr.count("\n") == 1 and not r.stdout


@pytest.mark.parametrize("name,vcpus,until,says", [
    ("b", 1, "1s", "has no domain 'b'; it has: a"),
    ("a", 2, "1s", "a has 1 vCPUs in .*, and 2 here"),
    ("a", 1, "2s", "ends at 1.000 s, before the scenario's end at 2.000 s"),
])
def test_a_trace_that_does_not_match(tmp_path: Path, name, vcpus, until, says):
    run(tmp_path, scenario('a: { kind = "bulk", work = "1ms", pause = "1ms" }'),
        name="first")
    text = scenario(f'{name}: {{ kind = "replay", trace = "first.trace" }} '
                    f"| vcpus = {vcpus}", until=until)
    r = run(tmp_path, text)
    assert r.code == 1 and re.search(says, r.err)
    assert r.err.startswith(f"{tmp_path}/s.toml:13: domains.{name}.workload.")


def test_ctrl_c_leaves_a_valid_trace(tmp_path: Path):
    file, trace = tmp_path / "s.toml", tmp_path / "s.trace"
    file.write_text(MIXED.replace('"5s"', '"100000s"'))
    process = subprocess.Popen(
        [SCHEDSIM, file, "--sched", "bvt", "--trace", trace], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not trace.exists() or trace.stat().st_size < 1_000_000:
        time.sleep(0.01)    # until it has begun to write: it is not timed
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "video" in out and "interrupted at" in out
    whole = subprocess.run([TOOL, "check", trace], text=True,
                           capture_output=True)
    assert whole.returncode == 0 and "whole" in whole.stdout, whole.stderr


def test_a_long_run_says_how_far_it_is(tmp_path: Path):
    """On a terminal, in a line that is rewritten; then Ctrl-C ends it."""
    file = tmp_path / "s.toml"
    file.write_text(MIXED.replace('"5s"', '"100000s"'))
    ours, its = pty.openpty()
    process = subprocess.Popen([SCHEDSIM, file, "--sched", "bvt"], text=True,
                               stdout=subprocess.PIPE, stderr=its)
    os.close(its)
    said = b""
    while said.count(b"\r") < 3:   # until it has been rewritten: not timed
        said += os.read(ours, 1000)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 130 and "interrupted at" in out
    far = [float(x) for x in re.findall(
        rb"\r\S+: ([\d.]+) of 100000.000 s, [\d.]+ M decisions", said)]
    assert len(far) >= 2 and far == sorted(far) and far[0] < far[-1]


def test_a_thousand_cpus_and_a_hundred_thousand_vcpus(tmp_path: Path):
    text = scenario(
        'hog: { kind = "hog" } | count = 500; vcpus = 100\n'
        'poi: { kind = "poisson", work = "100us", period = "20ms" } '
        "| count = 500; vcpus = 100", cpus=1024, until="20ms", sched="bvt")
    r = run(tmp_path, text)
    assert r.code == 0, r.err
    assert r.of("hog").vcpus == r.of("poi").vcpus == 50_000
    assert r.of("hog").ran + r.of("poi").ran == 1024 * 20_000_000
    whole = subprocess.run([TOOL, "info", r.trace], text=True,
                           capture_output=True)
    assert "CPUs       1024" in whole.stdout


@pytest.mark.parametrize("sched", ["bvt", "credit2", "rr"])
def test_many_things_at_one_time(tmp_path: Path, sched: str):
    """64 vCPUs that wake at once, all over 32 CPUs: in the trace each vCPU's
    steps follow one another, and none is of a nanosecond that it is not of."""
    r = run(tmp_path, scenario(
        'p: { kind = "periodic", work = "200us", period = "10ms", '
        'offset = "0ms" } | count = 64', cpus=32, until="50ms", sched=sched))
    whole = subprocess.run([TOOL, "check", r.trace], text=True,
                           capture_output=True)
    assert whole.returncode == 0, whole.stdout[-2000:]
    at_whole_us = load(r.trace).ns % 1e3 < 1  # as work and period are
    assert len(at_whole_us) > 1000 and at_whole_us.all()


def test_a_guest_and_its_workload_are_the_same(tmp_path: Path):
    """kernel and cmdline give the workload, and the workload gives them."""
    text = scenario('h: { kind = "hog", start = "1s" }\n'
                    'p: { kind = "periodic", work = "2ms", period = "7ms", '
                    'duration = "9s", burn = 1 }\n'
                    's: { kind = "sporadic", work = "2ms", period = "7ms", '
                    'offset = "7ms", runaway = "5s" }\n'
                    'u: { kind = "bulk", work = "1ms", pause = "3ms" }\n'
                    'r: { kind = "rogue", work = "7ms", period = "10ms", '
                    'offset = "1ms" }\n'
                    'a: { kind = "ping", peer = "b", interval = "3ms" }\n'
                    'b: { kind = "pong", peer = "a" }\n'
                    'v: { kind = "video", duration = "3s" }\n'
                    'c: { kind = "request", to = "d", work = "9us", period = '
                    '"2ms", arrivals = "exponential", count = 5, size = 64 }\n'
                    'd: { kind = "serve", work = "1ms", '
                    'service = "exponential" }\n'
                    'l: { kind = "spin", work = "90us", hold = "5us" }\n'
                    'f: { kind = "forkjoin", work = "1ms", extra = "300us", '
                    'period = "4ms", count = 9 }')
    file = tmp_path / "s.toml"
    file.write_text(text)
    by_work = read(file).domains
    guests = "\n".join(
        f'[[domains]]\nname = "{d.name}"\nkernel = "{d.kernel}"\n'
        f'cmdline = "{d.cmdline}"' for d in by_work)
    file.write_text(text.split("[[domains]]")[0] + guests)
    for one, other in zip(by_work, read(file).domains):
        assert one.kernel and one.kernel == other.kernel
        for key, value in other.workload.values.items():
            mine = one.workload.values[key]
            ids = {"a": 6, "b": 7, "d": 10}
            assert value in (mine, str(ids.get(mine, mine)))


PLACE = Place({"me": 1, "other": 2}, {}, 1)


@pytest.mark.parametrize("text,why", [
    ('kind = "poisson", work = "1ms", period = "2ms"',
     "no guest of ours does 'poisson'"),
    ('kind = "serve", work = "1ms"', "0 domains ask it"),
    ('kind = "serve", work = "1ms", to = "other"', "answers by itself"),
    ('kind = "request", work = "1us", period = "2ms", to = "other", depth = 33',
     "depth 1 to 32"),
])
def test_no_guest_does_it(text: str, why: str):
    work = parse(tomllib.loads(f"w = {{ {text} }}")["w"])
    with pytest.raises(WorkloadError, match=why):
        to_guest(work, "me", PLACE)


def test_linux_and_its_programs():
    """What is named is packed, and the command lines are for init to read."""
    work = parse({"kind": "linux", "after": "2s", "run": [
        "nginx -g x &", "wrk -d 1 http://127.0.0.1/"]})
    guest = to_guest(work, "me", PLACE)
    assert guest.ramdisk == "linux/with-nginx+wrk.img"
    assert guest.cmdline == ("console=hvc0 quiet job=sleep:2 job=bg:nginx:-g:x "
                             "job=run:wrk:-d:1:http%3a//127.0.0.1/")
    with pytest.raises(WorkloadError, match="a list of command lines"):
        parse({"kind": "linux", "run": "wrk"})


@pytest.mark.parametrize("work,why", [
    ('kind = "linux", run = ["hackbench"]',
     "Linux runs in the hypervisor only"),
    ('kind = "request", to = "b", work = "1us", period = "2ms", depth = 4',
     "workload.depth: the simulator knows no such thing"),
])
def test_the_simulator_says_what_it_cannot(tmp_path: Path, work: str,
                                           why: str):
    said = run(tmp_path, scenario(f'a: {{ {work} }}\n'
                                  'b: { kind = "serve", work = "1us" }'))
    assert said.code == 1 and why in said.err


def test_the_experiments_own_manifest_runs(tmp_path: Path):
    """The latency experiment, but for Linux, of which nothing is known."""
    text = (ROOT / "experiments/latency/experiment.toml").read_text()
    said = run(tmp_path, text, "--sched", "bvt")
    assert re.search(r"s.toml:51: domains.lat.kernel: what linux/vmlinuz does "
                     "is not known here", said.err)
    text = text.replace('kernel = "linux/vmlinuz"',
                        'kernel = "linux/vmlinuz"\nworkload = { kind = '
                        '"periodic", work = "30us", period = "1ms" }')
    bvt = run(tmp_path, text, "--sched", "bvt")
    rr = run(tmp_path, text, "--sched", "rr")
    assert bvt.of("lat").wake_p99 < 50_000 and bvt.of("periodic").misses == 0
    assert rr.of("lat").wake_p99 > 10_000_000
    hogs = [bvt.of(f"hog{i}").ran for i in range(1, 9)]
    assert hogs[7] / hogs[0] == pytest.approx(4, rel=0.01)
