"""One study in the simulator and in the hypervisor, and live."""
from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from experiments.runner import image
from xentrace.trace import ROOT

from .test_study import Place

HOSTS = Path(__file__).parent / "hosts"
pytestmark = pytest.mark.xdist_group("qemu")


class Hosts(Place):
    """With what QEMU needs in its build folder."""

    source = HOSTS

    def __init__(self, top: Path) -> None:
        super().__init__(top)
        for name in "metronome.gz", "guests":
            (self.build / name).symlink_to(ROOT / "build" / name)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Hosts:
    place = Hosts(tmp_path_factory.mktemp("hosts"))
    assert place.run()[0] == 0
    return place


def test_the_same_claim_holds_in_both(done: Hosts):
    table = pd.read_csv(done.out / "table.csv", index_col="run")
    waits = table["wait.max_us"]
    assert waits["rr_host-sim_seed-1"] > 9000
    for host in "sim", "qemu":
        assert waits[f"bvt_host-{host}_seed-1"] < 50
        assert table.at[f"bvt_host-{host}_seed-1", "wait.wakes"] > 15
    assert {r["host"] for r in done.said()["runs"].values()} == {"sim",
                                                                 "qemu"}


@pytest.mark.soak
def test_it_repeats(done: Hosts, tmp_path: Path):
    place = Hosts(tmp_path)
    assert place.run()[0] == 0
    assert place.hashes() == done.hashes()


@pytest.mark.soak
def test_live(tmp_path: Path):
    """On real time the trace is another one each time, and nobody is told that
    it should not be. What the figures are depends on who else is here."""
    place = Hosts(tmp_path)
    place.change("[[control]]", """[quick]
where = { host = "qemu", scheduler = "bvt" }

[[control]]""")
    code, said = place.run("--quick", "--accel", "tcg")
    assert code in (0, 1) and "incomplete" not in said
    first = place.said()
    assert first["time"] == "live, tcg"
    assert "on real time" in (place.out / "report.html").read_text()
    for folder in (place.build / "experiments/hosts").glob("live-tcg/bvt*"):
        (folder / "measure.json").unlink()
        (folder / "run.json").unlink()
    code, said = place.run("--quick", "--accel", "tcg")
    assert "another trace" not in said
    assert place.hashes() != {n: r["trace_sha256"]
                              for n, r in first["runs"].items()}


def test_the_simulator_has_no_real_time(tmp_path: Path):
    code, said = Hosts(tmp_path).run("--accel", "kvm")
    assert code == 1
    assert "the simulator has no real time" in said


def test_a_medium_for_another_machine(monkeypatch, capsys, tmp_path: Path):
    """The same bytes each time, with the run's domains on it."""
    names = []
    for stick in tmp_path / "a.img", tmp_path / "b.img":
        monkeypatch.setattr(sys, "argv", ["image", str(HOSTS)])
        assert image.main() == 0
        names = capsys.readouterr().out.split()
        assert names == ["bvt_host-qemu_seed-1"]
        monkeypatch.setattr(sys, "argv", ["image", str(HOSTS), names[0],
                                          str(stick)])
        assert image.main() == 0
    data = (tmp_path / "a.img").read_bytes()
    assert data == (tmp_path / "b.img").read_bytes()
    assert data[510:512] == b"\x55\xaa" and b"name=lat" in data
    monkeypatch.setattr(sys, "argv", ["image", str(HOSTS), "x", "y"])
    assert image.main() == 1
    assert names[0] in capsys.readouterr().err
