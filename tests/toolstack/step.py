"""One step of the scenario: what is typed in dom0, and what has to come of it.

A step is commands for dom0's shell, which must succeed, and words (regular
expressions) that the answer must hold. A command that has to be waited for is
repeated until it succeeds (`until`): nothing depends on how fast a machine is.
"""
from __future__ import annotations

import dataclasses
import re

from dom0 import Dom0

LOG = "/var/log/xen/console/guest-{0}.log"


@dataclasses.dataclass
class Step:
    """One thing that is tried. only: on the hypervisor of that name."""

    name: str
    command: str
    wants: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    only: str = ""

    def run(self, dom0: Dom0) -> str:
        """Why it fails; nothing when it does not."""
        answer = dom0.run(self.command)
        if answer.status:
            return f"{self.command}: status {answer.status}: " \
                   f"{answer.text.strip()[-900:]}"
        for words in self.wants:
            if not re.search(words, answer.text, re.M):
                return f"{self.command}: no {words!r} in " \
                       f"{answer.text.strip()[-900:]}"
        for words in self.refuses:
            if re.search(words, answer.text, re.M):
                return f"{self.command}: {words!r} in " \
                       f"{answer.text.strip()[-900:]}"
        return ""


def config(name: str, *lines: str) -> str:
    """A command that writes a guest's configuration, and vif and disk lists
    that are its own."""
    words = " ".join(f"'{line}'" for line in (f'name="{name}"', *lines))
    return f"printf '%s\\n' {words} > /tmp/{name}.cfg"


def until(command: str, times: int = 300) -> str:
    """Repeat it until it succeeds, which it need do once only; not for ever."""
    return (f"n=0; until {command}; do n=$((n+1)); [ $n -lt {times} ] || break;"
            f" sleep 0.5; done; [ $n -lt {times} ]")


def gone(name: str) -> str:
    """Until a domain of this name is no more."""
    return until(f"! xl domid {name} 2> /dev/null")


# ---- a guest's console, as somebody who sits there has it ----

def attach(name: str) -> str:
    """`xl console`, once its shell runs, with what is typed into /tmp/in, and
    the rest in /tmp/out."""
    return (until(f"grep -q 'JOB BEGIN shell' {LOG.format(name)}")
            + f" || tail -n 5 {LOG.format(name)}; "
            "rm -f /tmp/in /tmp/out; mkfifo /tmp/in; "
            f"(script -qfec \"xl console {name}\" /dev/null < /tmp/in "
            "> /tmp/out 2>&1; "
            "echo ended=$? >> /tmp/out) & exec 3> /tmp/in; true")


def typed(line: str, wants: str) -> str:
    """A line typed there, until these words begin a line of the answer."""
    return (f"printf '%s\\r' '{line}' >&3; "
            + until(f"tr -d '\\r' < /tmp/out | grep -q '^{wants}'"))


def detach() -> str:
    """The key that ends `xl console`: the guest goes on."""
    return ("printf '\\035' >&3; " + until("grep -q ended=0 /tmp/out")
            + "; exec 3>&-")
