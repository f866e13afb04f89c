"""The fuzzer's seed corpus, played under ASan and UBSan."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUZZ = ROOT / "build/kit/fuzz"
CORPUS = ROOT / "tests/conformance/corpus"


def fuzz(program: pathlib.Path, sched: str,
         *words: str | pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Run it; both of its outputs come back as one."""
    return subprocess.run(
        [program, *words, CORPUS], cwd=ROOT, text=True, timeout=600,
        env={**os.environ, "KIT_SCHED": sched}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)


def test_corpus() -> None:
    """Each of its files is a scenario that breaks no rule."""
    run = fuzz(FUZZ, "all", "-runs=0")
    assert run.returncode == 0, run.stdout[-4000:]
    files = len(list(CORPUS.iterdir()))
    assert files >= 20
    assert f"{files} files found" in run.stdout


def test_a_seeded_fault_is_found(tmp_path: pathlib.Path) -> None:
    """BVT's warp limit that begins anew at each dispatch: no scenario of the
    corpus shows it, one that is bred from them does."""
    wrong, bred = FUZZ.with_name("fuzz-wrong"), tmp_path / "bred"
    bred.mkdir()
    none = fuzz(wrong, "bvt_relimit", "-runs=0")
    assert none.returncode == 0, none.stdout[-4000:]
    found = fuzz(wrong, "bvt_relimit", "-runs=20000", "-seed=1",
                 "-max_len=1024", "-len_control=0",
                 f"-artifact_prefix={tmp_path}/", bred)
    assert found.returncode != 0, found.stdout[-4000:]
    assert 'bvt_relimit breaks the rule "bvt-limit"' in found.stdout
    assert list(tmp_path.glob("crash-*"))
