"""The second table: what the hypervisor executes in one operation.

QEMU's debugger stub steps the bench guest through each operation, from
steps_begin to steps_end; every instruction at a hypervisor address is counted
and, after disassembly by objdump, put into a class:

  serialising  SDM 3A 8.3: iret, writes of control and debug registers, INVLPG,
               INVPCID, WRMSR, CPUID, LGDT, LIDT, LLDT, LTR, WBINVD
  CR3 loads    also counted as serialising
  locked       a LOCK prefix, or XCHG with memory

Interrupts and timers do not run while QEMU steps: what is counted is the
operation's own path.
"""
import pathlib
import re
import socket
import subprocess
import tempfile
import time

HOLE = range(0xffff800000000000, 0xffff880000000000)
SERIALISING = re.compile(
    r"^(iretq?|cpuid|wrmsr|wbinvd|invd|invlpg|invpcid|l[gil]dt|ltr|rsm)\b|"
    r"^mov\s.*,%(cr[0-7]|db\d)$")
CR3_LOAD = re.compile(r"^mov\s.*,%cr3$")
LOCKED = re.compile(r"^(lock\s|xchg\s.*\()")
MOST_STEPS = 60_000
RIP, RDI = 0x10, 0x5


class Debugger:
    """QEMU's gdb stub, as much of its protocol as stepping needs."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(120)
        for _ in range(200):
            try:
                self._socket.connect(path)
                break
            except OSError:
                time.sleep(0.05)
        self._data = b""
        # Single registers are served only to who has read their description.
        self.ask("qXfer:features:read:target.xml:0,ffb")

    def ask(self, text: str) -> str:
        """Send a packet and return the answer to it."""
        raw = text.encode()
        self._socket.sendall(b"$%s#%02x" % (raw, sum(raw) & 255))
        while not (match := re.search(rb"\$([^#]*)#..", self._data)):
            more = self._socket.recv(65536)
            if not more:
                raise OSError("QEMU is gone")
            self._data += more
        self._data = self._data[match.end():]
        self._socket.sendall(b"+")
        return match[1].decode()

    def register(self, number: int) -> int:
        """A 64-bit register."""
        raw = self.ask(f"p{number:x}")
        return int.from_bytes(bytes.fromhex(raw), "little")

    def memory(self, address: int, size: int) -> bytes:
        """Guest memory; empty when it is not mapped."""
        raw = self.ask(f"m{address:x},{size:x}")
        return b"" if raw.startswith("E") else bytes.fromhex(raw)


def symbols(image: pathlib.Path) -> dict[str, int]:
    """Addresses by name."""
    run = subprocess.run(["nm", str(image)], capture_output=True, text=True,
                         check=True)
    return {words[2]: int(words[0], 16) for line in run.stdout.splitlines()
            if len(words := line.split()) == 3}


def disassemble(code: dict[int, bytes]) -> dict[int, str]:
    """Address -> the instruction there, as objdump writes it."""
    addresses = sorted(code)
    blob = b"".join(code[a].ljust(16, b"\x90")[:16] + b"\x90" * 16
                    for a in addresses)
    with tempfile.NamedTemporaryFile() as file:
        file.write(blob)
        file.flush()
        run = subprocess.run(
            ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64",
             "--no-show-raw-insn", file.name],
            capture_output=True, text=True, check=True)
    at = {}
    for line in run.stdout.splitlines():
        if match := re.match(r"\s*([0-9a-f]+):\s+(.*?)\s*$", line):
            at[int(match[1], 16)] = match[2]
    return {a: at.get(i * 32, "?") for i, a in enumerate(addresses)}


def path_of(debugger: Debugger, end: int, code: dict[int, bytes]) -> list[int]:
    """The hypervisor addresses executed until `end`."""
    path = []
    for _ in range(MOST_STEPS):
        debugger.ask("s")
        rip = debugger.register(RIP)
        if rip == end:
            return path
        if rip in HOLE:
            path.append(rip)
            if rip not in code:
                code[rip] = debugger.memory(rip, 16)
    return path


def text_at(debugger: Debugger, address: int) -> str:
    """A short string of the guest."""
    return debugger.memory(address, 32).split(b"\0")[0].decode()


Paths = dict[str, list[int]]  # operation -> addresses executed, in order


def walk(debugger: Debugger, names: dict[str, int],
         code: dict[int, bytes]) -> Paths:
    """Step through every operation; the bytes at each address go to code."""
    begin, end = names["steps_begin"], names["steps_end"]
    paths: Paths = {}
    debugger.ask(f"Z1,{begin:x},1")
    while True:
        debugger.ask("c")
        if debugger.register(RIP) != begin:
            break
        name = text_at(debugger, debugger.register(RDI))
        if name == "end":
            break
        debugger.ask(f"z1,{begin:x},1")
        paths[name] = path_of(debugger, end, code)
        debugger.ask(f"Z1,{begin:x},1")
    return paths


def walk_target(target, build: pathlib.Path, more: str,
                limit: float) -> tuple[Paths, dict[int, bytes]]:
    """Boot a bench.Target with more arguments and step through it."""
    code: dict[int, bytes] = {}
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/gdb"
        boot = target.boot(build, "steps", more, limit,
                           ["-S", "-gdb", f"unix:{path},server=on,wait=off"])
        with subprocess.Popen(boot.command(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as qemu:
            try:
                names = symbols(build / "guests/bench")
                return walk(Debugger(path), names, code), code
            except (OSError, ValueError) as error:
                print(f"  {target.name}: stepping failed: {error}")
                return {}, code
            finally:
                qemu.kill()


def counts(target, build: pathlib.Path, limit: float) -> dict[str, list[int]]:
    """For each operation, [all, serialising, CR3 loads, locked]."""
    paths, code = walk_target(target, build, "", limit)
    text = disassemble(code) if code else {}
    return {name: [len(path), *(sum(bool(kind.search(text[a])) for a in path)
                                for kind in (SERIALISING, CR3_LOAD, LOCKED))]
            for name, path in paths.items()}


def record_cost(target, build: pathlib.Path, tracing: str,
                limit: float) -> float | str:
    """What a trace record adds to a yield and back, on Metronome: the records
    are the calls of trace_put_*, and of what writes the four of a switch at
    once (xen/sched/decision.c), whose addresses its symbols tell."""
    table = symbols(build / "metronome")
    writers = {address: 1 for name, address in table.items()
               if re.match(r"trace_put_\d", name)}
    writers |= {address: 4 * sign for name, address in table.items()
                for sign, part in ((1, r"put_switch$"), (-1, "put_one_by_one"))
                if re.match(part, name)}
    plain, _ = walk_target(target, build, "", limit)
    traced, _ = walk_target(target, build, tracing, limit)
    name = "yield and back"
    if name not in plain or name not in traced:
        return "not stepped through"
    records = sum(writers.get(address, 0) for address in traced[name])
    if not records:
        return "no record written"
    return (len(traced[name]) - len(plain[name])) / records


def table(targets: list, build: pathlib.Path, limit: float) -> list[list[str]]:
    """The second table as rows of text, one column for each target."""
    found = {t.name: counts(t, build, limit) for t in targets}
    names = list(dict.fromkeys(n for c in found.values() for n in c))
    lines = [["operation", *found]]
    for name in names:
        lines.append([name, *(" / ".join(map(str, c[name])) if name in c
                              else "n/a" for c in found.values())])
    return lines
