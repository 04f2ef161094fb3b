"""Accuracy and speed of the dimension estimators, side by side with scikit-dimension, faiss and DADApy in one run.

    python benchmarks/dimension.py accuracy              # 24 benchmark manifolds, and nine laws in 576 dimensions
    python benchmarks/dimension.py coverage              # do the 95 % intervals hold the truth?
    python benchmarks/dimension.py batch                 # 31 layers of one text, every estimator
    python benchmarks/dimension.py speed --dadapy PYTHON # one layer, N = 1000, 4000, 16000, D = 576, 4096

One thread for everybody, the same process, alternating runs, medians of CPU seconds, so
that a busy machine shifts all columns alike. DADApy pins numpy < 2 and so lives in an interpreter of its own, named by
--dadapy; faiss is timed where it can be imported. Prints Markdown; the figures in docs/accuracy.md come from here.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import threadpoolctl
import torch

from llmgeo.measures import Cloud, ess, gride, intrinsic_dimension, mle, scale_curve, skdim_dimension, two_nn
from llmgeo.measures.clouds.dimension import calibrated_two_nn

TUNED_ON = {
    *("M10a_Cubic", "M10c_Cubic", "M11_Moebius", "M13a_Scurve", "M1_Sphere", "M3_Nonlinear_4to6"),
    *("M5a_Helix1d", "M6_Nonlinear", "M8_Nonlinear", "Mbeta", "Mn2_Nonlinear", "Mp2_Paraboloid"),
}
"""Every second manifold of the alphabet: the weights of intrinsic_dimension were chosen on these (seeds 0 to 2)."""

AMBIENT = 576


def manifolds(n: int, seed: int) -> list[tuple[str, int, np.ndarray]]:
    import skdim

    benchmark = skdim.datasets.BenchmarkManifolds(random_state=seed)
    data, truth = benchmark.generate(n=n), benchmark.truth["Intrinsic Dimension"]
    return [(name, int(truth[name]), np.asarray(points)) for name, points in data.items()]


def laws(n: int, d: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Nine laws of d dimensions in 576: round, bounded, heavy-tailed, clustered, bent, and noisy ones."""
    normal = rng.normal(size=(n, d))
    sphere = rng.normal(size=(n, d + 1))
    flat = {
        "Gaussian": normal,
        "cube": rng.uniform(-1, 1, (n, d)),
        "sphere": sphere / np.linalg.norm(sphere, axis=1, keepdims=True),
        "multivariate t5": normal / np.sqrt(rng.chisquare(5, (n, 1)) / 5),
        "independent t5": rng.standard_t(5, (n, d)),
        "8 clusters": (rng.normal(size=(8, d)) * 2)[rng.integers(0, 8, n)] + normal,
    }
    clouds = {
        name: points @ np.linalg.qr(rng.normal(size=(AMBIENT, points.shape[1])))[0].T for name, points in flat.items()
    }
    inner, outer = rng.normal(size=(d, 256)) / np.sqrt(d), rng.normal(size=(256, AMBIENT)) / 16
    clouds["tanh network"] = np.tanh(normal @ inner) @ outer
    for share in (0.01, 0.05):
        noise = share * np.sqrt(d / AMBIENT) * rng.normal(size=(n, AMBIENT))
        clouds[f"{share:.0%} noise"] = clouds["Gaussian"] + noise
    return clouds


def estimates(points: np.ndarray) -> dict[str, float]:
    cloud = Cloud(points)
    curve = scale_curve(cloud, largest=8)
    calibrated, angles = float(calibrated_two_nn(cloud)[0][0]), float(ess(cloud).value)
    share = min(max((calibrated - 8) / 8, 0.0), 1.0)
    by_name = {
        "TwoNN (scikit-dimension)": skdim_dimension(cloud, "TwoNN").value,
        "GRIDE 8-16": gride(cloud, n1=8).value,
        "MLE k=20": mle(cloud).value,
        "ESS k=50": angles,
        "TwoNN, calibrated": calibrated,
        "GRIDE 8-16, calibrated": curve.calibrated[-1],
        "calibrated TwoNN to ESS from 8 to 16": (1 - share) * calibrated + share * angles,
        "intrinsic_dimension": intrinsic_dimension(cloud).value,
    }
    return {name: float(value) for name, value in by_name.items()}


