"""The artefact: what is in it, and that its instructions work."""
from __future__ import annotations

import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from xentrace.trace import ROOT

STEPS = re.compile(r"<!-- step: (\w+) -->\n```sh\n(.*?)```", re.S)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the last commit."""
    file = tmp_path_factory.mktemp("artifact") / "artifact.tar.xz"
    subprocess.run([ROOT / "tools" / "artifact", file], check=True)
    return file


@pytest.fixture(scope="module")
def unpacked(packed: Path) -> Path:
    """Its tree, for the steps, one after the other."""
    with tarfile.open(packed) as archive:
        archive.extractall(packed.parent)
    return packed.parent / "metronome"


def steps(text: str) -> dict[str, str]:
    return dict(STEPS.findall(text))


def test_what_is_in_it(packed: Path):
    with tarfile.open(packed) as archive:
        names = set(archive.getnames())
        text = archive.extractfile("metronome/ARTIFACT.md").read().decode()
        commit = archive.extractfile("metronome/COMMIT").read().decode()
    head = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], text=True,
                          capture_output=True, check=True).stdout.strip()
    assert commit.strip() == head
    tracked = subprocess.run(
        ["git", "-C", ROOT, "ls-tree", "-r", "--name-only", "HEAD"],
        text=True, capture_output=True, check=True).stdout.split("\n")
    assert not {f"metronome/{t}" for t in tracked if t} - names
    assert list(steps(text)) == ["setup", "tyres", "quick", "all"]
    assert len(STEPS.findall(text)) == text.count("```sh")


@pytest.mark.soak
def test_the_same_commit_gives_the_same_bytes(packed: Path, tmp_path: Path):
    subprocess.run([ROOT / "tools" / "artifact", tmp_path / "a.tar.xz"],
                   check=True)
    assert (tmp_path / "a.tar.xz").read_bytes() == packed.read_bytes()


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("step", ["setup", "tyres", "quick", "all"])
def test_its_commands(unpacked: Path, step: str):
    """As they stand in its instructions, in the unpacked tree."""
    text = (unpacked / "ARTIFACT.md").read_text()
    done = subprocess.run(["/bin/sh", "-e", "-c", steps(text)[step]],
                          cwd=unpacked, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout[-8000:])
    assert done.returncode == 0
    if step == "tyres":
        assert "PASS: Waiting for slices" in done.stdout
        assert (unpacked / "build/results/study/report.html").exists()
