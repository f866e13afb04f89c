"""Times as people write them: "120ms", "1.5s"."""
from __future__ import annotations

import re

UNITS = {"ns": 1, "us": 1000, "ms": 10**6, "s": 10**9}


def to_ns(text: str) -> int:
    """A time with its unit, to nanoseconds. ValueError names what is wrong."""
    match = re.fullmatch(r"([0-9]*\.?[0-9]+)(ns|us|ms|s)", text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time: write 120ms, 1.5s, ...")
    return round(float(match[1]) * UNITS[match[2]])
