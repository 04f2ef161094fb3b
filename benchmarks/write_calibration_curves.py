"""Write `llmgeo/measures/clouds/calibration_curves.npz` anew: the reference curves of the usual estimators.

    python benchmarks/write_calibration_curves.py [FILE]

Needed after a change of the reference in `llmgeo.measures.clouds.calibration`; half a minute. A test compares the file
with the quadrature that it comes from.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from llmgeo.measures.clouds.calibration import compute_log_curve
from llmgeo.measures.clouds.calibration_curves import FIRST_STEP, LAST_STEP, TABLE, USUAL, curve_name


def write_table(file: Path) -> None:
    """Compute every curve and write the file."""
    steps = range(FIRST_STEP, LAST_STEP + 1)
    curves = {
        curve_name(*usual): np.stack([compute_log_curve(*usual, step) for step in steps]).astype(np.float32)
        for usual in USUAL
    }
    np.savez_compressed(file, **curves)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=TABLE)
    write_table(parser.parse_args().file)