def accuracy(arguments: argparse.Namespace) -> None:
    for n in (128, 500, 2500):
        errors: dict[str, dict[str, list[float]]] = {}
        for seed in range(arguments.first_seed, arguments.first_seed + 3):
            for name, d, points in manifolds(n, seed):
                for group in ("all", "d < 10" if d < 10 else "d ≥ 10", "tuned on" if name in TUNED_ON else "held out"):
                    for estimator, value in estimates(points).items():
                        errors.setdefault(group, {}).setdefault(estimator, []).append(abs(value - d) / d)
        table(f"24 manifolds, seeds {arguments.first_seed}–{arguments.first_seed + 2}, N = {n}", errors)
    for n in (128, 1000):
        errors = {}
        for d in (3, 5, 10, 20, 40, 70, 100):
            for points in laws(n, d, np.random.default_rng([n, d, arguments.first_seed])).values():
                for estimator, value in estimates(points).items():
                    for group in ("all", "d < 10" if d < 10 else "d ≥ 10"):
                        errors.setdefault(group, {}).setdefault(estimator, []).append(abs(value - d) / d)
        table(f"nine laws × d = 3 … 100 in R^{AMBIENT}, N = {n}", errors)


def table(title: str, errors: dict[str, dict[str, list[float]]]) -> None:
    """Median / mean relative error, one row an estimator, one column a group."""
    groups = [g for g in ("all", "d < 10", "d ≥ 10", "tuned on", "held out") if g in errors]
    print(f"\n{title}: median / mean relative error\n\n| |" + "|".join(groups) + "|\n|---|" + "---|" * len(groups))
    for estimator in errors["all"]:
        cells = [np.array(errors[g][estimator]) for g in groups]
        print(f"| {estimator} |" + "|".join(f" {np.nanmedian(c):.3f} / {np.nanmean(c):.3f} " for c in cells) + "|")
    sys.stdout.flush()


def coverage(arguments: argparse.Namespace) -> None:
    print("| N | d | mean | spread | standard error | covered |\n|---|---|---|---|---|---|")
    rng = np.random.default_rng(arguments.first_seed)
    for n in (128, 500):
        for d in (2, 5, 10, 20, 50):
            parts = [intrinsic_dimension(rng.normal(size=(20, n, d))) for _ in range(10)]
            value = np.concatenate([p.value for p in parts])
            error = np.concatenate([p.standard_error for p in parts])
            covered = (np.abs(value - d) < 1.96 * error).mean()
            figures = f"{value.mean():.3f} | {value.std():.3f} | {error.mean():.3f} | {covered:.1%}"
            print(f"| {n} | {d} | {figures} |", flush=True)


def alternate(runs: dict[str, Callable[[], object]], repetitions: int) -> dict[str, float]:
    """Median CPU seconds of each, taken in turns; a first round warms caches and compiles and is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for repetition in range(repetitions + 1):
        for name, run in runs.items():
            start = time.process_time()
            run()
            if repetition:
                seconds[name].append(time.process_time() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}


def every_estimator(points: np.ndarray) -> None:
    cloud = Cloud(points)
    for estimator in (two_nn, mle, scale_curve):
        estimator(cloud)


def batch(_: argparse.Namespace) -> None:
    import skdim

    for n in (128, 192):
        layers = np.random.default_rng(0).normal(size=(31, n, AMBIENT)).astype(np.float32)
        clouds = {"prepared": Cloud(layers)}

        def everything(layers: np.ndarray = layers) -> None:
            cloud = Cloud(layers)
            for estimator in (two_nn, gride, mle, ess, intrinsic_dimension):
                estimator(cloud)

        def fresh_ess(clouds: dict[str, Cloud] = clouds) -> None:
            clouds["prepared"].simplices.clear()
            ess(clouds["prepared"])

        seconds = alternate(
            {
                "Cloud (checks, Gram, duplicates)": lambda layers=layers: Cloud(layers),
                "Cloud and intrinsic_dimension": lambda layers=layers: intrinsic_dimension(layers),
                "Cloud and two_nn, gride, mle, ess, intrinsic_dimension": everything,
                "ess on a Cloud": fresh_ess,
                "scikit-dimension TwoNN, 31 times": lambda layers=layers: [skdim.id.TwoNN().fit(x) for x in layers],
            },
            7,
        )
        print(f"\n31 × {n} × {AMBIENT} float32, CPU milliseconds\n")
        for name, value in seconds.items():
            print(f"    {name:58s} {1e3 * value:8.1f}")
        start = time.process_time()
        skdim.id.ESS().fit(layers[0], n_neighbors=50)
        milliseconds = 31e3 * (time.process_time() - start)
        print(f"    {'scikit-dimension ESS, one layer × 31':58s} {milliseconds:8.1f}", flush=True)


DADAPY = """
import json, sys, time, numpy as np, io, contextlib
from dadapy import Data
points, seconds = np.load(sys.argv[1]), []
for repetition in range(int(sys.argv[2])):
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        data = Data(points)
        data.compute_distances(maxk=64, n_jobs=1)
        data.compute_id_2NN()
        data.return_id_scaling_gride(range_max=64)
    seconds.append(time.process_time() - start)
