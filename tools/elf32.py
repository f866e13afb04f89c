#!/usr/bin/python3
"""Wrap the ELF64 hypervisor into a 32-bit ELF that `qemu -kernel` accepts.

The loadable segments keep their physical addresses; virtual addresses become
the physical ones, which is all that a multiboot loader looks at.

Usage: elf32.py INPUT OUTPUT
"""
import struct
import sys


def segments(data: bytes) -> list[tuple[int, int, int, int, int]]:
    """The PT_LOAD segments: (file offset, virtual, physical, file size,
    memory size)."""
    phoff, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    found = []
    for i in range(count):
        kind, _, off, vaddr, paddr, filesz, memsz = struct.unpack_from(
            "<IIQQQQQ", data, phoff + i * size)
        if kind == 1:
            found.append((off, vaddr, paddr, filesz, memsz))
    return found


def main() -> int:
    """Convert argv[1] to argv[2]."""
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    loads = segments(data)
    entry, = struct.unpack_from("<Q", data, 24)
    head = 52 + 32 * len(loads)
    offset = (head + 4095) & ~4095
    table, body, physical_entry = b"", b"", 0
    for off, vaddr, paddr, filesz, memsz in loads:
        if vaddr <= entry < vaddr + memsz:
            physical_entry = entry - vaddr + paddr
        table += struct.pack("<IIIIIIII", 1, offset + len(body), paddr, paddr,
                             filesz, memsz, 7, 4096)
        body += data[off:off + filesz]
        body += bytes(-len(body) % 4096)
    ident = b"\x7fELF\x01\x01\x01" + bytes(9)
    header = ident + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1,
                                 physical_entry, 52, 0, 0, 52, 32,
                                 len(loads), 0, 0, 0)
    with open(sys.argv[2], "wb") as file:
        file.write(header + table)
        file.write(bytes(offset - head))
        file.write(body)
    return 0


if __name__ == "__main__":
    sys.exit(main())
