"""Calibrate a model: its own fluent text, or the user's, scored by every channel. Knows loaded models and prompts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from pathlib import Path

import numpy as np

from llmgeo.errors import UsageError
from llmgeo.messages import counted, place
from llmgeo.model.decoding import Decoding
from llmgeo.model.language_model import LanguageModel
from llmgeo.monitor.alarm import CHANNELS
from llmgeo.monitor.calibration import FEWEST_TOKENS, calibrate
from llmgeo.monitor.monitor import Monitor
from llmgeo.monitor.of_model import identity
from llmgeo.monitor.thresholds import CALIBRATED, GIVEN, Thresholds
from llmgeo.texts.prompts import read_prompts
from llmgeo.texts.repetition import looping_suffix, rep_n
from llmgeo.texts.seeds import sample_seed
from llmgeo.trajectory import Trajectory
from llmgeo.user_file import decode, read_path

NEW_TOKENS = 384
"""Of a text that the model writes; and of a piece of a longer text that is read."""

ROWS = 16

REPETITIVE = 0.1
"""rep-4 above which a text is not fluent."""

OWN_PROMPTS = "coherence.jsonl"


def fit(
    model: LanguageModel,
    texts: Path | None = None,
    *,
    asked: float = 1.0,
    layer: int | None = None,
    seed: int = 0,
    on_token=None,
) -> Thresholds:
    """Each channel's threshold for a rate of false alarms.

    Args:
        texts: a file of fluent text: .txt, cut into pieces of 384 tokens, or .jsonl, each text by itself; left out, the
            model writes: nucleus text (p = .95) on prompts that come with llmgeo, from the last one on.
        asked: false alarms in 1,000 tokens.
        layer: whose states are read; the middle one if left out.
        on_token: called with numbers of tokens, for a progress bar.

    Raises:
        UsageError: fewer than 10,000 tokens of fluent text.
    """
    if not 0 < asked <= 100:
        raise UsageError(f"the rate is {asked:g} false alarms in 1,000 tokens; it must be above 0, up to 100.")
    layer = model.layers // 2 if layer is None else layer
    everything = Thresholds(dict.fromkeys(CHANNELS, inf), GIVEN, layer=layer)
    monitor = Monitor(model, channels=CHANNELS, thresholds=everything)
    trajectories = _written(model, layer, seed, on_token) if texts is None else _read(model, layer, texts, on_token)
    scores: dict[str, list[np.ndarray]] = {name: [] for name in CHANNELS}
    left_out = tokens = 0
    for trajectory in trajectories:
        ids = trajectory.generated_ids
        if not is_fluent(ids):
            left_out += 1
            continue
        tokens += len(ids)
        for name, found in monitor.replay(trajectory).scores.items():
            scores[name].append(found)
        if texts is None and tokens >= 1.2 * FEWEST_TOKENS:
            break
    if tokens < FEWEST_TOKENS:
        where = "the model's own text" if texts is None else place(texts)
        raise UsageError(
            f"calibration needs {FEWEST_TOKENS:,} tokens of fluent text, and {where} gave {counted(tokens, 'token')} "
            f"({counted(left_out, 'text')} left out as repetitive); name a file with more: --texts FILE"
        )
    calibrations = calibrate(scores, asked)
    return Thresholds(
        {name: each.threshold for name, each in calibrations.items()},
        CALIBRATED,
        asked,
        tokens,
        len(scores[CHANNELS[0]]),
        left_out,
        layer,
        model.name,
        identity(model),
        calibrations,
    )


def is_fluent(ids: Sequence[int]) -> bool:
    """Whether a text repeats little (rep-4 below .1) and ends in no loop."""
    return len(ids) > 3 and rep_n(ids) < REPETITIVE and not looping_suffix(ids)


def _written(model: LanguageModel, layer: int, seed: int, on_token) -> Iterator[Trajectory]:
    prompts = read_prompts(OWN_PROMPTS)[::-1]
    for start in range(0, len(prompts), ROWS):
        part = prompts[start : start + ROWS]
        yield from _batch(
            model.generate_batches(
                [prompt.text for prompt in part],
                Decoding(NEW_TOKENS, 1.0, 0.95),
                [sample_seed(seed, prompt.id, "calibrate") for prompt in part],
                len(part),
                on_token,
                _keeping(layer),
            )
        )


def _read(model: LanguageModel, layer: int, texts: Path, on_token) -> Iterator[Trajectory]:
    pieces = _pieces(model, texts)
    yield from _batch(model.read_batches(pieces, [0] * len(pieces), ROWS, on_token, _keeping(layer)))


def _pieces(model: LanguageModel, texts: Path) -> list[tuple[int, ...]]:
    if texts.suffix == ".jsonl":
        whole = [model.encode(prompt.text) for prompt in read_prompts(texts)]
    else:
        whole = [model.encode(decode(read_path(texts, "give a .txt or .jsonl file of fluent text")))]
    most = min(NEW_TOKENS, model.context or NEW_TOKENS)
    return [ids[start : start + most] for ids in whole for start in range(0, len(ids), most) if start + 64 < len(ids)]


def _batch(batches: Iterable) -> Iterator[Trajectory]:
    for batch in batches:
        yield from batch.hand_over()


def _keeping(layer: int):
    from llmgeo.model.capture.keeping import Keeping

    return Keeping((layer,))
