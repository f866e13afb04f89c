"""`xentrace top` on a memory file: one picture, and live in a terminal."""
from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest

from xentrace.trace import ROOT, TOOL

SYNTH = ROOT / "build" / "tests" / "synth"


@pytest.fixture(scope="module")
def ram(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("top") / "ram"
    subprocess.run([SYNTH, path, "3000", "1"], check=True, capture_output=True)
    return path


def test_one_picture(ram: Path) -> None:
    """Shares of each CPU's domains add up to it; who runs and who waits."""
    done = subprocess.run([ROOT / "metronome", "top", "--ram", ram, "--once"],
                          check=True, text=True, capture_output=True).stdout
    assert "scheduler bvt, the last 1.000 s" in done
    rows = dict(re.findall(r"^((?:hog|lat)\d) +([\d.]+)", done, re.M))
    assert len(rows) == 8
    for cpu in (0, 1):
        mine = [float(rows[n]) for n in rows if int(n[3]) // 4 == cpu]
        assert sum(mine) == pytest.approx(100, abs=0.3)
        line = re.search(rf"^CPU {cpu} +100.0 %  runs (\S+) +waits (.*)", done,
                         re.M)
        assert line
        assert len({line[1], *line[2].split()}) == 4
    lat = re.search(r"^lat0 .* (\d+) +([\d.]+) +([\d.]+)$", done, re.M)
    assert lat and int(lat[1]) > 20 and 20e3 < float(lat[3]) <= 30001


def test_no_memory(tmp_path: Path) -> None:
    """One line that names it."""
    bad = tmp_path / "ram"
    bad.write_bytes(b"\0" * 8192)
    done = subprocess.run([TOOL, "top", "--ram", bad], text=True,
                          capture_output=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and str(bad) in done.stderr


class Terminal:
    """A tmux of its own."""

    def __init__(self, socket: Path, *command: object) -> None:
        self.tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        subprocess.run([*self.tmux, "new-session", "-d", "-x", "100", "-y",
                        "30", " ".join(map(str, command))], check=True)

    def wait(self, pattern: str) -> str:
        """Until the screen shows it."""
        text = ""
        for _ in range(600):
            text = subprocess.run([*self.tmux, "capture-pane", "-p"],
                                  text=True, capture_output=True).stdout
            if re.search(pattern, text):
                return text
            time.sleep(0.1)
        raise AssertionError(f"no {pattern!r} on the screen:\n{text}")

    def keys(self, *keys: str) -> None:
        subprocess.run([*self.tmux, "send-keys", *keys], check=True)

    def ended(self) -> bool:
        """Has the program, and so the session?"""
        for _ in range(600):
            if subprocess.run([*self.tmux, "has-session"],
                              capture_output=True).returncode:
                return True
            time.sleep(0.1)
        return False


def test_live_in_a_terminal(ram: Path, tmp_path: Path) -> None:
    """It draws, sorts, changes its window, shows what is new, and ends."""
    copy = tmp_path / "ram"
    copy.write_bytes(ram.read_bytes())
    t = Terminal(tmp_path / "tmux", TOOL, "top", "--ram", copy, "--every",
                 "200ms")
    try:
        text = t.wait(r"q end  s sort")
        assert "by CPU" in text and "the last 1.000 s" in text
        assert re.search(r"by CPU\nhog\d ", text)
        t.keys("s", "s")
        text = t.wait(r"by max")
        assert re.search(r"by max\n(lat0|lat4) ", text)
        t.keys("s")
        assert re.search(r"by name\nhog1 ", t.wait(r"by name"))
        t.keys("-")
        t.wait(r"the last 0\.500 s")
        subprocess.run([SYNTH, copy, "1500", "2", "boost"], check=True,
                       capture_output=True)
        t.wait(r"\n?1\.5\d\d s, scheduler bvt")
        t.keys("q")
        assert t.ended()
    finally:
        subprocess.run([*t.tmux, "kill-server"], capture_output=True)
