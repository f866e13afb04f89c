"""Is a trace possible? Identities that a correct hypervisor cannot violate.

The rules are `xentrace check`'s (xentrace/check.h).
"""
from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from .trace import TOOL, Trace


@dataclass(frozen=True)
class Fault:
    """One violation: the rule, when, and what was seen."""

    rule: str
    ns: float
    text: str

    def __str__(self) -> str:
        return f"{self.ns / 1e3:.3f} us: {self.rule}: {self.text}"


def check(trace: Trace) -> list[Fault]:
    """All violations. An empty list: the trace is possible."""
    done = subprocess.run([TOOL, "check", "--top", str(10**9), trace.path],
                          text=True, capture_output=True)
    found = re.findall(r"^(-?\d+\.\d+) us: (.*?): (.*)$", done.stdout, re.M)
    return [Fault(rule, float(us) * 1e3, text) for us, rule, text in found]
