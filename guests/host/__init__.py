"""Host side of the guests: booting them in QEMU and reading their console."""
