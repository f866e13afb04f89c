"""docs/trace.md has the table of events as the tool prints it."""
import subprocess

from xentrace.trace import ROOT, TOOL


def test_table_of_events_is_current():
    table = subprocess.run([TOOL, "events", "--markdown"], check=True,
                           text=True, capture_output=True).stdout
    assert (ROOT / "docs" / "trace.md").read_text().endswith(table)
