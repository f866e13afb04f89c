"""What runs say the same wherever the clone stands: no program that is part of
a run knows its folder, which debug information would tell."""
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
PROGRAMS = ["metronome", "metronome32", "schedsim-engine",
            "xentrace", "metronomectl", "guests/hog", "guests/periodic",
            "guests/pingpong", "guests/rogue", "guests/bench"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_knows_no_folder(name: str) -> None:
    """Not in its text, its data or its debug information."""
    assert str(ROOT).encode() not in (BUILD / name).read_bytes()
