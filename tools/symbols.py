#!/usr/bin/python3
"""Write the hypervisor's own symbol table as assembly.

The table lets a panic name the functions of its backtrace. Each entry is the
offset of a function from the image's start (32 bits) and the offset of its
name in a string area (32 bits), sorted by address.

Usage: symbols.py --empty | symbols.py ELF
"""
import subprocess
import sys


def functions(elf: str) -> list[tuple[int, str]]:
    """The text symbols of ELF as (address, name), sorted, one an address."""
    out = subprocess.run(["nm", "-n", elf], check=True, text=True,
                         capture_output=True).stdout
    found: dict[int, str] = {}
    for line in out.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[1] in "tT" and int(parts[0], 16) > 2**63:
            found.setdefault(int(parts[0], 16), parts[2])
    return sorted(found.items())


def main() -> int:
    """Print the assembly for the ELF named on the command line."""
    table = [] if sys.argv[1] == "--empty" else functions(sys.argv[1])
    print('.section .symtab_metronome, "a"\n.global symbol_count\n'
          ".global symbol_table\n.global symbol_names\n.balign 8")
    print(f"symbol_count: .long {len(table)}\n.balign 8\nsymbol_table:")
    offset = 0
    for address, name in table:
        print(f".long {address - 0xffff82d040000000:#x}, {offset}")
        offset += len(name) + 1
    print("symbol_names:")
    for _, name in table:
        print(f'.asciz "{name}"')
    print('.section .note.GNU-stack,"",@progbits')
    return 0


if __name__ == "__main__":
    sys.exit(main())
