"""The time line as a person uses it, in headless Chromium.

What the page computes is compared with `xentrace latency`, which has it from
the same trace by another program. The screenshots stay in the test's folder.
"""
from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.trace import trace_files
from xentrace import latency, runstates
from xentrace.trace import ROOT, TOOL, load

from .browser import Browser, executable

SCENARIO = ROOT / "sched" / "sim" / "examples" / "mixed.toml"
SCHEDULERS = "rr", "bvt"
pytestmark = [
    pytest.mark.xdist_group("explore"),
    pytest.mark.skipif(not executable(), reason="Chromium is not installed: "
                       "apt-get install chromium"),
]

AT = """(() => { const v = explorer.v, b = v.ui.canvas.getBoundingClientRect();
    const w = %s; return [b.x + v.px(w), b.y]; })()"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two schedulers' traces, and a page of both."""
    out = tmp_path_factory.mktemp("explore")
    traces = [out / f"{name}.trace" for name in SCHEDULERS]
    for name, trace in zip(SCHEDULERS, traces):
        subprocess.run([ROOT / "build" / "schedsim", SCENARIO, "--sched", name,
                        "--until", "2s", "--trace", trace], check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run([sys.executable, "-m", "experiments.explore", *traces,
                    "--out", out / "page.html"], cwd=ROOT, check=True)
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as it:
        yield it


@pytest.fixture()
def page(browser: Browser, folder: Path) -> Iterator[Browser]:
    """The page, opened anew."""
    browser.fetched.clear()
    browser.open(folder / "page.html")
    browser.run("explorer.ui.root.scrollIntoView()")
    browser.settle()
    yield browser
    assert browser.errors == []
    assert {url.split(":")[0] for url in browser.fetched} == {"file"}


def row(page: Browser, kind: str, name: str = "") -> float:
    """The middle of a row, in the window."""
    return page.run(
        "(() => { const r = explorer.v.rows.find(r => r.kind === '%s' && "
        "(!'%s' || r.track.name === '%s')); return r.y + r.height / 2 + "
        "explorer.ui.canvas.getBoundingClientRect().y; })()"
        % (kind, name, name))


def window(page: Browser) -> tuple[float, float]:
    return tuple(page.run("[explorer.v.a, explorer.v.b]"))


def name_of(track: str) -> str:
    return (f"({track}).name + '.' + ({track}).vcpu")


@pytest.mark.parametrize("run", range(len(SCHEDULERS)))
def test_waits_and_blame_are_the_readers(page: Browser, folder: Path,
                                         run: int):
    """Of every vCPU: how many waits, the longest; of every pair: how long
    the one ran while the other waited."""
    page.run(f"explorer.open({run})")
    got = page.run("""explorer.v.m.tracks
        .filter(t => t.waits.length).map(t => { const by = {};
        for (const w of t.waits) for (const { track, ns } of
            explorer.blame(explorer.v.m, w).who) { const n = %s;
            by[n] = (by[n] || 0) + ns; }
        return [%s, t.waits.length, Math.max(...t.waits.map(w => w.ns)),
                by]; })""" % (name_of("track"), name_of("t")))
    said = subprocess.run(
        [TOOL, "latency", "--top", "0", folder / f"{SCHEDULERS[run]}.trace"],
        text=True, capture_output=True, check=True).stdout
    alls = {m[0]: (int(m[1]), float(m[2])) for m in re.findall(
        r"(?m)^(\S+)\s+all\s+(\d+)(?:\s+[\d.]+){4}\s+([\d.]+)", said)}
    blame = defaultdict(dict)
    for who, by, ns in re.findall(
            r"(?m)^(\S+\.\d+)\s+(\S+\.\d+)\s+(\d+)\s+[\d.]+\s+\d+$", said):
        blame[who][by] = int(ns)
    assert len(got) == len(alls) >= 6
    for who, waits, longest, by in got:
        assert waits == alls[who][0]
        assert longest / 1e3 == pytest.approx(alls[who][1], abs=0.06)
        told = {k: v for k, v in by.items() if v >= 1000}
        assert told.keys() == {k for k, v in blame[who].items() if v >= 1000}
        for other, ns in told.items():
            assert ns == pytest.approx(blame[who][other], abs=waits + 1)


def test_waits_of_a_window_are_the_tables(browser: Browser, folder: Path,
                                          tmp_path: Path):
    """Those that begin in it, and no others, to their ends: its own end is in
    the midst of some."""
    trace = load(folder / "rr.trace")
    iv = runstates.intervals(trace)
    waits = iv[(iv["state"] == 1) & (iv["came_from"] == 2) & ~iv["open"]]
    cut = waits[(waits["start"] > 0.9e9)
                & (waits["end"] - waits["start"] > 5e6)].iloc[0]
    start, stop = 0.4e9, float(np.floor(cut["start"])) + 1e6
    subprocess.run([sys.executable, "-m", "experiments.explore",
                    folder / "rr.trace", "--from", f"{start:.0f}ns", "--until",
                    f"{stop:.0f}ns", "--out", tmp_path / "page.html"],
                   cwd=ROOT, check=True)
    browser.open(tmp_path / "page.html")
    got = browser.run("explorer.v.m.tracks.map(t => [t.dom, t.waits.map("
                      "w => Math.round(w.ns))])")
    found: dict[int, list[int]] = defaultdict(list)
    for dom, mine in got:
        found[dom] += mine
    ends = 0
    for dom in trace.info.domains:
        s = latency.wake_to_run(iv, dom, start=start, end=stop)
        assert sorted(found[dom]) == sorted(np.round(s.ns).astype(int))
        ends += int((s.at + s.ns > stop).sum())
    assert ends > 0


def test_causes_are_the_readers(browser: Browser, folder: Path,
                                tmp_path: Path):
    """As on the hypervisor: a change is dated earlier than the wake record
    before it. Each wake-up has another cause than the one before."""
    trace = load(folder / "rr.trace")
    records = trace.records.copy()
    wakes = np.flatnonzero(trace.select("wake"))
    records["tsc"][wakes] += 500
    records["word"][wakes, 2] = np.arange(len(wakes)) % 4
    late = trace_files.write(tmp_path / "late.trace",
                             trace_files.lies(records),
                             folder / "rr.trace.info")
    said = subprocess.run([TOOL, "latency", "--top", "0", late], text=True,
                          capture_output=True, check=True).stdout
    expected = {(who, cause): int(n) for who, cause, n in re.findall(
        r"(?m)^(\S+\.\d+)\s+(other|event|virq|timer)\s+(\d+)", said)}
    subprocess.run([sys.executable, "-m", "experiments.explore", late,
                    "--out", tmp_path / "page.html"], cwd=ROOT, check=True)
    browser.open(tmp_path / "page.html")
    got = browser.run("explorer.v.m.tracks.flatMap(t => t.waits.map("
                      "w => [%s, w.cause]))" % name_of("t"))
    counts = Counter((who, ("other", "event", "virq", "timer")[cause]
                      if cause >= 0 else "?") for who, cause in got)
    assert len(expected) > 20
    assert counts == expected


def test_click_on_a_wait_tells_who_caused_it(page: Browser):
    """On the point of one that is not the longest."""
    x, top = page.run(AT % "(explorer.w = v.focus.waits[20]).from")
    y = page.run("explorer.waitY(explorer.v, explorer.v.rows[2], "
                 "explorer.w.ns)")
    page.click(x, top + y)
    assert page.run("explorer.v.wait === explorer.w")
    text = page.run("explorer.ui.detail.querySelector('h3').textContent")
    assert re.fullmatch(r"web v0 waited [\d.]+ ms", text)
    who = page.run("[...explorer.ui.detail.querySelectorAll('.who tr')]"
                   ".map(r => r.cells[0].textContent)")
    assert {"hog1", "hog3"} <= set(who)
    part = page.run("[...explorer.ui.detail.querySelectorAll('.who tr')]"
                    ".map(r => parseFloat(r.cells[2].textContent))")
    assert sum(part) == pytest.approx(100, abs=0.5)


def test_click_on_a_waiting_stay(page: Browser):
    """In the row of the one that waits."""
    x, _ = page.run(AT % "((w => (explorer.w = w).from + w.ns / 2)"
                    "(v.m.tracks.find(t => t.name === 'video').waits[9]))")
    page.click(x, row(page, "vcpu", "video"))
    assert page.run("explorer.v.wait.track.name") == "video"


def test_hover_shows_the_record(page: Browser):
    x, _ = page.run(AT % "v.m.trace.ns[5000]")
    page.mouse("mouseMoved", x, row(page, "events"))
    page.settle()
    tip = page.run("explorer.ui.tip.innerText")
    assert re.search(r"\d\.\d{3} \d{3} \d{3} s, cpu[01]: \w+ \w+ ", tip)
    page.mouse("mouseMoved", x, row(page, "cpu"))
    page.settle()
    assert "running for" in page.run("explorer.ui.tip.innerText")


def test_zoom_and_pan(page: Browser):
    whole = window(page)
    x, y = 700, row(page, "cpu")
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-400)
    page.settle()
    assert window(page) == whole     # the wheel is the page's until a click
    page.run("explorer.ui.root.scrollIntoView()")
    page.settle()
    y = row(page, "cpu")
    page.click(x, y)
    before = page.run("explorer.v.at(%s - explorer.ui.canvas"
                      ".getBoundingClientRect().x)" % x)
    for _ in range(5):
        page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-300)
        page.settle()
    a, b = window(page)
    assert b - a < (whole[1] - whole[0]) / 3
    assert page.run("explorer.v.at(%s - explorer.ui.canvas"
                    ".getBoundingClientRect().x)" % x) == pytest.approx(
        before, abs=(b - a) / 500)   # what is under the pointer stays
    page.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
    for to in range(x, x + 210, 10):
        page.mouse("mouseMoved", to, y, button="left", buttons=1)
    page.mouse("mouseReleased", x + 200, y, button="left", clickCount=1)
    page.settle()
    moved = window(page)
    step = (b - a) / page.run("explorer.v.width")
    assert a - moved[0] == pytest.approx(200 * step, rel=0.02)
    page.run("explorer.ui.canvas.focus()")
    page.key("0")
    assert window(page) == pytest.approx(whole)


