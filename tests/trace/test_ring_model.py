"""tests/trace/ring.pml through spin: all interleavings; and broken models fail.
"""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).with_name("ring.pml")


def verify(folder: Path, text: str, usual: int, irqs: int, nmis: int,
           *policy: str) -> str:
    """Spin's verdict: the summary of a full search."""
    (folder / "ring.pml").write_text(text)
    subprocess.run(["spin", f"-DUSUAL={usual}", f"-DIRQS={irqs}",
                    f"-DNMIS={nmis}", *policy, "-a", "ring.pml"], cwd=folder,
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["gcc", "-O2", "-DSAFETY", "-DNOREDUCE", "-DCOLLAPSE",
                    "-DMEMLIM=3000", "-o", "pan", "pan.c"], cwd=folder,
                   check=True)
    return subprocess.run(["./pan", "-m200000"], cwd=folder, text=True,
                          capture_output=True).stdout


@pytest.mark.parametrize("usual,irqs,nmis", [
    (2, 1, 1), (3, 1, 0), pytest.param(4, 1, 0, marks=pytest.mark.soak),
    pytest.param(3, 2, 0, marks=pytest.mark.soak)])
def test_all_interleavings(tmp_path: Path, usual: int, irqs: int, nmis: int):
    out = verify(tmp_path, MODEL.read_text(), usual, irqs, nmis)
    assert "errors: 0" in out and "Search not completed" not in out, out


@pytest.mark.parametrize("right,wrong", [
    (":: done != p -> skip", ":: false -> skip"),
    (":: done < q -> goto publish", ":: done < q -> skip"),
    (":: done < q -> goto publish", ":: true -> goto publish"),
    (":: done < q -> goto publish", ":: done != q -> goto publish"),
    ("prod = q;\n        done = q;", "done = q;\n        prod = q;"),
    (":: pos == p -> pos = n; ok = true\n        :: else -> ok = false",
     ":: pos = n; ok = true"),
    (":: lost == c -> lost = 0\n            :: else -> goto claim",
     ":: lost = 0"),
    ("lost++;\n        lost_total++;\n        end = 0;", "lost_total++;"),
], ids=["inner contexts publish", "late ones are forgotten",
        "the published are published again",
        "what came behind is taken for what came before", "done before prod",
        "reserving is not atomic", "the count is not taken atomically",
        "the lost are not counted"])
def test_a_broken_ring_is_found(tmp_path: Path, right: str, wrong: str):
    text = MODEL.read_text()
    assert text.count(right) == 1
    out = verify(tmp_path, text.replace(right, wrong), 2, 1, 1)
    if "errors: 0" in out:  # a wider search, before it is believed
        out = verify(tmp_path, text.replace(right, wrong), 4, 1, 0)
    assert "errors: 1" in out, out


@pytest.mark.parametrize("usual,irqs,nmis", [
    (3, 1, 0), pytest.param(2, 1, 1, marks=pytest.mark.soak)])
def test_all_interleavings_overwriting(tmp_path: Path, usual: int, irqs: int,
                                       nmis: int):
    """The other policy: the oldest go."""
    out = verify(tmp_path, MODEL.read_text(), usual, irqs, nmis, "-DOVERWRITE")
    assert "errors: 0" in out and "Search not completed" not in out, out


@pytest.mark.parametrize("right,wrong", [
    pytest.param(":: tail == c -> leaves(c); tail = n; at = 1\n            "
                 ":: else -> at = 0", ":: true -> leaves(c); tail = n; at = 1",
                 marks=pytest.mark.soak),
    ("c = tail;\n    q = done;", "c = tail;\n    q = pos;"),
    pytest.param(":: LINEAR(pos) - LINEAR(at) > SIZE -> break",
                 ":: false -> break", marks=pytest.mark.soak),
    (":: LINEAR(pos) - LINEAR(at) > SIZE -> break",
     ":: LINEAR(done) - LINEAR(at) > SIZE -> break"),
], ids=["letting go is not atomic", "incomplete ones go",
        "the walk believes all",
        "the walk believes what is being written over"])
def test_a_broken_overwriting_ring_is_found(tmp_path: Path, right: str,
                                            wrong: str):
    text = MODEL.read_text()
    assert text.count(right) == 1
    text = text.replace(right, wrong)
    out = verify(tmp_path, text, 1, 1, 1, "-DOVERWRITE")
    if "errors: 0" in out:
        out = verify(tmp_path, text, 3, 1, 0, "-DOVERWRITE")
    assert "errors: 1" in out, out
