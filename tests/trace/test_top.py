"""`xentrace top` on a memory file, and `xentrace live` on what Debian's
xentrace writes: one picture, and live in a terminal."""
from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.trace.trace_files import mixed
from xentrace import latency, load, runstates, windows
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


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of two CPUs, as Debian's xentrace writes them."""
    return mixed(tmp_path_factory.mktemp("live"), "3s")


def frames_of(text: str) -> list[dict[str, list[float]]]:
    """Each frame's domains: their figures."""
    return [{name: [float(x) for x in rest.split()] for name, rest in
             re.findall(r"^([a-z]\w*)((?: +[\d.]+){3,5})$", part, re.M)}
            for part in re.split(r"^[\d.]+ s, the last ", text,
                                 flags=re.M)[1:]]


def test_live_frames_are_the_readers(written: Path, tmp_path: Path) -> None:
    """Shares, wake-ups and their longest wait of each frame are those of the
    Python package, from the same trace."""
    trace = load(written)
    names = tmp_path / "names"
    names.write_text("".join(f"{i} {n}\n" for i, n in
                             trace.info.domains.items()))
    done = subprocess.run([TOOL, "live", "--until", "500ms", "--names", names],
                          stdin=written.open("rb"), text=True,
                          capture_output=True, check=True)
    frames = frames_of(done.stdout)
    assert len(frames) >= 5 and not done.stderr
    iv = runstates.intervals(trace)
    table, _ = windows.shares(trace, iv, 0.5e9, 0, 3e9)
    for i, frame in enumerate(frames[1:5], 1):
        assert len(frame) == len(trace.info.domains)
        for dom, name in trace.info.domains.items():
            run, _, wakes, *rest = frame[name]
            assert run == pytest.approx(100 * table[dom][i], abs=0.06)
            # A wake-up belongs to the frame in which it ran.
            s = latency.wake_to_run(iv, dom)
            ran = s.at + s.ns
            mine = s.ns[(ran >= i * 0.5e9) & (ran < (i + 1) * 0.5e9)]
            assert wakes == pytest.approx(len(mine), abs=1)
            if rest and len(mine) == wakes:
                assert rest[1] == pytest.approx(mine.max() / 1e3, abs=0.06)


def test_live_by_keys(written: Path, tmp_path: Path) -> None:
    """In a terminal, from a pipe that stays open: it draws, sorts, ends."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    t = Terminal(tmp_path / "tmux", TOOL, "live", "<", pipe)
    try:
        with pipe.open("wb") as feed:
            data = written.read_bytes()
            feed.write(data[:len(data) // 2])
            feed.flush()
            text = t.wait(r"q end  s sort")
            assert "by CPU" in text and "the last 1.000 s" in text
            t.keys("s", "s", "s")
            time.sleep(0.2)
            feed.write(data[len(data) // 2:])
            feed.flush()
            text = t.wait(r"by name")
            assert re.search(r"^2\.000 s, the last", text, re.M)
            assert text.index("d1 ") < text.index("d2 ") < text.index("d8 ")
            t.keys("q")
            assert t.ended()
    finally:
        subprocess.run([*t.tmux, "kill-server"], capture_output=True)


def stand_ins(folder: Path, written: Path, running: str = "") -> dict[str, str]:
    """What dom0 has, and says what it would; the environment that finds it.
    xentrace goes on when nobody reads, until it is told to end; metronomectl
    keeps what it was told in `mask`."""
    for name, text in (
            ("xl", 'echo "Name  ID  Mem VCPUs State Time(s)"\n'
                   'echo "Domain-0  0  99  1  r-----  1.0"\n'
                   'echo "cinema  1  99  1  -b----  1.0"'),
            ("xentrace", '[ "$1 $2 $3" = "-D -e 0x0002f000" ] && '
                         f'trap "" PIPE && echo $$ > {folder}/pid && '
                         f'exec > "$4" && cat {written}\n'
                         "while :; do sleep 0.1; done"),
            ("pidof", f"echo {running}; [ -n '{running}' ]"),
            ("metronomectl", f'[ "$1" = trace ] && echo "$2" >> {folder}/mask; '
                             "echo 0x00012000"),
            ("metronome-xentrace", f'exec {TOOL} "$@"')):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}",
            "TMPDIR": str(folder)}


def left_nothing(folder: Path) -> None:
    """No files, no xentrace, and what was recorded before is again."""
    assert not list(folder.glob("metronome-top.*"))
    assert not Path("/proc", (folder / "pid").read_text().strip()).exists()
    assert (folder / "mask").read_text().split("\n") == [
        "", "0x00012000", ""]


METRONOME_TOP = ROOT / "guests/toolstack/metronome-top"


def test_metronome_top_joins_the_tools(written: Path, tmp_path: Path) -> None:
    """dom0's script, with stand-ins: so many frames, and all is as before."""
    done = subprocess.run(
        [METRONOME_TOP, "--frames", "2", "--until", "500ms"], text=True,
        capture_output=True, check=True, timeout=60,
        env=stand_ins(tmp_path, written))
    frames = frames_of(done.stdout)
    assert len(frames) == 2
    assert frames[0].keys() == {"cinema", *(f"d{i}" for i in range(2, 9))}
    left_nothing(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_metronome_top_is_ended(number: signal.Signals, written: Path,
                                tmp_path: Path) -> None:
    """By a signal to the script alone: its own children end with it."""
    with subprocess.Popen([METRONOME_TOP, "--until", "500ms"], text=True,
                          stdout=subprocess.PIPE,
                          env=stand_ins(tmp_path, written)) as top:
        assert top.stdout
        while "the last 0.500 s" not in top.stdout.readline():
            pass
        top.send_signal(number)
        top.communicate(timeout=60)
    assert top.returncode == 128 + number
    left_nothing(tmp_path)


def test_metronome_top_by_keys(written: Path, tmp_path: Path) -> None:
    """In a terminal: Ctrl-C ends it, and the terminal echoes again."""
    env = stand_ins(tmp_path, written)
    t = Terminal(tmp_path / "tmux", "env", f"PATH={env['PATH']}",
                 f"TMPDIR={tmp_path}", "sh", "-c",
                 f"'stty -a > {tmp_path}/before; trap : INT; {METRONOME_TOP}; "
                 f"echo $? > {tmp_path}/status; stty -a > {tmp_path}/after'")
    try:
        assert "by CPU" in t.wait(r"q end  s sort")
        t.keys("C-c")
        assert t.ended()
    finally:
        subprocess.run([*t.tmux, "kill-server"], capture_output=True)
    assert (tmp_path / "status").read_text() == "130\n"
    assert (tmp_path / "after").read_text() == \
        (tmp_path / "before").read_text()
    left_nothing(tmp_path)


def test_metronome_top_is_alone(written: Path, tmp_path: Path) -> None:
    """Beside another xentrace it says so, in one line, and touches nothing."""
    done = subprocess.run([METRONOME_TOP], text=True, capture_output=True,
                          timeout=60, env=stand_ins(tmp_path, written, "77"))
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.count("\n") == 1
    assert "xentrace already runs (process 77)" in done.stderr
    assert not (tmp_path / "mask").exists()


@pytest.mark.parametrize("what,said", [
    (b"no trace at all", "is no trace: pipe Debian's"),
    (b"", "no pick in what came in")])
def test_live_of_no_trace(what: bytes, said: str) -> None:
    """One line that tells what to do."""
    done = subprocess.run([TOOL, "live"], input=what, capture_output=True)
    assert done.returncode == 1
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
