#!/usr/bin/python3
"""Build an initramfs from programs of installed Debian packages.

Programs (names, or paths) go to /bin, their shared libraries (found by ldd) to
where the dynamic linker looks. The archive is the same, byte for byte, whenever
the files are: sorted names, owner 0, time 0, inode numbers in order. No root is
needed: the device nodes are only written into the archive.

Kernel modules go to /modules with those that they need; /modules/NAME.order
lists these in the order in which they can be loaded. FILE becomes /jobs.sh,
which INIT reads: further jobs. A PATH (a file, or a folder with all in it)
stands where it is installed, with the libraries of its programs; PATH=NAME: as
NAME. --plain leaves the archive uncompressed: larger, and sooner unpacked.

Usage: mkinitrd.py [--jobs FILE] [--modules NAME,NAME...] [--add PATH[=NAME]]...
                   [--plain] OUTPUT INIT PROGRAM...
"""
import argparse
import gzip
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys

LIB_DIR = "lib/x86_64-linux-gnu"
PACKAGES = {"busybox": "busybox-static", "cyclictest": "rt-tests",
            "hackbench": "rt-tests", "stress-ng": "stress-ng",
            "memtester": "memtester", "ip": "iproute2", "bridge": "iproute2",
            "redis-benchmark": "redis-tools", "nginx": "nginx-light"}
SEARCH = "/usr/bin:/bin:/usr/sbin:/sbin"

Entry = tuple[int, bytes, tuple[int, int]]  # mode, content, device number


def fail(message: str) -> None:
    """One line, and out."""
    sys.exit(f"mkinitrd: {message}")


def find_program(name: str) -> pathlib.Path:
    """Where a program is installed, or which package to install."""
    path = shutil.which(name, path=SEARCH)
    if path is None:
        fail(f"{name} not found: apt-get install {PACKAGES.get(name, name)}")
    return pathlib.Path(path)


def libraries(program: pathlib.Path) -> dict[str, pathlib.Path]:
    """Archive name -> file, for all shared libraries of a program."""
    run = subprocess.run(["ldd", str(program)], capture_output=True, text=True,
                         check=False, env={"LC_ALL": "C", "PATH": SEARCH})
    found = {}
    if "not found" in run.stdout:
        fail(f"{program}: a shared library is missing: {run.stdout.strip()}")
    for line in run.stdout.splitlines():
        if match := re.match(r"\s*(\S+) => (/\S+)", line):
            found[f"{LIB_DIR}/{match[1]}"] = pathlib.Path(match[2])
        elif match := re.match(r"\s*(/lib64/\S+) \(", line):
            found[match[1].lstrip("/")] = pathlib.Path(match[1])
    return found


def added(words: list[str]) -> dict[str, pathlib.Path]:
    """Archive name -> file, for what is to stand at its own place."""
    files: dict[str, pathlib.Path] = {}
    for word in words:
        source, _, name = word.partition("=")
        path = pathlib.Path(source)
        if not path.exists():
            fail(f"{source} not found: is its package installed? "
                 "(tools/packages.txt)")
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in inside:
            if not file.is_file():
                continue
            target = pathlib.PurePath(name or source, file.relative_to(path))
            files[str(target).lstrip("/")] = file
            if file.read_bytes()[:4] == b"\x7fELF":
                files.update(libraries(file))
    return files


def busybox_applets(busybox: pathlib.Path) -> list[str]:
    """The names under which busybox is to be found."""
    run = subprocess.run([str(busybox), "--list"], capture_output=True,
                         text=True, check=True)
    return run.stdout.split()


def modules(names: list[str]) -> dict[str, list[pathlib.Path]]:
    """For each kernel module the files to load, in order: those it needs, and
    itself; of the kernel that kernel.sh takes."""
    versions = sorted(path.name.removeprefix("vmlinuz-")
                      for path in pathlib.Path("/boot").glob("vmlinuz-*-amd64"))
    if not versions:
        fail("no kernel in /boot: apt-get install linux-image-amd64")
    found = {}
    for name in names:
        run = subprocess.run(["modprobe", "-S", versions[-1],
                              "--show-depends", name], capture_output=True,
                             text=True, check=False, env={"PATH": SEARCH})
        if run.returncode:
            fail(f"module {name}: {run.stderr.strip()}")
        found[name] = [pathlib.Path(word) for word in
                       re.findall(r"insmod (\S+)", run.stdout)]
    return found


def contents(init: pathlib.Path, programs: list[str],
             drivers: list[str], jobs: str,
             more: dict[str, pathlib.Path]) -> dict[str, Entry]:
    """Everything in the archive, by name."""
    none = (0, 0)
    files = {"init": init, **more}
    entries: dict[str, Entry] = {
        "dev/console": (stat.S_IFCHR | 0o600, b"", (5, 1)),
        "dev/null": (stat.S_IFCHR | 0o666, b"", (1, 3)),
    }
    for name in programs:
        path = find_program(name)
        files[f"bin/{path.name}"] = path
        files.update(libraries(path))
    for applet in busybox_applets(find_program("busybox")):
        if f"bin/{applet}" not in files:
            entries[f"bin/{applet}"] = (stat.S_IFLNK | 0o777, b"busybox", none)
    if jobs:
        files["jobs.sh"] = pathlib.Path(jobs)
    for name, needed in modules(drivers).items():
        order = "".join(f"{path.name}\n" for path in needed)
        entries[f"modules/{name}.order"] = (stat.S_IFREG | 0o644,
                                            order.encode(), none)
        files |= {f"modules/{path.name}": path for path in needed}
    for name, path in files.items():
        entries[name] = (stat.S_IFREG | 0o755, path.read_bytes(), none)
    for name in [*entries, "proc/x", "sys/x", "tmp/x"]:
        for parent in list(pathlib.PurePath(name).parents)[:-1]:
            entries[str(parent)] = (stat.S_IFDIR | 0o755, b"", none)
    return entries


def record(number: int, name: str, entry: Entry) -> bytes:
    """One member in cpio's `newc` form."""
    mode, data, (major, minor) = entry
    raw = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor,
              len(raw), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + raw
    head += bytes(-len(head) % 4)
    return head + data + bytes(-len(data) % 4)


def main() -> int:
    """Write the archive."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", default="")
    parser.add_argument("--modules", default="")
    parser.add_argument("--add", action="append", default=[])
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("output")
    parser.add_argument("init", type=pathlib.Path)
    parser.add_argument("program", nargs="+")
    args = parser.parse_args()
    output = args.output
    entries = contents(args.init, args.program,
                       [name for name in args.modules.split(",") if name],
                       args.jobs, added(args.add))
    archive = b"".join(record(i + 1, name, entries[name])
                       for i, name in enumerate(sorted(entries)))
    archive += record(0, "TRAILER!!!", (0, b"", (0, 0)))
    temporary = f"{output}.tmp"
    with open(temporary, "wb") as file:
        file.write(archive if args.plain
                   else gzip.compress(archive, 9, mtime=0))
    os.replace(temporary, output)
    print(f"{output}: {len(entries)} members, {os.path.getsize(output)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
