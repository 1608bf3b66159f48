"""The same pages under other arithmetic: BLAS kernels, threads, CPU features and, by `make everywhere`, NumPy versions.

Every library adds in an order of its own, and the last bits of a float64 follow it. No page may.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "numpy"
VERSIONS = ("2.0.2", "2.2.6")  # besides the locked one: the oldest that the project allows, and one between
KERNELS = {
    "as it is": {},
    "an old kernel": {"OPENBLAS_CORETYPE": "Prescott"},
    "another kernel": {"OPENBLAS_CORETYPE": "Haswell"},
    "one thread": {"OPENBLAS_NUM_THREADS": "1"},
    "two threads": {"OPENBLAS_NUM_THREADS": "2"},
    "plain loops": {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_ICL"},
}
CONFIGURATIONS = ({}, {"model.layers": 2, "model.heads": 4, "model.d_model": 32, "init.seed": 7})

RENDER = """
import hashlib, json, sys, warnings
warnings.simplefilter("ignore")  # a CPU feature that this machine lacks cannot be switched off, and need not be
from calc.config import SHIPPED, load
from calc.step import training_step
from render.pages import render
import numpy
pages, bits = {}, hashlib.sha256()
for overrides in json.loads(sys.argv[1]):
    config = load(SHIPPED, overrides)
    ledger = training_step(config)
    for entry in ledger:
        bits.update(entry.value.tobytes())
    for path, text in render(ledger, config).items():
        if path.endswith(".md"):
            pages[f"{config.digest()}/{path}"] = hashlib.sha256(text.encode()).hexdigest()
print(json.dumps({"pages": pages, "bits": bits.hexdigest(), "numpy": numpy.__version__}))
"""


def rendered(environment: dict[str, str], numpy: Path | None = None) -> dict[str, object]:
    """Hashes of every Markdown page and of the ledgers' bits, as a process with this environment makes them."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "NPY_"))}
    path = os.pathsep.join(map(str, filter(None, (numpy, ROOT))))
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RENDER, json.dumps(CONFIGURATIONS)],
        env=clean | environment | {"PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"{environment or numpy}: {run.stderr.strip().splitlines()[-1]}")
    found: dict[str, object] = json.loads(run.stdout)
    return found


def different(one: dict[str, object], other: dict[str, object]) -> list[str]:
    """The pages that are not the same to the byte."""
    pages, others = one["pages"], other["pages"]
    assert isinstance(pages, dict)
    assert isinstance(others, dict)
    return sorted(path for path in pages.keys() | others.keys() if pages.get(path) != others.get(path))


def numpy_at(version: str) -> Path:
    """A folder with that NumPy, installed by pip the first time."""
    folder = CACHE / hashlib.sha256(f"{version} {sys.version}".encode()).hexdigest()[:12]
    if not (folder / "numpy").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--target", str(folder)]
        subprocess.run([*command, f"numpy=={version}"], check=True)
    return folder


def main() -> int:
    base = rendered({})
    assert isinstance(base["pages"], dict)
    runs = {name: (environment, None) for name, environment in KERNELS.items()}
    runs |= {f"NumPy {version}": ({}, numpy_at(version)) for version in VERSIONS}
    faults = 0
    for name, (environment, numpy) in runs.items():
        other = rendered(environment, numpy)
        changed = different(base, other)
        faults += len(changed)
        bits = "the same bits" if other["bits"] == base["bits"] else "other last bits"
        pages = f"{len(base['pages'])} pages, {len(changed)} different"
        print(f"{name} (NumPy {other['numpy']}, {bits}): {pages}", *changed[:3])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
