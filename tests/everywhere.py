"""The same pages under other arithmetic: BLAS kernels, threads, CPU features and, by `make everywhere`, NumPy versions.

Every library adds in an order of its own, and the last bits of a float64 follow it. No page may.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from render.page import LAST_BITS

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "numpy"
VERSIONS = ("2.0.2", "2.2.6")  # besides the locked one: the oldest that the project allows, and one between
ONE = {"OPENBLAS_NUM_THREADS": "1"}  # as build.py has it
KERNELS = {
    "as it is": {},
    "an old kernel": ONE | {"OPENBLAS_CORETYPE": "Prescott"},
    "another kernel": ONE | {"OPENBLAS_CORETYPE": "Haswell"},
    "one thread": ONE,
    "two threads": {"OPENBLAS_NUM_THREADS": "2"},
    "plain loops": ONE | {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_ICL"},
}
CONFIGURATIONS = ({}, {"model.layers": 2, "model.heads": 4, "model.d_model": 32, "init.seed": 7})

RENDER = """
import hashlib, json, sys, warnings
warnings.simplefilter("ignore")  # a CPU feature that this machine lacks cannot be switched off, and need not be
from calc.config import SHIPPED, load
from calc.step import training_step
from render.pages import Site, texts
import numpy
pages, values = {}, {}
for overrides in json.loads(sys.argv[1]):
    config = load(SHIPPED, overrides)
    ledger = training_step(config)
    values |= {f"{config.digest()}/{entry.name}": entry.value for entry in ledger}
    for path, text in texts(Site(ledger, config)).items():
        pages[f"{config.digest()}/{path}"] = hashlib.sha256(text.encode()).hexdigest()
numpy.savez(sys.argv[2], **values)
print(json.dumps({"pages": pages, "numpy": numpy.__version__}))
"""


@dataclass(frozen=True)
class Rendered:
    """What a process with some other arithmetic makes: a hash of every Markdown page, and the ledgers' values."""

    pages: dict[str, str]
    values: dict[str, np.ndarray]
    numpy: str


def rendered(environment: dict[str, str], numpy: Path | None = None) -> Rendered:
    """Every page and value of the two configurations, as a process with this environment makes them."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "NPY_"))}
    path = os.pathsep.join(map(str, filter(None, (numpy, ROOT))))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "values.npz"
        run = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", RENDER, json.dumps(CONFIGURATIONS), str(file)],
            env=clean | environment | {"PYTHONPATH": path},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise RuntimeError(f"{environment or numpy}: {run.stderr.strip().splitlines()[-1]}")
        found = json.loads(run.stdout)
        with np.load(file) as archive:
            return Rendered(found["pages"], dict(archive), found["numpy"])


def different(one: Rendered, other: Rendered) -> list[str]:
    """The pages that are not the same to the byte."""
    return sorted(p for p in one.pages.keys() | other.pages.keys() if one.pages.get(p) != other.pages.get(p))


def distance(one: Rendered, other: Rendered) -> float:
    """How far the values are from each other, relative to the largest entry of each array."""
    worst = 0.0
    for name, array in one.values.items():
        finite = np.isfinite(array)
        off = np.abs(np.where(finite, array, 0.0) - np.where(finite, other.values[name], 0.0))
        largest = float(np.abs(array[finite]).max(initial=0.0))
        worst = max(worst, float(off.max(initial=0.0)) / max(largest, 1e-12))
    return worst


def numpy_at(version: str) -> Path:
    """A folder with that NumPy, installed by pip the first time."""
    folder = CACHE / hashlib.sha256(f"{version} {sys.version}".encode()).hexdigest()[:12]
    if not (folder / "numpy").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--target", str(folder)]
        subprocess.run([*command, f"numpy=={version}"], check=True)
    return folder


def main() -> int:
    base = rendered({})
    runs = {name: (environment, None) for name, environment in KERNELS.items()}
    runs |= {f"NumPy {version}": ({}, numpy_at(version)) for version in VERSIONS}
    faults = 0
    for name, (environment, numpy) in runs.items():
        other = rendered(environment, numpy)
        changed, far = different(base, other), distance(base, other)
        faults += len(changed) + (far > LAST_BITS)
        pages = f"{len(base.pages)} pages, {len(changed)} different"
        print(f"{name} (NumPy {other.numpy}): {pages}; values at most {far:.1e} apart", *changed[:3])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
