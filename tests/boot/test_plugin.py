"""A scheduler loaded as a module: the hypervisor runs it; a bad object is
refused with its reason, and then sched= has no such name."""
from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import typing

import pytest

from qemu import BUILD, ROOT, Machine

# They all build one plug-in under one name.
pytestmark = pytest.mark.xdist_group("plugin")

HELLO = f"{BUILD}/guests/hello domain name=a mem=16M"
HOG = f"{BUILD}/guests/hog domain name=a mem=16M vcpus=2"


def make(folder: pathlib.Path) -> pathlib.Path:
    """The object of a plug-in's folder."""
    run = subprocess.run(["make", "-s", "plugin", f"DIR={folder}",
                          f"BUILD={BUILD.name}"], cwd=ROOT, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == 0, run.stdout
    return BUILD / "plugins" / f"{folder.name}.o"


def new(name: str, folder: pathlib.Path, *edits: tuple[str, str]
        ) -> pathlib.Path:
    """The object of a new plug-in, its source edited."""
    subprocess.run([ROOT / "tools/sched-new", name, folder], check=True)
    source = folder / name / f"{name}.c"
    text = source.read_text()
    for old, now in edits:
        assert old in text
        text = text.replace(old, now)
    source.write_text(text)
    return shutil.copy(make(folder / name), folder / f"{name}.o")


@pytest.fixture(name="good", scope="module")
def good_object(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """rr under another name."""
    return new("tried", tmp_path_factory.mktemp("plugin"))


def test_runs(good: pathlib.Path) -> None:
    """Selected by sched=, its parameter set on the command line and by the
    domain; it lets two vCPUs run on two CPUs to their end."""
    modules = (HELLO, f"{good} sched_plugin")
    with Machine("console=com1 sched=tried tried.slice=3ms", modules,
                 smp=2) as m:
        log = m.wait_end()
    assert "Module 1: scheduler tried loaded" in log
    assert re.search(r"^\(XEN\) scheduler: tried ", log, re.M), log
    assert "tried.slice" not in log.split("Metronome")[0]  # no complaint
    assert "(a) hello: time" in log and "all domains have shut down" in log


def test_listed(good: pathlib.Path) -> None:
    """Its name and its parameters are among those that are accepted."""
    modules = (f"{good} sched_plugin", HELLO)
    for options, words in (("sched=help", "there are: .*tried"),
                           ("tried.slice=1h", "tried.slice=1h"),
                           ("tried.slyce=1", "tried has slice")):
        with Machine(f"console=com1 {options}", modules) as m:
            assert re.search(words, m.wait_end()), m.log


def test_rights(good: pathlib.Path) -> None:
    """Its code is executable and read-only, in the direct map too; nothing
    that is mapped is both writable and executable."""
    modules = (HOG, f"{good} sched_plugin")
    with Machine("console=com1 sched=tried", modules) as m:
        place = int(m.wait(r"bytes of code at 0x([0-9a-f]{16})")[1], 16)
        m.wait(r"Started in")
        answer = m.qmp("human-monitor-command",
                       **{"command-line": "info tlb"})
        tlb = typing.cast(dict[str, str], answer)["return"]
    pages = {int(va, 16): (int(pa, 16), flags) for va, pa, flags in
             re.findall(r"([0-9a-f]{16}): ([0-9a-f]{16}) (\S{9})", tlb)}
    physical, flags = pages[place]
    assert flags[0] == "-" and flags[8] == "-", flags  # no NX, no W
    alias = 0xffff830000000000 + physical
    alias = alias if alias in pages else alias & ~0x1fffff
    assert pages[alias][1][0] == "X" and pages[alias][1][8] == "-"
    ours = {va: flags for va, (_, flags) in pages.items()
            if 0xffff800000000000 <= va < 0xffff880000000000}
    assert len(ours) > 500
    bad = [hex(va) for va, flags in ours.items()
           if flags[8] == "W" and flags[0] != "X"]
    assert not bad, bad[:10]


def test_backtrace(tmp_path: pathlib.Path) -> None:
    """A fault in it is named, with the place in its object."""
    trap = "__builtin_trap();\n    (void)now;\n    if (!pick.v)"
    bad = new("crash", tmp_path, ("(void)now;\n    if (!pick.v)", trap))
    with Machine("console=com1 sched=crash",
                 (HELLO, f"{bad} sched_plugin")) as m:
        log = m.wait_end()
    found = re.search(r"rip \[[0-9a-f]+\] crash\.o:\.text\+(0x[0-9a-f]+)", log)
    assert found and re.search(r"\] sched_schedule\+0x", log), log[-3000:]
    where = subprocess.run(
        ["addr2line", "-j", ".text", "-e", BUILD / "plugins/crash/debug.o",
         found[1]], text=True, stdout=subprocess.PIPE, check=True).stdout
    line = int(re.search(r"/crash\.c:(\d+)", where)[1])
    source = (tmp_path / "crash/crash.c").read_text().splitlines()
    assert "__builtin_trap" in source[line - 1], where


@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_grub(good: pathlib.Path, tmp_path: pathlib.Path, uefi: bool) -> None:
    """By GRUB's module2 line. (Under UEFI, GRUB puts so small a module into
    the first MiB, which is never given to the allocator.)"""
    config, medium = tmp_path / "grub.cfg", tmp_path / "medium.iso"
    config.write_text("set timeout=0\nmenuentry x {\n"
                      "  multiboot2 /boot/metronome.gz console=com1 "
                      "sched=tried tried.slice=2ms\n"
                      "  module2 /boot/hello domain name=a mem=16M\n"
                      "  module2 /boot/tried.o sched_plugin\n}\n")
    subprocess.run([ROOT / "tools/mkiso", medium, config,
                    BUILD / "metronome.gz", BUILD / "guests/hello", good],
                   check=True)
    with Machine(iso=medium, uefi=uefi, smp=2) as m:
        log = m.wait_end(240)
    assert "Module 1: scheduler tried loaded" in log, log[-3000:]
    assert re.search(r"^\(XEN\) scheduler: tried ", log, re.M), log[-3000:]
    assert "all domains have shut down" in log, log[-3000:]


# ---- refused ----

def objcopy(good: pathlib.Path, out: pathlib.Path, *options: str) -> None:
    """A changed copy."""
    subprocess.run(["objcopy", *options, good, out], check=True)


def undefined(good: pathlib.Path, out: pathlib.Path) -> None:
    """It calls what is no service."""
    objcopy(good, out, "--redefine-sym", "sched_steal=printk")


def writable(good: pathlib.Path, out: pathlib.Path) -> None:
    """It has variables."""
    objcopy(good, out, "--set-section-flags", ".rodata=alloc,load,data")


def version(good: pathlib.Path, out: pathlib.Path) -> None:
    """It was compiled for another sched.h."""
    data = bytearray(good.read_bytes())
    data[data.index(b"Metronome\0\0\0") + 12] ^= 0xff
    out.write_bytes(data)


def machine(good: pathlib.Path, out: pathlib.Path) -> None:
    """It is for another processor."""
    data = bytearray(good.read_bytes())
    data[18] = 183
    out.write_bytes(data)


def cut(good: pathlib.Path, out: pathlib.Path) -> None:
    """It is cut short."""
    data = good.read_bytes()
    out.write_bytes(data[:len(data) // 2])


def linked(_: pathlib.Path, out: pathlib.Path) -> None:
    """It is a program."""
    shutil.copy(BUILD / "guests/hello", out)


def garbage(_: pathlib.Path, out: pathlib.Path) -> None:
    """It is no object at all."""
    out.write_bytes(bytes(range(256)) * 64)


def absolute(good: pathlib.Path, out: pathlib.Path) -> None:
    """It is compiled for fixed addresses."""
    source = good.parent / "tried/tried.c"
    subprocess.run(["gcc", "-c", "-O1", "-ffreestanding", "-fno-pie",
                    "-mno-red-zone", "-iquote", ROOT, "-include",
                    ROOT / "xen/lib/compiler.h", "-o", out.with_suffix(".c.o"),
                    source], check=True)
    subprocess.run(["ld", "-r", "-T", ROOT / "sched/load/plugin.lds", "-o",
                    out, out.with_suffix(".c.o"),
                    BUILD / "plugins/tried/note.o"], check=True)


REFUSED = [
    (undefined, "it calls printk, which is no service of sched.h"),
    (writable, "it has writable data in .rodata: state lives in"),
    (version, "it was compiled for version [0-9a-f]{16}, and this is [0-9a-f]"),
    (machine, "it is for another machine than x86-64"),
    (cut, "it is cut short"),
    (linked, "it is linked: a relocatable object is wanted"),
    (garbage, "it is not an ELF object"),
    (absolute, "it has a relocation of R_X86_64_32S?; make it by"),
]


def refusal(objects: tuple[pathlib.Path, ...], options: str) -> str:
    """The log of a boot with these objects, which must not crash."""
    modules = (HELLO,) + tuple(f"{path} sched_plugin" for path in objects)
    with Machine(f"console=com1 {options}", modules) as m:
        log = m.wait_end()
    assert "Backtrace" not in log and "xception" not in log, log
    return log


@pytest.mark.parametrize("spoil, reason", REFUSED,
                         ids=[spoil.__name__ for spoil, _ in REFUSED])
def test_refused(good: pathlib.Path, tmp_path: pathlib.Path,
                 spoil: typing.Callable[[pathlib.Path, pathlib.Path], None],
                 reason: str) -> None:
    """One line says why; sched= with its name lists what there is."""
    bad = tmp_path / "tried.o"
    spoil(good, bad)
    lines = refusal((bad,), "sched=tried").splitlines()
    assert re.search(rf"Module 1 is no scheduler to load: {reason}.*\.$",
                     lines[-3]), lines
    assert re.search(r"sched=tried: no such scheduler; there are: .*\brr\b",
                     lines[-2]), lines
    assert "Reboot" in lines[-1]


def test_bad_table(tmp_path: pathlib.Path) -> None:
    """What sched_check() refuses."""
    bad = new("table", tmp_path, (".class_ = 7", ".class_ = 8"))
    log = refusal((bad,), "sched=table")
    assert "its table is wrong: its trace class is above 7." in log


def test_too_large(tmp_path: pathlib.Path) -> None:
    """Larger than what is set aside."""
    ballast = "static const char ballast[70000] = \"x\";\n" \
        "static const struct sched_ops"
    bad = new("large", tmp_path, ("static const struct sched_ops", ballast),
              (".name = \"large\"", ".name = (const char *)ballast"))
    log = refusal((bad,), "sched=large")
    assert re.search(r"it needs \d+ bytes of code and 7\d+ of constants; "
                     r"131072 and 65536 are left", log), log


def test_name_taken(good: pathlib.Path) -> None:
    """The second of a name is refused; the first one runs."""
    log = refusal((good, good), "sched=tried")
    assert "Module 2 is no scheduler to load: there is a scheduler tried " \
        "already." in log
    assert "all domains have shut down" in log


def test_not_asked_for(good: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A refused object that sched= does not name stops nobody."""
    cut(good, tmp_path / "bad.o")
    log = refusal((tmp_path / "bad.o",), "sched=rr")
    assert "Module 1 is no scheduler to load: it is cut short." in log
    assert "all domains have shut down" in log


def test_checked_when_made(tmp_path: pathlib.Path) -> None:
    """`make plugin` itself refuses what the loader would."""
    subprocess.run([ROOT / "tools/sched-new", "bad", tmp_path], check=True)
    source = tmp_path / "bad/bad.c"
    text = source.read_text()
    for old, now, words in (
            ("(void)why, (void)now;\n    sched_queue_del",
             "(void)why, (void)now;\n    sched_puts();\n    sched_queue_del",
             "calls sched_puts, which is no service"),
            ("(void)why, (void)now;\n    sched_queue_del",
             "static int n;\n    (void)why, (void)now;\n    n++;\n"
             "    sched_queue_del", "has writable data: .bss")):
        source.write_text(
            text.replace("#include \"sched/api/sched.h\"",
                         "#include \"sched/api/sched.h\"\n"
                         "void sched_puts(void);").replace(old, now))
        run = subprocess.run(
            ["make", "plugin", f"DIR={tmp_path / 'bad'}",
             f"BUILD={BUILD.name}"], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert run.returncode and words in run.stdout, run.stdout
    for path in ("nowhere", "README.md", "docs"):
        run = subprocess.run(["make", "-s", "plugin", f"DIR={path}"], cwd=ROOT,
                             text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        line = run.stdout.splitlines()[0]
        assert run.returncode and line.startswith(f"plugin: {path}"), run.stdout
