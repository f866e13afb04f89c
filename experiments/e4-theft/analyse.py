"""What is measured of a theft, and the curves of the figures."""
from __future__ import annotations

import pandas as pd

from experiments.runner.observed import Observed
from experiments.runner.units import to_ns

TICK_NS = 10_000_000


def entitled(run: Observed) -> float:
    """The rogue's share by weight, in percent of one CPU; but no more than it
    can use of its window."""
    want = 100 * to_ns(run.point["work"]) / TICK_NS
    return min(want, 100 / (run.point["hogs"] + 1))


def _ms(texts: pd.Series) -> pd.Series:
    return texts.map(lambda t: to_ns(str(t)) / 1e6)


def by_hogs(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER-HOST: hogs, rogue; entitled: hogs, entitled."""
    base = rows[(rows["work"] == "9.5ms") & (rows["phase"] == "250us")]
    found = {f"{scheduler}-{host}": part[["hogs", "rogue"]]
             for (scheduler, host), part in base.groupby(["scheduler",
                                                          "host"])}
    share = base[["hogs", "entitled"]].drop_duplicates().sort_values("hogs")
    return {**found, "entitled": share}


def by_timing(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """work-SCHEDULER: work_ms, rogue; phase-SCHEDULER: phase_ms, rogue."""
    rows = rows[(rows["hogs"] == 3) & (rows["host"] == "sim")]
    rows = rows.assign(work_ms=_ms(rows["work"]), phase_ms=_ms(rows["phase"]))
    found = {}
    for scheduler, part in rows.groupby("scheduler"):
        work = part[part["phase"].isin(["50us"])
                    | (part["work"] == "9.5ms") & (part["phase"] == "250us")]
        phase = part[part["work"] == "9.5ms"]
        found[f"work-{scheduler}"] = work[["work_ms", "rogue"]].sort_values(
            "work_ms")
        found[f"phase-{scheduler}"] = phase[["phase_ms", "rogue"]].sort_values(
            "phase_ms")
    return found
