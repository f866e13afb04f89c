#!/usr/bin/python3
"""In the place of QEMU, for test_boots.py: says what a boot of dom0 says, as
$FAKE wants it: well; bug (the kernel complains); ends (in the middle); stuck
(for ever); stale (until the monitor is told `log nochain`)."""
import hashlib
import os
import pathlib
import re
import socket
import sys
import threading

WORDS = " ".join(sys.argv)
MODE = os.environ["FAKE"]
go_on = threading.Event()


def monitor(path: str) -> None:
    """As much of QEMU's machine protocol as is asked."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        while True:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b'{"QMP": {}}\n')
                while command := connection.recv(65536):
                    if b"log nochain" in command and MODE == "stale":
                        go_on.set()
                    connection.sendall(b'{"return": "RIP=ffff"}\n')


def say(text: str) -> None:
    """On the serial line."""
    print(text, flush=True)


found = re.search(r"unix:([^,]+),server", WORDS)
assert found
threading.Thread(target=monitor, args=(found[1],), daemon=True).start()
found = re.search(r"file=(\S+/vda),", WORDS)
assert found
disk = pathlib.Path(found[1])
data = disk.read_bytes()
half = data[:len(data) // 2]
digest = hashlib.sha256(half).hexdigest()
say("LINUX UP: 6.1, 4 cpus, 500 kB")
if MODE == "ends":
    sys.exit(1)
if MODE in ("stuck", "stale"):
    go_on.wait()
if MODE == "bug":
    say("BUG: soft lockup")
disk.write_bytes(half + half)
say(f"DISK vda {digest} {len(half) >> 20} MiB")
say(f"DISK vda {digest} copied")
say("JOBS DONE failed=0")
say("(XEN) dom0 enters ACPI state S5")
