"""What dom0 is told of the console, the trace and other domains."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from qemu import Machine  # noqa: E402

VIRQ = "build/guests/abi/virq"
OPTIONS = "console=com1 dom0_mem=32M tbuf_size=4"


def test_key() -> None:
    """The debug key q asks the guest, too."""
    with Machine(OPTIONS, (f"{VIRQ} debug=1",)) as m:
        m.wait("virq: waiting for a key")
        m.send("\x01\x01\x01q")
        m.wait("VIRQ_DEBUG to vCPU 0")
        m.wait("ABI virq: success")


def test_other_domain() -> None:
    """A domain's crash, and that it is gone."""
    with Machine(OPTIONS, (f"{VIRQ} other=1", "build/guests/stop domain "
                           "name=other mem=8M -- reason=3 at=1s")) as m:
        m.wait("ABI virq: success")
