"""The tally of boots in a row tells one outcome from another, and goes on where
it was stopped: boots.py, with something else in the place of QEMU."""
import csv
import pathlib
import re
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import boots  # noqa: E402
import stuck  # noqa: E402


@pytest.fixture(autouse=True)
def fake(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fake_qemu.py is found first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "qemu-system-x86_64").symlink_to(HERE / "fake_qemu.py")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize("mode, outcome", [
    ("well", boots.PASS),
    ("bug", "said: BUG:"),
    ("ends", "QEMU has ended"),
    ("stuck", "stands still at ffff, translated anew too"),
    ("stale", boots.EMULATOR),
])
def test_outcome(mode: str, outcome: str, tmp_path: pathlib.Path,
                 monkeypatch: pytest.MonkeyPatch) -> None:
    """A stale translation is neither a pass nor a hang of ours. Only who says
    nothing is not waited for long."""
    monkeypatch.setenv("FAKE", mode)
    monkeypatch.setattr(boots, "PATIENCE", {"stuck": 2, "stale": 8}.get(mode,
                                                                        60))
    monkeypatch.setattr(stuck, "PATIENCE", 2 if mode == "stuck" else 60)
    folder = tmp_path / "boot"
    folder.mkdir()
    assert boots.one("rr", 4, folder)[0] == outcome


def run(out: pathlib.Path, monkeypatch: pytest.MonkeyPatch,
        mode: str, *words: str) -> tuple[int, list[list[str]]]:
    """The program; its status and its file's lines."""
    monkeypatch.setenv("FAKE", mode)
    monkeypatch.setattr(sys, "argv", ["boots.py", "--out", str(out), *words])
    status = boots.main()
    with out.open(newline="") as file:
        return status, list(csv.reader(file))[1:]


def test_resume(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch,
                capsys: pytest.CaptureFixture[str]) -> None:
    """What is there is not run again; one failure is the tally's."""
    out = tmp_path / "boots.csv"
    words = ("--schedulers", "rr:bvt")
    assert run(out, monkeypatch, "bug", "--boots", "1", "--schedulers", "rr"
               )[0] == 1
    status, lines = run(out, monkeypatch, "well", "--boots", "2", *words)
    assert status == 1
    assert [line[1:] for line in lines] == [
        ["rr", "4", "parallel", "1", "said: BUG:"],
        ["bvt", "4", "parallel", "1", "pass"],
        ["rr", "4", "parallel", "2", "pass"],
        ["bvt", "4", "parallel", "2", "pass"]]
    assert re.search("rr +2 +1 +0 +1 +1$", capsys.readouterr().out, re.M)


def test_others_stay(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch,
                     capsys: pytest.CaptureFixture[str]) -> None:
    """Another build's lines, and those of the other kind of emulation, are
    neither lost nor counted, nor taken for this one's boots."""
    out = tmp_path / "boots.csv"
    boots.write(out, [["0123", "rr", "4", "parallel", "1", "said: BUG:"]])
    words = ("--schedulers", "rr", "--boots", "1")
    run(out, monkeypatch, "well", *words)
    status, lines = run(out, monkeypatch, "well", *words, "--one-thread")
    assert status == 0
    assert [line[3:] for line in lines] == [
        ["parallel", "1", "said: BUG:"], ["parallel", "1", "pass"],
        ["one thread", "1", "pass"]]
    assert re.search("rr +1 +1 +0 +0 +1$", capsys.readouterr().out, re.M)
