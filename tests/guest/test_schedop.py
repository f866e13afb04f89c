"""The toolstack's calls for scheduler parameters, under each that has them."""
from __future__ import annotations

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from test_abi import BUILD, LIMIT, OUTCOME, judge  # noqa: E402

from guests.host.boot import Boot  # noqa: E402


@pytest.mark.parametrize("sched", ["rtds", "credit2"])
def test_schedop(sched: str) -> None:
    """As dom0 with four vCPUs; the default scheduler's is in test_abi."""
    judge(Boot(BUILD / "metronome32",
               f"dom0_mem=32M dom0_max_vcpus=4 sched={sched}",
               [(BUILD / "guests/abi/schedop", "")], cpus=1, limit=LIMIT,
               until=OUTCOME).run())
