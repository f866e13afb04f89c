"""Messages of real devices: guests/abi/message, with those that it wants."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from guests.host.boot import Boot, reference_xen  # noqa: E402

BUILD = ROOT / "build"
DEVICES = ["-device", "edu,dma_mask=0xffffffff",
           "-device", "nec-usb-xhci,msi=on,msix=off"]
OUTCOME = r"ABI message: (success|skip|error|failure)"


def run(hypervisor: pathlib.Path, words: str, cpus: int) -> None:
    """To its outcome, which has to be success."""
    image = BUILD / "guests/abi/message"
    console = Boot(hypervisor, "dom0_mem=32M", [(image, words)], cpus=cpus,
                   limit=120, until=OUTCOME, extra=DEVICES).run()
    outcome = console.find(OUTCOME)
    assert outcome and outcome[1] == "success", console.tail()


@pytest.mark.parametrize("cpus", [1, 2])
def test_messages(cpus: int) -> None:
    """On this hypervisor, several messages of one device included."""
    run(BUILD / "metronome32", "several=1", cpus)


@pytest.mark.soak
def test_xen() -> None:
    """On Debian's Xen: the check of the test itself."""
    xen = reference_xen(BUILD / "bench")
    if xen is None:
        pytest.skip("xen-hypervisor-4.17-amd64 is not installed")
    run(xen, "", 1)
