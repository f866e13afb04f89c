"""CPU time of domains, and what their weights entitle them to."""
from __future__ import annotations

import pandas as pd

from . import runstates
from .trace import IDLE_DOMAIN, RUNNABLE, RUNNING


def cpu_time(iv: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """Per domain in [start, end): ns running, ns waiting while runnable."""
    tot = runstates.totals(runstates.clip(iv, start, end)).reset_index()
    wide = tot.pivot_table(index="dom", columns="state", values="ns",
                           aggfunc="sum", fill_value=0.0)
    return pd.DataFrame({"ran": wide.get(RUNNING, 0.0),
                         "waited": wide.get(RUNNABLE, 0.0)})


def entitlement(ran: dict[int, float], weight: dict[int, float],
                busy: set[int]) -> dict[int, float]:
    """What each always-runnable domain of `busy` should have had, in ns.

    The others take what they ask for, which is less than their share; the rest
    belongs to the busy ones by weight (Generalised Processor Sharing).
    """
    rest = sum(ns for dom, ns in ran.items()
               if dom in busy and dom != IDLE_DOMAIN)
    total = sum(weight[dom] for dom in busy)
    return {dom: rest * weight[dom] / total for dom in busy}


def share_errors(iv: pd.DataFrame, weight: dict[int, float], start: float,
                 end: float) -> pd.DataFrame:
    """For each domain of `weight`, all of which never block in the window:
    ns had, ns entitled to, and the relative error."""
    had = cpu_time(iv, start, end)["ran"]
    ran = {dom: float(had.get(dom, 0.0)) for dom in weight}
    due = entitlement(ran, weight, set(weight))
    rows = [{"dom": dom, "ran": ran[dom], "due": due[dom],
             "error": ran[dom] / due[dom] - 1.0 if due[dom] else float("nan")}
            for dom in weight]
    return pd.DataFrame(rows).set_index("dom")
