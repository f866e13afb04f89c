"""The cost of callbacks: reading callgrind's files, and the judgement."""
from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location(
    "sched_cost", ROOT / "experiments/sched-cost/run.py")
assert SPEC and SPEC.loader
cost = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(cost)

FILE = """events: Ir
fn=(1) decide
12 7
cfn=(2) rr_pick
calls=3 40
+2 90
cfn=(3) rr_enqueue
calls=1 9
* 11
fn=(4) wait_here
20 5
cfn=(3)
calls=4 9
21 29
"""


def row(waiting: int, instructions: float) -> dict[str, object]:
    """One of the table."""
    return {"scheduler": "x", "callback": "pick", "waiting": waiting,
            "calls": 99, "instructions": instructions}


def test_parse() -> None:
    """Calls and inclusive costs from all callers, names compressed or not."""
    assert cost.parse(FILE) == {"rr_pick": (3, 90), "rr_enqueue": (5, 40)}


def test_draw(tmp_path: Path) -> None:
    """However many schedulers there are."""
    names = [f"s{i}" for i in range(12)]
    cost.draw(tmp_path, [row(n, 9) | {"scheduler": s, "callback": c}
                         for s in names for n in (16, 4096)
                         for c in ("enqueue", "pick", "charge")], names)
    for kind in ("pdf", "svg", "png"):
        assert (tmp_path / f"cost.{kind}").stat().st_size > 5000


def test_judge() -> None:
    """Logarithmic growth passes; what is linear, or quadratic in it, not."""
    assert not cost.judge([row(16, 100), row(4096, 310)], [16, 4096])
    assert cost.judge([row(16, 100), row(4096, 400)], [16, 4096])
    linear = cost.judge([row(16, 100), row(4096, 25600)], [16, 4096])
    assert "x: pick costs 25600" in linear[0]


def test_judge_of_bounded_steps() -> None:
    """They may grow up to what is allowed, and not beyond at any number."""
    rows = [{**row(n, each), "scheduler": "credit", "callback": "account"}
            for n, each in ((16, 100), (112, 19000), (4096, 15000))]
    assert not cost.judge(rows, [16, 4096])
    rows[1]["instructions"] = 21000
    assert "more than 20000" in cost.judge(rows, [16, 4096])[0]


def build(target: str, *arguments: str) -> None:
    """By make, as `make sched-cost` does."""
    subprocess.run(["make", "-s", target, *arguments], cwd=ROOT, check=True)


def run(program: Path | str, *arguments: str) -> subprocess.CompletedProcess:
    """The script on its own, at 16 and 4096."""
    return subprocess.run([ROOT / "experiments/sched-cost/run.py", program,
                           "--quick", *arguments], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE)


def test_all_are_logarithmic() -> None:
    """Every callback of every plug-in."""
    build("build/sched-cost")
    result = run("build/sched-cost")
    assert result.returncode == 0, result.stdout


def test_a_linear_one_is_found(tmp_path: Path) -> None:
    """rr, with a search from the front in front of each insertion."""
    source = (ROOT / "sched/rr/rr.c").read_text()
    place = "    sched_queue_add(&c->queue, &v->node[0], 0);\n"
    assert place in source
    (tmp_path / "rr.c").write_text(source.replace(
        place, "    for (struct sched_node *n = sched_queue_first(&c->queue);"
        " n; n = sched_queue_next(n))\n        c->slow += n->key;\n" + place,
        1).replace("struct sched_queue queue;",
                   "int64_t slow; struct sched_queue queue;"))
    program = tmp_path / "sched-cost"
    sources = subprocess.run(
        "ls sched/*/*.c trace/trace.c | grep -v "
        "'sched/rr/\\|sched/kit/\\|sched/sim/main.c\\|/test_'", cwd=ROOT,
        shell=True, text=True, stdout=subprocess.PIPE, check=True)
    subprocess.run(
        ["gcc", "-std=gnu11", "-O2", "-g", "-fno-optimize-sibling-calls",
         "-iquote", ".", "-iquote", "build/gen", "-isystem", "tools/include",
         "-D__XEN_INTERFACE_VERSION__=0x00041100", "-D__XEN_TOOLS__",
         "-D_GNU_SOURCE", "-include", "xen/lib/compiler.h", "-o", program,
         "experiments/sched-cost/cost.c", tmp_path / "rr.c",
         *sources.stdout.split()], cwd=ROOT, check=True)
    result = run(program, "--schedulers", "rr")
    assert result.returncode == 1
    assert "rr: enqueue costs" in result.stdout