print(json.dumps(seconds))
"""


def dadapy_seconds(python: str, points: np.ndarray, repetitions: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "points.npy")
        np.save(path, points)
        command = [python, "-c", DADAPY, str(path), str(repetitions)]
        one_thread = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread)
    return statistics.median(json.loads(done.stdout.splitlines()[-1]))


def speed(arguments: argparse.Namespace) -> None:
    import skdim

    try:
        import faiss
    except ImportError:
        faiss = None
    columns = [*("float32 product", "float64 product", "llmgeo, all ratios", "llmgeo, default estimate")]
    columns += ["llmgeo, TwoNN alone", "skdim TwoNN", "faiss", "DADApy"]
    print("CPU seconds\n\n| N, D | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for n in arguments.n:
        for dimension in arguments.d:
            points = np.random.default_rng(0).normal(size=(n, dimension)).astype(np.float32)
            wide = points.astype(np.float64)
            other, other_wide = points.copy(), wide.copy()  # a product of one array with itself would cost half
            runs: dict[str, Callable[[], object]] = {
                "float32 product": lambda a=points, b=other: row_blocks(a, b),
                "float64 product": lambda a=wide, b=other_wide: row_blocks(a, b),
                "llmgeo, all ratios": lambda points=points: every_estimator(points),
                "llmgeo, default estimate": lambda points=points: intrinsic_dimension(points),
                "llmgeo, TwoNN alone": lambda points=points: two_nn(points),
            }
            if n * dimension <= 20_000_000:
                runs["skdim TwoNN"] = lambda points=points: skdim.id.TwoNN().fit(points)
            if faiss is not None:
                runs["faiss"] = lambda points=points: faiss_neighbours(faiss, points)
            seconds = alternate(runs, 1 if n > 8000 else 3)
            if arguments.dadapy and n * dimension <= 20_000_000:
                seconds["DADApy"] = dadapy_seconds(arguments.dadapy, points, 1 if n > 8000 else 3)
            cells = [f"{seconds[name]:.3f}" if name in seconds else "–" for name in columns]
            print(f"| {n}, {dimension} | " + " | ".join(cells) + " |", flush=True)


def row_blocks(left: np.ndarray, right: np.ndarray) -> None:
    """All products of two arrays, in blocks that fit the memory: the work exact neighbours cannot avoid."""
    for start in range(0, len(left), 1024):
        np.dot(left[start : start + 1024], right.T)


def faiss_neighbours(faiss: object, points: np.ndarray) -> None:
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(points)
    index.search(points, 65)


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["accuracy", "coverage", "batch", "speed"])
    parser.add_argument("--first-seed", type=int, default=3, help="seeds 0 to 2 were used for tuning")
    parser.add_argument("--dadapy", help="an interpreter in which DADApy can be imported")
    parser.add_argument("--n", type=int, nargs="+", default=[1000, 4000, 16000])
    parser.add_argument("--d", type=int, nargs="+", default=[576, 4096])
    arguments = parser.parse_args()
    with threadpoolctl.threadpool_limits(1):
        {"accuracy": accuracy, "coverage": coverage, "batch": batch, "speed": speed}[arguments.what](arguments)


if __name__ == "__main__":
    main()
