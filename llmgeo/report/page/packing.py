"""Numbers as short texts for a JSON document: base64 of little-endian float16, float32 or bytes. Knows numbers only.

A missing number is NaN inside the packed bytes (255 among bytes), and drawn as missing. float16 holds three digits and
spans ten decades below the largest number, to which a block is scaled; hidden states can leave its range otherwise.
"""

import base64

import numpy as np

MISSING_BYTE = 255


def float16(values: np.ndarray, scale: float = 1.0) -> str:
    """Any shape, row by row; what is read back must be multiplied by `scale`.

    >>> float16(np.array([1.0, 2e6]), scale=2e6)
    'CAAAPA=='
    """
    scaled = np.asarray(values, dtype=np.float64) / scale
    return _text(scaled.astype("<f2"))


def float32(values: np.ndarray) -> str:
    """Any shape, row by row.

    >>> float32(np.array([1.0]))
    'AACAPw=='
    """
    return _text(np.asarray(values).astype("<f4"))


def flags(values: np.ndarray) -> str:
    """Numbers that are 0 or 1, one byte each.

    >>> flags(np.array([0.0, 1.0, float("nan")]))
    'AAH/'
    """
    numbers = np.asarray(values, dtype=np.float64)
    return _text(np.where(np.isfinite(numbers), numbers, MISSING_BYTE).astype(np.uint8))


def largest(values: np.ndarray) -> float:
    """The scale that brings the largest finite number to 1; 1 where there is none.

    >>> largest(np.array([[3.0, -4.0], [float("nan"), 0.0]]))
    4.0
    """
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def number(value: float | None, digits: int = 5) -> float | None:
    """A number for JSON at a drawing's precision; None where it is missing or infinite.

    >>> number(1.23456789), number(float("nan")), number(None)
    (1.2346, None, None)
    """
    if value is None or not np.isfinite(value):
        return None
    return float(f"{float(value):.{digits}g}")


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
