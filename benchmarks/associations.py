"""Level, coverage and power of the partial rank correlation within decoders, by simulation.

    python benchmarks/associations.py

Texts of 32 prompts by four decoders. What is held (rep-4) drives both numbers; every prompt shifts both for all its
texts; the decoders' levels lie far apart. Under the null nothing else joins them. p comes from prompts dealt out anew,
the interval from a bootstrap-t over prompts. Figures: docs/dmet.md.
"""

import sys

import numpy as np

from llmgeo.statistics.partial_rank import partial_rank


def texts(random, prompts, decoders, effect, shared, heavy, missing):
    """x, y, held, groups and labels; `effect` is the correlation of what is left within a decoder."""
    shape = (decoders, prompts)
    held = random.normal(size=shape)
    own = [random.standard_t(2, size=shape) if heavy else random.normal(size=shape) for _ in range(2)]
    of_prompts = [random.normal(size=prompts) for _ in range(2)]
    left = [
        np.sqrt(shared) * np.broadcast_to(of_prompt, shape) + np.sqrt(1 - shared) * noise
        for of_prompt, noise in zip(of_prompts, own, strict=True)
    ]
    x = left[0] + held
    y = effect * left[0] + np.sqrt(1 - effect**2) * left[1] + held
    shift = 10 * np.arange(decoders)[:, None]
    groups, labels = np.repeat(np.arange(decoders), prompts), np.tile(np.arange(prompts), decoders)
    kept = random.random(groups.size) >= missing
    return [values.ravel()[kept] for values in (x + shift, y - shift, held)] + [groups[kept], labels[kept]]


def rates(runs, prompts, effect, shared=0.5, heavy=False, missing=0.1, held=True, seed=0):
    """Shares of runs with p < .05, with 0 in the interval, and with both: what a verdict needs."""
    random = np.random.default_rng(seed)
    found = []
    for run in range(runs):
        x, y, control, groups, labels = texts(random, prompts, 4, effect, shared, heavy, missing)
        one = partial_rank(x, y, groups, labels, control if held else None, 499, 400, seed=run)
        found.append((one.p < 0.05, one.low <= 0 <= one.high, one.p < 0.05 and not one.low <= 0 <= one.high))
    return np.mean(found, axis=0)


def main(runs=400):
    print(f"{runs} runs each; four decoders, 10 % of texts missing")
    print("prompts effect shared tails   p<.05  interval holds 0  decided")
    cases = [(prompts, 0.0, shared, heavy) for prompts in (12, 32) for shared in (0.0, 0.5) for heavy in (False, True)]
    cases += [(32, effect, 0.5, False) for effect in (0.2, 0.3, 0.4, 0.5)]
    for prompts, effect, shared, heavy in cases:
        p, holds, decided = rates(runs, prompts, effect, shared, heavy)
        tails = "heavy" if heavy else "normal"
        print(f"{prompts:7} {effect:6} {shared:6} {tails:6} {p:7.3f} {holds:10.3f} {decided:14.3f}")
    p, holds, decided = rates(runs, 32, 0.0, held=False)
    print(f"32 prompts, no effect, rep-4 not held: p < .05 in {p:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