def test_search(page: Browser):
    count = "explorer.ui.count.textContent"
    page.run("explorer.ui.search.focus()")
    page.type("wake web cpu0")
    page.settle()
    expected = page.run("""(() => { const { trace, meta } = explorer.v.m;
        let n = 0; for (let i = 0; i < trace.n; i++)
        n += meta.events[trace.event[i]].name === 'wake' && trace.cpu[i] === 0
            && meta.domains[trace.word[trace.at[i]]] === 'web'; return n; })()
        """)
    assert page.run(count) == f"{expected} records" and expected > 20
    page.key("Enter", 13)
    assert page.run(count) == f"1 of {expected}"
    page.key("Enter", 13)
    assert page.run(count) == f"2 of {expected}"
    shown = page.run("explorer.ui.detail.innerText")
    assert shown.startswith("wake") and "(web)" in shown
    page.run("explorer.ui.search.select()")
    page.type(">15ms web")
    page.settle()
    longer = page.run("explorer.v.m.tracks.filter(t => t.name === 'web')"
                      ".flatMap(t => t.waits).filter(w => w.ns > 15e6).length")
    assert page.run(count) == f"{longer} waits" and longer > 5
    page.key("Enter", 13)
    assert page.run("explorer.v.wait.ns") > 15e6


def test_names_overview_and_tabs(page: Browser):
    left = page.run("explorer.ui.canvas.getBoundingClientRect().x")
    page.click(left + 60, row(page, "vcpu", "video"))
    assert page.run("explorer.v.focus.name") == "video"
    assert "video" in page.run("explorer.ui.tailHead.textContent")
    page.run("explorer.look(1e9, 1.1e9)")
    page.settle()
    middle = left + 104 + page.run("explorer.v.width") / 4
    page.click(middle, row(page, "overview"))
    a, b = window(page)
    assert b - a == pytest.approx(1e8) and a < 0.5e9 < b
    page.run("explorer.ui.tabs.children[1].click()")
    page.wait("explorer.run === 1 && explorer.v.m.trace.n > 20000")
    page.settle()
    assert "records" in page.run("explorer.ui.count.textContent")


