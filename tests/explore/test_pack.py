"""A trace packed into a page: nothing of it is lost, nothing is fetched."""
from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.explore import pack
from xentrace import load, runstates
from xentrace.trace import (BLOCKED, RECORD, ROOT, RUNNABLE, TOOL, Info,
                            Trace)

FOLDER = ROOT / "experiments" / "explore"
SYNTH = ROOT / "build" / "tests" / "synth"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of a small round robin on two CPUs."""
    folder = tmp_path_factory.mktemp("pack")
    subprocess.run([SYNTH, folder / "ram", "3000", "1"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([TOOL, "record", "--ram", folder / "ram",
                    folder / "a.trace"], check=True)
    return folder / "a.trace"


def unpack(meta: dict, text: str) -> np.ndarray:
    """What src/model.js does, a second time: records without seq; the first
    one's tsc is 0."""
    data = gzip.decompress(base64.b64decode(text))
    at, n = 0, meta["records"]

    def column(length: int) -> np.ndarray:
        nonlocal at
        planes = data[at]
        at += 1
        value = np.zeros(length, np.uint64)
        for p in range(planes):
            plane = np.frombuffer(data, np.uint8, length, at)
            value |= plane.astype(np.uint64) << np.uint64(8 * p)
            at += length
        return value.astype(np.int64)

    records = np.zeros(n, RECORD)
    step, event = column(n), column(n)
    records["tsc"] = np.cumsum(step >> 1 ^ -(step & 1)).astype(np.uint64)
    records["event"] = event
    records["cpu"], records["nr"] = column(n), column(n)
    for e, said in enumerate(meta["events"]):
        for k in range(said["words"]):
            records["word"][event == e, k] = column(said["count"])
    assert at == len(data)
    return records


def same(trace: Trace) -> None:
    """Is what comes out what went in?"""
    meta, text = pack.pack(trace, "x")
    got = unpack(meta, text)
    number = np.unique(trace.records["event"])
    first = trace.records["tsc"][0]
    assert (got["tsc"] == trace.records["tsc"] - first).all()
    assert (number[got["event"]] == trace.records["event"]).all()
    for column in "cpu", "nr":
        assert (got[column] == trace.records[column]).all()
    used = np.arange(7) < trace.records["nr"][:, None]
    assert (got["word"][used] == trace.records["word"][used]).all()


def test_round_trip(file: Path):
    trace = load(file)
    assert len(trace.records) > 2000
    same(trace)


def test_round_trip_of_what_is_rare(tmp_path: Path):
    """Times that go back, long silences, great CPU numbers, all words, and
    more kinds of events than a byte counts."""
    rng = np.random.default_rng(5)
    records = np.zeros(3000, RECORD)
    step = rng.integers(0, 1 << 36, 3000)
    step[5::7] = -rng.integers(1, 3000, len(step[5::7]))
    records["tsc"] = (1 << 50) + np.cumsum(step).astype(np.uint64)
    records["event"] = 0x28000 + rng.integers(0, 700, 3000)
    records["cpu"] = rng.integers(0, 4000, 3000)
    records["nr"] = rng.integers(0, 8, 3000)
    records["word"] = rng.integers(0, 1 << 32, (3000, 7))
    same(Trace(tmp_path, records, Info(tsc_khz=1_000_000), []))


def test_a_window_and_nothing(file: Path):
    trace = load(file)
    # Nobody waits at its end; and somebody does: until he runs.
    iv = runstates.intervals(trace)
    waits = iv[(iv["state"] == RUNNABLE) & (iv["came_from"] == BLOCKED)
               & ~iv["open"]]
    one = waits.iloc[len(waits) // 4]
    middle = float(one["start"]) - 3e7
    for stop, shown in ((middle + 2.9e7, middle + 2.9e7),
                        (float(one["start"]) + 1, float(one["end"]))):
        meta, text = pack.pack(trace, "x", start=middle, stop=stop)
        inside = (trace.ns >= middle) & (trace.ns <= shown)
        assert meta["records"] == inside.sum() == len(unpack(meta, text)) > 0
        assert meta["from_ns"] == middle
        assert meta["until_ns"] == pytest.approx(shown, abs=1)
        assert meta["waits_until_ns"] == stop
    meta, text = pack.pack(trace, "x", start=1e15)
    assert meta["records"] == 0 and len(unpack(meta, text)) == 0


def test_events_are_told_as_the_reader_tells_them(file: Path):
    trace = load(file)
    dump = subprocess.run([TOOL, "dump", file], text=True,
                          capture_output=True).stdout
    names = [pack.describe(trace, int(e))["name"]
             for e in trace.records["event"][:500]]
    assert names == [line.split()[3] for line in dump.splitlines()[:500]]


def explore(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "experiments.explore", *map(str, arguments)],
        cwd=ROOT, text=True, capture_output=True)


def test_page_is_one_file(file: Path, tmp_path: Path):
    page = tmp_path / "page.html"
    assert explore(file, file, "--out", page).returncode == 0
    text = page.read_text()
    assert not re.search(r"<(?:script|img|link|iframe)[^>]*(?:src|href)=",
                         text)
    assert "import(" not in text and "fetch(" not in text
    metas = json.loads(re.search(r'id="explore-meta">(.*?)</script>',
                                 text).group(1))
    assert [m["label"] for m in metas] == ["a.trace"] * 2


def test_names_cannot_leave_their_script(file: Path, tmp_path: Path):
    evil = tmp_path / "evil.trace"
    shutil.copy(file, evil)
    info = Path(f"{file}.info").read_text()
    named = re.sub(r"(?m)^(domain \S+ \S+) .*$",
                   r"\1 </script><b>", info)
    assert named != info
    Path(f"{evil}.info").write_text(named)
    page = tmp_path / "page.html"
    assert explore(evil, "--out", page).returncode == 0
    assert "</script><b>" not in page.read_text()


def test_bad_input_is_one_line(tmp_path: Path):
    for arguments, what in ([tmp_path / "none"], "none"), \
            (["x", "--from", "5"], "5s or 20ms"):
        done = explore(*arguments)
        assert done.returncode != 0 and "Traceback" not in done.stderr
        assert what in done.stderr.splitlines()[-1]


def test_versions_are_pinned():
    said = json.loads((FOLDER / "package.json").read_text())
    lock = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    for name, version in (said["dependencies"]
                          | said["devDependencies"]).items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert lock[f"node_modules/{name}"]["version"] == version
    licences = pack.licences()
    inside = re.findall(r"^(\S+) (\d+\.\d+\.\d+) \((?:MIT|ISC)\)$", licences,
                        re.M)
    assert {"uplot", "d3-zoom", "d3-scale"} <= {name for name, _ in inside}
    for name, version in inside:
        assert lock[f"node_modules/{name}"]["version"] == version


def test_bundle_is_what_its_recipe_gives(tmp_path: Path):
    """Only where someone ran `npm ci`: a clone needs no npm."""
    if not (FOLDER / "node_modules" / "esbuild").exists():
        pytest.skip("npm's packages are not there: run `npm ci` in "
                    "experiments/explore to compare")
    subprocess.run(["node", FOLDER / "build.mjs", tmp_path], check=True,
                   stdout=subprocess.DEVNULL)
    for name in "explore.js", "LICENSES.txt":
        assert (tmp_path / name).read_bytes() == \
            (FOLDER / "dist" / name).read_bytes(), \
            "run `npm run build` in experiments/explore and commit dist/"
