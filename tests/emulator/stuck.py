"""Does a machine that stands still stand on a stale translation of QEMU's?

QEMU keeps translations by how they were made. Told not to link blocks to each
other, it makes new ones of everything, from what memory holds; to a processor
that would be no change at all. So a machine that goes on by this alone had
translations of bytes that are no longer there (README.md here).
"""
from __future__ import annotations

import re

from qemu import Machine

PATIENCE = 120.0
STALE = "stale translation"


def monitor(machine: Machine, command: str) -> str:
    """A command of QEMU's monitor, and what it prints."""
    answer = machine.qmp("human-monitor-command",
                         **{"command-line": command})
    assert isinstance(answer, dict)
    return str(answer["return"])


def free(machine: Machine, pattern: str, start: int = 0) -> str:
    """Try it on a machine that should have said `pattern` long ago (in its log
    from `start` on); what was seen, for the record.

    Begins with STALE if, and only if, the machine goes on by it.
    """
    registers = monitor(machine, "info registers -a")
    places = ", ".join(re.findall(r"[RE]IP=(\w+)", registers))
    monitor(machine, "log nochain")
    try:
        machine.wait(pattern, PATIENCE, start)
    except AssertionError:
        return f"stands still at {places}, translated anew too"
    return f"{STALE} near {places}"
