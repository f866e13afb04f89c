"""Each gate finds what is planted for it: none passes vacuously."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = "int planted(void);\n\nint planted(void)\n{\n    return 0;\n}\n"


def make(gate: str, *variables: str) -> subprocess.CompletedProcess:
    """`make gate`, with some variables of the Makefile replaced."""
    return subprocess.run(
        ["make", "--no-print-directory", "-s", gate, *variables], cwd=ROOT,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def value(variable: str) -> str:
    """What the Makefile says that it is."""
    rule = f"planted-print: ; @echo '$({variable})'"
    run = subprocess.run(["make", "-s", "--eval", rule, "planted-print"],
                         cwd=ROOT, text=True, stdout=subprocess.PIPE,
                         check=True)
    return run.stdout.strip()


@pytest.mark.parametrize("tool, path, text, words", [
    ("check-layers", "xen/lib/x.c", '#include "xen/core/event.h"\n',
     "may not use xen/core"),
    ("check-layers", "xen/base/x.h", '#include "xen/core/event.h"\n',
     "may not use xen/core"),
    ("check-layers", "sched/rr/x.c", '#include "xen/base/timer.h"\n',
     "may not use xen/base"),
    ("check-layers", "guests/x/main.c", '#include "xen/base/timer.h"\n',
     "may not use xen/base"),
    ("check-size", "xen/lib/x.c", "int x;\n" * 1001, "1001 lines"),
    ("check-size", "xen/lib/x.c",
     "void f(void)\n{\n" + "    f();\n" * 121 + "}\n", "f: 122 lines"),
    ("check-ifs", "trace/x.c", "#ifdef X\n#endif\n", "trace/x.c:1: #ifdef"),
    ("check-ifs", "guests/x/main.c", "# if 1\n#endif\n", ":1: # if 1"),
])
def test_script(tmp_path: pathlib.Path, tool: str, path: str, text: str,
                words: str) -> None:
    """In a tree of two headers: clean, then with one fault."""
    for header in ("xen/core/event.h", "xen/base/timer.h"):
        (tmp_path / header).parent.mkdir(parents=True)
        shutil.copy(ROOT / header, tmp_path / header)
    # Their own includes aren't there, and so aren't looked at.
    args = {"cwd": tmp_path, "text": True, "stdout": subprocess.PIPE}
    clean = subprocess.run([ROOT / "tools" / tool], **args)
    assert clean.returncode == 0, clean.stdout
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text)
    found = subprocess.run([ROOT / "tools" / tool], **args)
    assert found.returncode == 1 and words in found.stdout, found.stdout
    assert "Rule: " in found.stdout


@pytest.mark.parametrize("text, words", [
    ("static int count; int f(void); int f(void) { return ++count; }",
     "writable data"),
    ("int puts(const char *); int f(void); int f(void) { return puts(\"\"); }",
     "calls puts"),
])
def test_plugin(tmp_path: pathlib.Path, text: str, words: str) -> None:
    """A plug-in with writable data, one that calls what is no service."""
    source = tmp_path / "x.c"
    source.write_text(text)
    subprocess.run(["gcc", "-c", "-o", tmp_path / "x.o", source], check=True)
    run = subprocess.run([ROOT / "tools/check-plugins", tmp_path], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode and words in run.stdout, run.stdout
    assert subprocess.run([ROOT / "tools/check-plugins"]).returncode == 2


@pytest.mark.parametrize("gate, name, bad, variable", [
    ("check-format", "x.c", "int  x ;\n", "C_FILES"),
    ("check-headers", "x.h", "struct domain *x(mfn_t);\nno_such_type y;\n",
     "HV_HEADERS"),
    ("check-cppcheck", "x.c",
     "int f(void);\nint f(void)\n{\n    int a[2];\n    return a[3];\n}\n",
     "HV_ONLY_C"),
    ("check-tidy", "x.c",
     "int f(int a);\nint f(int a)\n{\n    if (a > 1);\n    return a;\n}\n",
     "HV_ONLY_C"),
    ("check-python", "x.py", "import os\n", "PYTHON_FILES"),
])
def test_tool(tmp_path: pathlib.Path, gate: str, name: str, bad: str,
              variable: str) -> None:
    """A file with a fault in place of the tree's; a good one passes."""
    file = tmp_path / name
    build = f"BUILD={os.environ.get('BUILD', 'build')}"
    shutil.copy(ROOT / ".clang-format", tmp_path)
    file.write_text(bad)
    assert make(gate, f"{variable}={file}", build).returncode
    file.write_text({"x.c": GOOD, "x.h": "int planted(void);\n",
                     "x.py": '"""Good."""\n'}[name])
    run = make(gate, f"{variable}={file}", build)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("text", [
    "int f(long a) { return a; }",                      # conversion
    "unsigned f(int a) { return a; }",                  # sign-conversion
    "int a; int f(int a) { return a; }",                # shadow
    "char *f(const char *a) { return (char *)a; }",     # cast-qual
    "int f(int n) { int a[n]; a[0] = n; return a[0]; }",            # vla
    "int g(int a) { return a; }",                       # missing-prototypes
    "enum e { A, B }; int f(int a) "
    "{ switch ((enum e)a) { case A: return 1; default: return 0; } }",
    "int f(int a) { int b; return 0; }",                # all, extra
], ids=["conversion", "sign", "shadow", "cast-qual", "vla", "prototype",
        "switch-enum", "unused"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_warning(compiler: str, text: str) -> None:
    """Each warning of the rule ends a compilation."""
    name = re.search(r"\w+ \*?f\([^)]*\)", text)
    source = text.replace(name[0], f"{name[0]}; {name[0]}", 1) if name \
        else text
    for code, good in ((source, False), (GOOD, True)):
        run = subprocess.run(
            [compiler, *value("WARN").split(), "-fsyntax-only", "-x", "c",
             "-"], input=code, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        assert (run.returncode == 0) == good, run.stdout


def test_clang_builds_everything() -> None:
    """check-clang has the hypervisor's objects, each by its source."""
    objects = value("HV_OBJ").split()
    sources = [p for p in (ROOT / "xen").rglob("*.c")
               if "offsets" not in p.parts]
    assert len(objects) >= len(sources) > 80
    run = subprocess.run(["make", "-n", "check-clang", "BUILD=build/none"],
                         cwd=ROOT, text=True, stdout=subprocess.PIPE)
    assert run.stdout.count("clang -std=gnu11") >= len(sources)


def test_sanitizers() -> None:
    """The host's unit tests: there are some, under ASan and UBSan."""
    assert "-fsanitize=address,undefined" in value("HOST_TEST_CFLAGS")
    programs = value("HOST_TESTS").split()
    assert len(programs) >= 15
    for program in programs[:3]:
        symbols = subprocess.run(["nm", ROOT / program], text=True,
                                 stdout=subprocess.PIPE, check=True).stdout
        assert "__asan_" in symbols and "__ubsan_" in symbols


def test_linker_script() -> None:
    """The linker script ends with ASSERTs."""
    text = (ROOT / "xen/metronome.lds.S").read_text()
    assert text.count("ASSERT(") >= 3


def test_coverage_page(tmp_path: pathlib.Path) -> None:
    """A page that tells something else is found."""
    page = tmp_path / "page.md"
    text = (ROOT / "docs/abi-coverage.md").read_text()
    page.write_text(text.replace("| yes |", "| - |", 1))
    run = subprocess.run([ROOT / "tools/abi-coverage", "--check", page],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.returncode


def test_every_gate_is_run() -> None:
    """The list of tests/gates is that of the Makefile."""
    from test_gates import GATES
    assert sorted(GATES) == sorted(value("GATES").split())
