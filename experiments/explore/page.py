"""The time line as a part of a page (explore.html.j2), or as a page alone."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from xentrace.trace import Trace

from .pack import HERE, bundle, licences, pack, script_json


def environment(*folders: Path) -> jinja2.Environment:
    """Templates of these folders, and of this one."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, HERE]),
        autoescape=True, undefined=jinja2.StrictUndefined)


def part(packed: list[tuple[dict[str, Any], str]]) -> dict[str, Any]:
    """What explore.html.j2 takes."""
    return {"meta": script_json([meta for meta, _ in packed]),
            "blobs": [blob for _, blob in packed],
            "program": bundle(), "licences": licences()}


def write(traces: list[tuple[str, Trace]], file: Path,
          start: float | None = None, stop: float | None = None) -> None:
    """A page of its own, with a tab for each (label, trace)."""
    packed = [pack(trace, label, start, stop) for label, trace in traces]
    title = ", ".join(label for label, _ in traces)
    file.write_text(environment().get_template("page.html.j2").render(
        title=title, explore=part(packed)))
