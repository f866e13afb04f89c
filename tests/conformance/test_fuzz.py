"""The fuzzer's seed corpus, played under ASan and UBSan."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUZZ = ROOT / "build/kit/fuzz"
CORPUS = ROOT / "tests/conformance/corpus"


def test_corpus() -> None:
    """Each of its files is a scenario that breaks no rule."""
    run = subprocess.run(
        [FUZZ, "-runs=0", CORPUS], cwd=ROOT, text=True, timeout=600,
        env={**os.environ, "KIT_SCHED": "all"}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    assert run.returncode == 0, run.stdout[-4000:]
    files = len(list(CORPUS.iterdir()))
    assert files >= 20
    assert f"{files} files found" in run.stdout
