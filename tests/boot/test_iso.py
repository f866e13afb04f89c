"""`make iso`: the medium with an entry for each built-in scheduler."""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qemu import BUILD, ROOT, Machine  # noqa: E402


def test_iso() -> None:
    """Every plug-in has an entry, and the first one boots by itself."""
    subprocess.run(["make", "-s", "iso", f"BUILD={BUILD.name}"], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)
    menu = (BUILD / "grub.cfg").read_text()
    named = re.findall(r"metronome\.gz sched=(\w+)", menu)
    plugins = {path.parent.name for path in ROOT.glob("sched/*/*.c")}
    assert named and set(named) == plugins - {"api", "kit", "load", "sim"}
    assert "placeholder" in menu and os.path.exists(BUILD / "metronome.iso")
    with Machine(iso=BUILD / "metronome.iso", smp=2) as m:
        m.wait(rf"scheduler: {named[0]} ", 240)
        m.wait(r"^\(hello\) hello: vcpu 1 is up", 120)