def test_an_empty_and_a_damaged_trace(browser: Browser, folder: Path,
                                      tmp_path: Path):
    """A window in which nothing is; a file that was cut off."""
    for arguments in (["--from", "100s"], []):
        cut = tmp_path / "cut.trace"
        cut.write_bytes((folder / "rr.trace").read_bytes()[:-50_001])
        (tmp_path / "cut.trace.info").write_text(
            (folder / "rr.trace.info").read_text())
        subprocess.run([sys.executable, "-m", "experiments.explore", cut,
                        *arguments, "--out", tmp_path / "page.html"],
                       cwd=ROOT, check=True)
        browser.open(tmp_path / "page.html")
        browser.settle()
        assert browser.errors == []


# The lightness of the middle of a track's longest run, on the canvas.
TONE = """(async () => { const v = explorer.v, s = v.m.tracks.filter(
    t => !t.idle)[%d].running;
    let i = 0;
    for (let k = 0; k < s.start.length; k++)
        if (s.end[k] - s.start[k] > s.end[i] - s.start[i])
            i = k;
    explorer.look(s.start[i], s.end[i]);
    await new Promise(done => requestAnimationFrame(
        () => requestAnimationFrame(done)));
    const row = v.rows.find(r => r.track && r.track.running === s);
    const [r, g, b, a] = explorer.context.getImageData(
        Math.round(v.px((s.start[i] + s.end[i]) / 2)) + 3,
        Math.round(row.y + row.height / 2), 1, 1).data;
    return a ? r * .299 + g * .587 + b * .114 : NaN; })()"""


@pytest.mark.parametrize("dark", (False, True), ids=("light", "dark"))
def test_can_be_read(folder: Path, dark: bool):
    """Each domain stands out from the paper in grey, too; a screenshot."""
    with Browser(dark=dark) as page:
        page.open(folder / "page.html")
        page.settle()
        shot = folder / f"{'dark' if dark else 'light'}.png"
        assert page.screenshot(shot).stat().st_size > 50_000
        paper = page.run("getComputedStyle(explorer.ui.root).backgroundColor")
        grey = np.dot([int(n) for n in re.findall(r"\d+", paper)[:3]],
                      [.299, .587, .114])
        assert (grey < 60) == dark
        names = page.run("explorer.v.m.tracks.filter(t => !t.idle)"
                         ".map(t => t.name + t.vcpu)")
        for i, name in enumerate(names):
            seen = page.run(TONE % i)
            assert abs(seen - grey) > 35, name
        assert page.errors == []
