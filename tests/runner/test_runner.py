"""The experiment runner, on traces of the generator; and what it refuses."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from experiments.runner import __main__ as runner
from experiments.runner import medium
from experiments.runner.choose import choose
from experiments.runner.manifest import ManifestError, Scheduler, read
from experiments.runner.units import to_ns
from xentrace.trace import ROOT, TOOL

HERE = Path(__file__).parent
SYNTH = ROOT / "build" / "tests" / "synth"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with traces in it, evaluated."""
    out = tmp_path_factory.mktemp("results")
    for name in "rr", "boost":
        work = out / "work" / f"{name}-1"
        work.mkdir(parents=True)
        subprocess.run([SYNTH, work / "ram", "2200", "3", name], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run([TOOL, "record", "--ram", work / "ram",
                        work / "trace"], check=True)
        (work / "serial.log").write_text(
            "(XEN) (d2) periodic: jobs=200 misses=3 period=10000000\n")
    assert evaluate(out) == 0
    return out


def evaluate(out: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "experiments.runner", HERE, "--again",
         "--out", out], cwd=ROOT, text=True, capture_output=True)
    print(done.stdout, done.stderr)
    return done.returncode


def test_table(results: Path):
    table = pd.read_csv(results / "table.csv").set_index("scheduler")
    assert table.loc["boost", "p99_us"] == 0
    assert 20000 < table.loc["rr", "median_us"] < 31000
    assert table.loc["rr", "deadline_misses"] == 3


def test_figures_and_report(results: Path):
    for figure in "cdf", "timeline", "shares":
        for kind in "pdf", "svg", "png":
            assert (results / f"{figure}.{kind}").stat().st_size > 2000
    page = (results / "report.html").read_text()
    assert page.count("<svg") == 3
    assert not re.search(r"(?:src|href)=['\"](?!#)", page)  # self-contained
    metas = json.loads(re.search(r'id="explore-meta">(.*?)</script>',
                                 page).group(1))
    assert [(m["label"], m["focus"]) for m in metas] == [
        ("round robin", 1), ("boost", 1)]
    assert all(m["records"] > 1000 for m in metas)
    ids = re.findall(r"\bid=['\"]([^'\"]+)", page)
    assert len(ids) == len(set(ids))


def test_same_traces_same_hashes(results: Path):
    before = json.loads((results / "manifest.json").read_text())
    assert evaluate(results) == 0
    assert json.loads((results / "manifest.json").read_text()) == before


def test_another_trace_of_an_equal_run_is_told(results: Path, tmp_path: Path):
    """As if the run before had given another trace."""
    other = tmp_path / "other"
    shutil.copytree(results, other)
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["runs"]["rr-1"]["trace_sha256"] = "0" * 64
    (other / "manifest.json").write_text(json.dumps(manifest))
    assert evaluate(other) == 3
    assert evaluate(other) == 0  # and now they are equal


def test_an_expectation_that_fails_is_told(results: Path, tmp_path: Path):
    swapped = tmp_path / "swapped"
    shutil.copytree(results, swapped)
    (swapped / "work" / "rr-1").rename(swapped / "work" / "x")
    (swapped / "work" / "boost-1").rename(swapped / "work" / "rr-1")
    (swapped / "work" / "x").rename(swapped / "work" / "boost-1")
    assert evaluate(swapped) == 1


def test_damaged_and_missing_traces(results: Path, tmp_path: Path):
    broken = tmp_path / "broken"
    shutil.copytree(results, broken)
    shutil.rmtree(broken / "work" / "rr-1")
    trace = broken / "work" / "boost-1" / "trace"
    trace.write_bytes(trace.read_bytes()[:-501])
    assert evaluate(broken) == 1
    assert "not run" in (broken / "report.html").read_text()


def test_manifest_is_read():
    manifest = read(HERE)
    assert [d.name for d in manifest.domains][:4] == ["lat", "hog1", "hog2",
                                                      "hog3"]
    assert manifest.id_of("hog2") == 3
    assert manifest.measure.timeline == 120_000_000


@pytest.mark.parametrize("old,new,says", [
    ('until = "1900ms"', 'until = "soon"', "'soon' is not a time"),
    ('until = "1900ms"', 'until = "100ms"', "from < until"),
    ("[256, 256, 256]", "[256, 256]", "2 weights for 3 domains"),
    ('kernel = "hog"', 'colonel = "hog"', "unknown key 'colonel'"),
    ('name = "synthetic"', "name = ", "experiment.toml"),
])
def test_a_wrong_manifest_is_refused(tmp_path: Path, old: str, new: str,
                                     says: str):
    text = (HERE / "experiment.toml").read_text()
    assert old in text
    (tmp_path / "experiment.toml").write_text(text.replace(old, new))
    with pytest.raises(ManifestError, match=re.escape(says)):
        read(tmp_path)


