"""From which score on each channel alarms, and where that is known from. Knows files; no model and no text.

A threshold is a promise about one model's fluent text: one false alarm in so many tokens. A model that nobody has
calibrated is told so, and is watched by its text alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

from llmgeo.errors import UsageError
from llmgeo.messages import counted, place, shown
from llmgeo.monitor.alarm import CHANNELS, MASKED, TEXT
from llmgeo.run.atomic import write_bytes

UNCALIBRATED, OF_IDS = {TEXT: 6.0}, {TEXT: 20.0}
"""Where nothing was calibrated: repeated words; of ids alone, whose texts nobody knows, repeated tokens."""

GIVEN, SHIPPED, CALIBRATED, NOT_CALIBRATED = "given", "shipped", "calibrated", "uncalibrated"


@dataclass(frozen=True)
class Calibration:
    """What the false alarms of one channel were when its threshold was set.

    Attributes:
        threshold: the score from which on it alarms.
        alarms: on the texts that it was set on. rate, low, high: alarms in 1,000 tokens of the halves of the texts that
            the threshold was *not* set on (each half by the other's threshold), with its 95 % interval.
    """

    threshold: float
    alarms: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class Thresholds:
    """Thresholds by channel.

    Attributes:
        origin: given by the user, shipped with llmgeo, calibrated here, or uncalibrated.
        asked: false alarms in 1,000 tokens that were asked for. tokens, texts, left_out: what they were set on, and how
            many texts were loops.
        layer: whose states the channels of states read. model: its name. weights: its digest.
    """

    by_channel: Mapping[str, float]
    origin: str
    asked: float | None = None
    tokens: int = 0
    texts: int = 0
    left_out: int = 0
    layer: int | None = None
    model: str | None = None
    weights: str | None = None
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Where they come from, in one sentence.

        >>> Thresholds(UNCALIBRATED, NOT_CALIBRATED).sentence
        'uncalibrated: how often it alarms on a fluent text of this model is not known'
        """
        if self.origin == NOT_CALIBRATED:
            return "uncalibrated: how often it alarms on a fluent text of this model is not known"
        if self.origin == GIVEN:
            return "thresholds as given: how often they alarm on a fluent text is not known"
        return f"calibrated on {counted(self.tokens, 'token')} of {counted(self.texts, 'fluent text')}"

    def of(self, channels: tuple[str, ...]) -> dict[str, float]:
        """Those of some channels.

        Raises:
            UsageError: a channel that has none, since nothing was calibrated.
        """
        missing = [name for name in channels if name not in self.by_channel]
        if missing:
            raise UsageError(
                f"the channel {missing[0]} has no threshold, since {self.model or 'this model'} was not calibrated; "
                f"calibrate it once: llmgeo watch {self.model or 'MODEL'} --calibrate"
            )
        return {name: self.by_channel[name] for name in channels}

    def without_words(self) -> Thresholds:
        """The same where there is no tokenizer, so that every token is a word: those that were set on words do not fit.

        >>> Thresholds({"text": 5.2, "states": 0.9}, GIVEN).without_words().by_channel
        {'states': 0.9, 'text': 20.0}
        """
        others = {name: value for name, value in self.by_channel.items() if name not in (TEXT, MASKED)}
        calibrations = {name: found for name, found in self.calibrations.items() if name in others}
        origin = NOT_CALIBRATED if self.calibrations and not calibrations else self.origin
        return replace(self, by_channel={**others, **OF_IDS}, calibrations=calibrations, origin=origin)

    def record(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "by_channel": dict(self.by_channel)}


def given(by_channel: Mapping[str, float]) -> Thresholds:
    """The user's own.

    Raises:
        UsageError: no such channel, or no number.
    """
    for name, value in by_channel.items():
        if name not in CHANNELS:
            raise UsageError(f"thresholds names the channel {shown(name)}; there are {', '.join(CHANNELS)}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            raise UsageError(f"thresholds[{name!r}] is {shown(value)}; it must be a number.")
    return Thresholds(dict(by_channel), GIVEN)


def known(weights: str, folder: Path, model: str) -> Thresholds:
    """Those that were calibrated here for these weights, else those that come with llmgeo, else the uncalibrated ones.

    Args:
        weights: the digest of the weights. folder: where calibrations are kept.

    Raises:
        UsageError: the file of a calibration is damaged.
    """
    file = path_of(weights, folder)
    if file.is_file():
        return _parsed(_read(file), CALIBRATED, place(file))
    shipped = json.loads((resources.files(__package__) / "default_thresholds.json").read_text("utf-8"))
    if weights == shipped["weights"]:
        return _parsed(shipped, SHIPPED, "default_thresholds.json")
    return Thresholds(UNCALIBRATED, NOT_CALIBRATED, model=model, weights=weights)


def keep(thresholds: Thresholds, folder: Path) -> Path:
    """Writes a calibration where `known` finds it; the file."""
    file = path_of(thresholds.weights, folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, (json.dumps(thresholds.record(), indent=2) + "\n").encode())
    return file


def path_of(weights: str, folder: Path) -> Path:
    """Where the calibration for these weights is kept."""
    return folder / "monitor" / f"{''.join(c if c.isalnum() else '-' for c in weights)}.json"


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{place(file)} cannot be read ({error}); remove it, or calibrate again.") from None
    return found if isinstance(found, dict) else {}


def _parsed(found: Mapping[str, Any], origin: str, where: str) -> Thresholds:
    try:
        calibrations = {name: Calibration(**values) for name, values in found["calibrations"].items()}
        rest = {name: found[name] for name in ("asked", "tokens", "texts", "left_out", "layer", "model", "weights")}
        by_channel = {name: float(found["by_channel"][name]) for name in found["by_channel"] if name in CHANNELS}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{where} is no calibration ({error!r}); remove it, or calibrate again.") from None
    return Thresholds(by_channel, origin, **rest, calibrations=calibrations)
