"""What the study of the tests measures by itself."""
from __future__ import annotations

import pandas as pd

from experiments.runner.observed import Observed

SLICE_US = 10000    # rr.slice


def round_us(run: Observed) -> float:
    """A slice of each hog."""
    return float(SLICE_US * len(run.ids_of("hog")))


def growth(rows: pd.DataFrame) -> float:
    """The longest wait with many hogs by that with one."""
    longest = rows.groupby("hogs")["wait.max_us"].max()
    return float(longest["many"] / longest["one"])


def curves(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Of each scheduler: hogs, longest wait in ms."""
    number = rows["round_us"] / SLICE_US
    table = pd.DataFrame({"scheduler": rows["scheduler"], "hogs": number,
                          "ms": rows["wait.max_us"] / 1e3})
    return {str(name): part[["hogs", "ms"]]
            for name, part in table.groupby("scheduler")}