def test_descriptions():
    manifest = read(ROOT / "experiments" / "latency")
    line = medium.describe(manifest.domains[0], manifest.schedulers[3])
    assert line.startswith("domain name=lat kernel=linux-vmlinuz ramdisk=")
    assert 'cmdline="console=hvc0' in line
    assert "bvt.weight=512" in line and "bvt.warp=" in line
    assert "sedf" not in line and "\n" not in line
    config = medium.grub_config(manifest, manifest.schedulers[0])
    assert "sched=rr" in config
    assert "module2 /boot/domains.txt domains" in config


DOM0 = """
[dom0]
ramdisk = "linux/toolstack.img"
jobs = ["daemons", "weights:low=32"]
guests = ["web", "client"]
pin = true
weight = 64
parameters = { "credit.cap" = 50, "sedf.slice" = "1ms" }
"""


def test_a_linux_as_dom0(tmp_path: Path):
    """The first module without a description, its initrd after it; its
    parameters on the hypervisor's line; its guests' ids after all others."""
    file = tmp_path / "experiment.toml"
    file.write_text((HERE / "experiment.toml").read_text() + DOM0)
    manifest = read(file)
    credit = Scheduler("credit")
    lines = medium.grub_config(manifest, credit).splitlines()
    at = next(i for i, line in enumerate(lines) if "multiboot2" in line)
    assert lines[at].endswith(
        " dom0_mem=512M,max:512M dom0_max_vcpus=1 dom0_vcpus_pin "
        "dom0_sched=credit.weight=64,credit.cap=50")
    assert lines[at + 1] == "  module2 /boot/linux-vmlinuz console=hvc0 " \
        "quiet job=daemons job=weights:low=32"
    assert lines[at + 2] == "  module2 /boot/linux-toolstack.img"
    assert manifest.id_of("dom0") == 0
    known = len(manifest.domains)
    assert manifest.id_of("client") == known + 2
    assert "linux/toolstack.img" in manifest.files


@pytest.mark.parametrize("old,new,says", [
    ('"daemons"', '"two words"', "dom0.jobs: ['two words', "
     "'weights:low=32']: a list of words"),
    ("pin = true", 'pin = "yes"', "dom0.pin: 'yes': true or false"),
    ('"web"', '"client"', "dom0: two domains are called 'client'"),
    ("weight = 64", "vcpus = 0", "dom0.vcpus: 1 or more"),
    ("weight = 64", "wait = 64", "dom0.wait: unknown key 'wait'"),
])
def test_a_wrong_dom0(tmp_path: Path, old: str, new: str, says: str):
    file = tmp_path / "experiment.toml"
    file.write_text((HERE / "experiment.toml").read_text()
                    + DOM0.replace(old, new))
    with pytest.raises(ManifestError, match=re.escape(says)):
        read(file)


def test_another_scheduler(tmp_path: Path):
    """--sched and --plugin: one of the manifest's, one that is new to it, and
    an object on the medium."""
    plugin = tmp_path / "lottery.o"
    plugin.write_bytes(b"")
    manifest = choose(read(ROOT / "experiments" / "latency"),
                      ["bvt", "lottery,weight=tickets,label=Lottery"],
                      [plugin])
    bvt, lottery = manifest.schedulers
    assert bvt.label == "BVT with warp" and bvt.options
    assert lottery.label == "Lottery"
    line = medium.describe(manifest.domains[0], lottery)
    assert "lottery.tickets=512" in line and "bvt" not in line
    config = medium.grub_config(manifest, lottery)
    assert "sched=lottery" in config
    assert "module2 /boot/lottery.o sched_plugin" in config
    same = choose(read(HERE), [], [])
    assert same == read(HERE)


@pytest.mark.parametrize("args,says", [
    (["--sched", "Lottery"], "'Lottery' is no name of a scheduler"),
    (["--sched", "rr,colour=red"], "'colour=red' is not KEY=VALUE"),
    (["--sched", "rr,weight=", "--sched", "lotery"],
     "--sched lotery: no such scheduler; there are: "),
    (["--sched", "bvt,weight=tickets"], "it has no parameter 'tickets' for "
     "the domains' weights; it has: "),
    (["--plugin", "none.o"], "--plugin none.o: there is no such file"),
])
def test_a_wrong_choice_is_refused(args: list[str], says: str):
    """One line."""
    done = subprocess.run(
        [sys.executable, "-m", "experiments.runner", HERE, *args], cwd=ROOT,
        text=True, capture_output=True)
    assert done.returncode == 1 and says in done.stderr
    assert done.stderr.count("\n") == 1


def test_units():
    assert to_ns("1.5s") == 1_500_000_000
    assert to_ns("20us") == 20_000
    with pytest.raises(ValueError):
        to_ns("20")


def test_compare_tells_a_difference():
    new = {"inputs": {}, "tools": {}, "runs": {"a": {"trace_sha256": "1"}}}
    old = {"inputs": {}, "tools": {}, "runs": {"a": {"trace_sha256": "2"}}}
    lines, differs = runner.compare(old, new)
    assert "DIFFERS" in lines[0] and differs
    lines, differs = runner.compare(new, new)
    assert "identical" in lines[0] and not differs
