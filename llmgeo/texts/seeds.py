"""The seed of one text: it changes neither with the number of texts nor with their order. Knows no model."""

from __future__ import annotations

import hashlib


def sample_seed(seed: int, prompt: str, condition: str) -> int:
    """63 bits that depend on these three and on nothing else."""
    digest = hashlib.sha256(f"{seed}\n{prompt}\n{condition}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
