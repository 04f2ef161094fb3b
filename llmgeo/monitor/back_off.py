"""Cut what repeats and go on: the text is taken back to the end of its first copy, and continued by drawing.

Knows a model that writes in batches, and watchers of ids. What was cut is lost; it may have been written quite a while
ago, so that this is no way to write to a reader who looks on. No cache is gone on with: rows are cut at different
places, and some caches (a sliding window, a recurrent state) cannot be cropped, so that each round fills them anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from llmgeo.errors import UsageError
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.decoding import Decoding
from llmgeo.model.language_model import LanguageModel, Prompt
from llmgeo.monitor.alarm import MASKED, TEXT, Alarm
from llmgeo.monitor.led_row import LedRow
from llmgeo.monitor.monitor import Monitor
from llmgeo.monitor.steering import Hotter
from llmgeo.monitor.watcher import REST, Watcher
from llmgeo.texts.seeds import sample_seed
from llmgeo.trajectory import Trajectory

MOST_CUTS = 8
"""Of one text; after them it is led while it is alarmed, and cut no more."""

NO_STATES = Keeping((0,), window=(0, 1))
"""As few as can be kept."""


@dataclass
class BackedOff:
    """A text that was written with cuts.

    Attributes:
        token_ids: of prompt and text. prompt_length: tokens of the prompt.
        surprisal, entropy: nats, of each token of the text, from the raw logits.
        led: of each, whether it was drawn: after a cut, or in an alarm.
        cuts: how often it was cut. thrown: tokens that were written and cut.
        finish_reason: "stop" or "length".
    """

    token_ids: list[int]
    prompt_length: int
    surprisal: list[float] = field(default_factory=list)
    entropy: list[float] = field(default_factory=list)
    led: list[bool] = field(default_factory=list)
    cuts: int = 0
    thrown: int = 0
    finish_reason: str | None = None

    @property
    def generated_ids(self) -> list[int]:
        return self.token_ids[self.prompt_length :]

    def add(self, piece: Trajectory, led: Sequence[bool]) -> None:
        """Takes what was written next."""
        new = slice(piece.prompt_length, None)
        self.token_ids += piece.token_ids[new]
        self.surprisal += piece.surprisal[new].tolist()
        self.entropy += piece.entropy[new].tolist()
        self.led += led[: len(piece) - piece.prompt_length]

    def cut(self, tokens: int) -> None:
        """Keeps so many tokens of the text."""
        self.cuts += 1
        self.thrown += len(self.generated_ids) - tokens
        for each in (self.surprisal, self.entropy, self.led):
            del each[tokens:]
        del self.token_ids[self.prompt_length + tokens :]


def back_off(
    monitor: Monitor,
    prompts: Sequence[Prompt],
    decoding: Decoding,
    seeds: Sequence[int],
    *,
    temperature: float = 1.0,
    top_p: float = 0.95,
    batch_size: int | None = None,
    on_text: Callable[[BackedOff], None] | None = None,
) -> list[BackedOff]:
    """Continues prompts; at an alarm, cuts a text back to the end of its first copy and draws the next 32 tokens.

    Args:
        monitor: of a model, and of the channels text and masked alone.
        decoding: how the texts are written otherwise. seeds: one for each prompt.
        temperature, top_p: of the draws.
        batch_size: texts that run together, as in `LanguageModel.generate`.
        on_text: is told of each text that is done.

    Raises:
        UsageError: no model, or channels that read more than ids.

    Example:
        >>> import llmgeo
        >>> monitor = llmgeo.Monitor(llmgeo.load("toy"), thresholds={"text": 0.05})
        >>> [text] = back_off(monitor, ["Once"], llmgeo.Decoding(40, temperature=0), seeds=[0])
        >>> len(text.generated_ids) <= 40, text.cuts > 0
        (True, True)
    """
    model = _model_of(monitor)
    texts = [BackedOff(ids, len(ids)) for ids in (list(model.encode(prompt)) for prompt in prompts)]
    for number in range(MOST_CUTS + 1):
        rows = [row for row, text in enumerate(texts) if text.finish_reason is None]
        own_seeds = [sample_seed(seeds[row], str(number), "back off") for row in rows]
        end_token = model.end_tokens[0] if model.end_tokens and number < MOST_CUTS else None
        leads = [
            LedRow(
                _watched_so_far(monitor, texts[row]), Hotter(None, temperature, top_p, seed),
                texts[row].prompt_length, REST if number else 0, end_token,
            )
            for row, seed in zip(rows, own_seeds, strict=True)
        ]  # fmt: skip
        written = _written(model, [texts[row] for row in rows], decoding, own_seeds, leads, batch_size)
        for row, lead, trajectory in zip(rows, leads, written, strict=True):
            texts[row].add(trajectory, lead.led)
            _cut_or_end(monitor, texts[row], trajectory.finish_reason, decoding.max_new_tokens, number < MOST_CUTS)
            if texts[row].finish_reason is not None and on_text is not None:
                on_text(texts[row])
    return texts


def _model_of(monitor: Monitor) -> LanguageModel:
    if monitor.model is None:
        raise UsageError("this monitor has no model to write with: Monitor(model)")
    if others := [name for name in monitor.channels if name not in (TEXT, MASKED)]:
        raise UsageError(
            f"a text is cut by what its ids say, and the channel {others[0]} reads more; watch it by text, or text and "
            "masked."
        )
    return monitor.model


def _watched_so_far(monitor: Monitor, text: BackedOff) -> Watcher:
    """A watcher that has seen what was kept, which never alarmed."""
    watcher = monitor.watcher()
    for token in text.generated_ids:
        watcher.push(token)
    return watcher


def _written(
    model: LanguageModel,
    texts: Sequence[BackedOff],
    decoding: Decoding,
    seeds: Sequence[int],
    leads: Sequence[LedRow],
    batch_size: int | None,
) -> Iterator[Trajectory]:
    """Each text's next piece, up to its end or to an alarm."""
    limits = [replace(decoding, max_new_tokens=decoding.max_new_tokens - len(text.generated_ids)) for text in texts]
    prompts = [text.token_ids for text in texts]
    for batch in model.generate_batches(prompts, limits, seeds, batch_size, keeping=NO_STATES, steering=leads):
        yield from batch.texts


def _cut_or_end(monitor: Monitor, text: BackedOff, finish_reason: str, most: int, may_cut: bool) -> None:
    """Cuts a text at its first alarm, or says why it ended. An end token that the alarm put there is cut as well."""
    alarm = _first_alarm(monitor, text) if may_cut else None
    if alarm is None:
        text.finish_reason = finish_reason
        return
    text.cut(alarm.position + 1 if alarm.onset is None else alarm.onset + alarm.period)
    if len(text.generated_ids) == most:
        text.finish_reason = finish_reason


def _first_alarm(monitor: Monitor, text: BackedOff) -> Alarm | None:
    watcher = monitor.watcher()
    return next((alarm for token in text.generated_ids for alarm in watcher.push(token)), None)
