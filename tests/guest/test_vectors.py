"""Extended registers do not leak between domains, and survive switches."""
import os
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from guests.host.boot import Boot  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
IMAGE = BUILD / "guests/abi/vectors"
OUTCOME = r"\((\w+)\) ABI vectors: (\w+)"


def run(sched: str, domains: dict[str, str], cpus: int) -> None:
    """All domains succeed."""
    modules = [(IMAGE, f"domain name={name} mem=8M vcpus=2 -- "
                f"pattern={number} {words}")
               for number, (name, words) in enumerate(domains.items(), 1)]
    console = Boot(BUILD / "metronome32", f"sched={sched}", modules,
                   cpus=cpus, limit=300.0,
                   until="all domains have shut down").run()
    found = dict(re.findall(OUTCOME + "(?!: begin)", "\n".join(
        line for line in console.lines if ": begin" not in line)))
    wrong = [line for line in console.lines if "not so" in line]
    assert found == dict.fromkeys(domains, "success"), \
        "\n".join(wrong[:20]) or console.tail()


@pytest.mark.parametrize("sched", ["rr", "bvt", "sedf", "credit"])
def test_one_cpu(sched: str) -> None:
    """One uses AVX from the start, one switches it on late, one starts a vCPU
    in the middle."""
    run(sched, {"a": "", "b": "late=1", "c": "second=1"}, 1)


def test_two_cpus() -> None:
    """The same with vCPUs that move between CPUs."""
    run("credit", {"a": "second=1", "b": "late=1 second=1", "c": "second=1",
                   "d": "late=1"}, 2)
