"""`llmgeo.Monitor`: what watches while transformers' `generate` writes, and afterwards. For ids, it needs no torch.

Knows rows, left padding and how `generate` calls its criteria. What is read and when it alarms is the watcher's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from math import nan
from typing import TYPE_CHECKING, Any

from llmgeo.errors import UsageError
from llmgeo.messages import pick, shown
from llmgeo.monitor.alarm import CHANNELS, NEEDS_NUMBERS, NEEDS_STATES, TEXT, Alarm
from llmgeo.monitor.thresholds import NOT_CALIBRATED, OF_IDS, UNCALIBRATED, Thresholds, given
from llmgeo.monitor.token_kinds import decoder
from llmgeo.monitor.watcher import Watcher

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from llmgeo.model.language_model import LanguageModel
    from llmgeo.monitor.replay import Replay
    from llmgeo.monitor.stream import Watched
    from llmgeo.monitor.streamer import Streamer
    from llmgeo.monitor.tap import Tap

STOP, NOTE = "stop", "note"
LOOP = "loop"
"""The `finish_reason` of a text that a monitor ended."""


class Monitor(AbstractContextManager):
    """Watches what a model writes, row by row, and alarms where it begins to loop.

    A transformers stopping criterion, to be given to any `generate` that writes one continuation a row; within
    ``with monitor:`` where channels beside the text are read. The prompt is not watched.

    Args:
        model: one that `llmgeo.load` gave, or takes; a tokenizer, or nothing, where there are ids alone.
        channels: what to watch, of "text", "masked", "surprisal", "entropy", "states", "step_length". One that alarms
            is enough.
        thresholds: by channel; those that were calibrated for the model, else llmgeo's own, if left out.
        on_alarm: "stop" ends the row; "note" goes on.
        layer: whose states are read; the one that was calibrated, else the middle one.
        end_tokens: tokens that end a text, where there is no model to tell.
        tokenizer: of a transformers model in memory: it tells words from marks. Without one every token is a word, so
            that tables count as much as prose, and it takes 20 repeated tokens.

    Attributes:
        thresholds: as they apply, with where they are from (`thresholds.sentence`).
        texts: the watcher of each row, with its `alarms` and `scores`.

    Raises:
        UsageError: no such channel; one that needs a model, or has no threshold.

    Example:
        >>> monitor = Monitor()
        >>> ids = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20] * 4
        >>> alarms = [alarm for token in ids for alarm in monitor.push(token)]
        >>> alarms[0].position, alarms[0].period, monitor.outcome()["finish_reason"]
        (29, 10, 'loop')
    """

    def __init__(
        self,
        model: Any = None,
        *,
        channels: Sequence[str] = (TEXT,),
        thresholds: Mapping[str, float] | Thresholds | None = None,
        on_alarm: str = STOP,
        layer: int | None = None,
        end_tokens: Sequence[int] = (),
        tokenizer: Any = None,
    ):
        self.channels = _channels(channels)
        pick("on_alarm", on_alarm, (STOP, NOTE))
        self.on_alarm = on_alarm
        self.model, tokenizer = _model_and_tokenizer(model, tokenizer)
        self._token_text = decoder(tokenizer)
        self._tokenizer = tokenizer
        self.thresholds = self._thresholds(thresholds)
        self._ids: torch.Tensor | None = None
        self._tap: Tap | None = None
        self.layer: int | None = None
        self._ends = frozenset(end_tokens)
        if self.model is not None:
            self._ends |= frozenset(self.model.end_tokens)
            self._look_at(layer)
        elif needed := [name for name in self.channels if name in (*NEEDS_NUMBERS, *NEEDS_STATES)]:
            raise UsageError(
                f"the channel {needed[0]} is read from a model, and this monitor has none: Monitor(model, "
                f"channels={list(self.channels)}); ids alone are watched by the channel text."
            )
        self._by_channel = self.thresholds.of(self.channels)
        self._begin(0, 0)

    # -- what a program asks ------------------------------------------------------------------------------------------

    @property
    def alarms(self) -> tuple[tuple[Alarm, ...], ...]:
        """Of each row, in the order in which they were raised."""
        return tuple(tuple(text.alarms) for text in self.texts)

    def outcome(self, row: int = 0) -> dict[str, Any]:
        """What became of a row: ``finish_reason`` "loop" with every field of its first alarm and its reason; or None
        and nothing else where it never alarmed."""
        if row >= len(self.texts) or not self.texts[row].alarms:
            return {"finish_reason": None}
        alarm = self.texts[row].alarms[0]
        return {"finish_reason": LOOP, **alarm.record(), "reason": alarm.reason}

    def push(self, token_id: int, row: int = 0, **numbers: float) -> list[Alarm]:
        """Takes the next token of a text that is written elsewhere; the alarms that it raises.

        Args:
            row: of several texts; new ones begin as they are named.
            numbers: surprisal and entropy of the token in nats, for the channels of these names.
        """
        while len(self.texts) <= row:
            self.texts.append(self.watcher())
        return self.texts[row].push(token_id, **numbers)

    def reset(self) -> None:
        """Forgets all texts."""
        self._begin(0, 0)
        self._ids = None

    def replay(self, source: Any, prompt_length: int | None = None) -> Replay | pd.DataFrame:
        """A finished text, as it would have been watched: a trajectory, ids, or a text; see `llmgeo.monitor.replay`.

        A run gives one row a text that it holds; see `llmgeo.monitor.replay.replay_run`.
        """
        from llmgeo.monitor.replay import replay

        return replay(self, source, prompt_length)

    def stream(self, prompt: Any, decoding: Any = None, seed: int = 0, steering: Any = None) -> Iterator[Watched]:
        """Continues a prompt and watches it, token by token; see `llmgeo.monitor.stream.stream`."""
        from llmgeo.monitor.stream import stream

        return stream(self, prompt, decoding, seed, steering)

    def streamer(self, inner: Any = None, on_alarm: Callable[[Alarm], None] | None = None) -> Streamer:
        """A streamer for `generate`, which watches, hands every token on to another one, and tells alarms."""
        from llmgeo.monitor.streamer import Streamer

        return Streamer(self, inner, on_alarm)

    # -- what transformers calls --------------------------------------------------------------------------------------

    def __enter__(self) -> Monitor:
        self.reset()
        if self._tap is not None:
            self._tap.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._tap is not None:
            self._tap.__exit__(*error)

    def __call__(self, input_ids: torch.Tensor, scores: object = None, **kwargs: object) -> torch.Tensor:
        """A stopping criterion: ``[B]``, which rows are to end."""
        import torch

        self.take(input_ids, has_chosen=True)
        stopped = [self.on_alarm == STOP and bool(text.alarms) for text in self.texts]
        return torch.tensor(stopped, dtype=torch.bool, device=input_ids.device)

    def take(self, input_ids: torch.Tensor, *, has_chosen: bool) -> list[Alarm]:
        """Takes what is new in the ids ``[B, T]`` of a generation; the alarms that it raises.

        Args:
            has_chosen: whether the last token was chosen after the newest pass (a criterion is asked), or fed to it (a
                logits processor is asked).

        Raises:
            UsageError: beams, whose rows change places; numbers are to be read, and no passes were seen.
        """
        if not self._goes_on(input_ids):
            self._begin(len(input_ids), input_ids.shape[1] - has_chosen)
            if self._tap is not None:
                self._tap.begin()
        self._ids = input_ids
        new = input_ids[:, self._prompt_length + self._taken :].tolist()
        self._require_passes(len(new[0]), has_chosen)
        raised: list[Alarm] = []
        raised += self._push_states()
        for place in range(len(new[0])):
            self._push_column([row[place] for row in new], raised)
            raised += self._push_states()
        return raised

    def _goes_on(self, input_ids: torch.Tensor) -> bool:
        """Whether these ids are those of the last call, and one more; within `with`, or more."""
        import torch

        before = self._ids
        if before is None or len(before) != len(input_ids):
            return False
        longer = input_ids.shape[1] - before.shape[1]
        if longer < 0 or (longer > 1 and not self._is_within):
            return False
        if torch.equal(input_ids[:, : before.shape[1]], before):
            return True
        if longer == 1 and all(any(torch.equal(row[:-1], old) for old in before) for row in input_ids):
            raise UsageError("the rows of this generation change places, as beams do; watch one with num_beams=1.")
        return False

    def _push_column(self, tokens: list[int], raised: list[Alarm]) -> None:
        surprisal = entropy = None
        if any(name in self._by_channel for name in NEEDS_NUMBERS):
            import torch

            from llmgeo.model.decoding import surprisal_and_entropy

            logits = self._tap.logits(self._taken).clone()
            pair = surprisal_and_entropy(logits, torch.tensor(tokens, device=logits.device))
            surprisal, entropy = (values.tolist() for values in pair)
        for row, token in enumerate(tokens):
            if not self._ended[row]:
                if surprisal is None:
                    raised += self.texts[row].push(token)
                else:
                    raised += self.texts[row].push(token, surprisal[row], entropy[row])
                self._ended[row] = token in self._ends
        self._taken += 1

    def _push_states(self) -> list[Alarm]:
        """The states of the newest pass, if its token is known already and they were not taken yet."""
        if self._tap is None or self.layer is None:
            return []
        token = self._tap.passes - 2
        if token < 0 or token >= self._taken or token < self._states_taken:
            return []
        self._states_taken = token + 1
        states, steps = self._tap.state(token + 1)
        raised = []
        for row, text in enumerate(self.texts):
            if text.tokens > token:
                raised += text.push_state(states[row], float(steps[row]) if token else nan)
        return raised

    def _require_passes(self, new: int, has_chosen: bool) -> None:
        if self._tap is None or not new:
            return
        if not self._tap.is_open:
            raise UsageError(
                f"the channels {', '.join(self.channels)} are read from the model's passes: put the generation inside "
                "`with monitor:`"
            )
        if self._tap.passes != self._taken + new + (not has_chosen):
            raise UsageError(
                f"{self._tap.passes} passes of the model were seen for {self._taken + new} tokens, so it is not known "
                "which is whose: generate without an assistant, without compilation (disable_compile=True), and from "
                "one thread; or watch the channel text alone."
            )

    # -- its parts ----------------------------------------------------------------------------------------------------

    @property
    def follows_generate(self) -> bool:
        """Whether tokens come from a transformers generation, and are taken from its ids."""
        return not (self.texts and self._ids is None)

    @property
    def _is_within(self) -> bool:
        return self._tap is not None and self._tap.is_open

    def _begin(self, rows: int, prompt_length: int) -> None:
        self.texts = [self.watcher() for _ in range(rows)]
        self._ended = [False] * rows
        self._prompt_length, self._taken, self._states_taken = prompt_length, 0, 0

    def watcher(self) -> Watcher:
        """A watcher of one more text, which the monitor itself knows nothing of."""
        return Watcher(self._by_channel, self._token_text)

    def _thresholds(self, wanted: Mapping[str, float] | Thresholds | None) -> Thresholds:
        if isinstance(wanted, Thresholds):
            return wanted
        if self.model is None:
            usual = UNCALIBRATED if self._token_text else OF_IDS
            found = Thresholds(usual, NOT_CALIBRATED)
        else:
            from llmgeo.monitor.of_model import known_thresholds

            found = known_thresholds(self.model)
            if self._token_text is None:
                found = found.without_words()
        if wanted is None:
            return found
        own = given(wanted)
        return own if set(self.channels) <= set(own.by_channel) else _joined(own, found)

    def _look_at(self, layer: int | None) -> None:
        from llmgeo.monitor.of_model import watched_layer
        from llmgeo.monitor.tap import Tap

        reads_states = any(name in self.channels for name in NEEDS_STATES)
        reads_numbers = any(name in self.channels for name in NEEDS_NUMBERS)
        if reads_states:
            self.layer = watched_layer(self.model, layer, self.thresholds)
        if reads_states or reads_numbers:
            self._tap = Tap(self.model, self.layer, reads_numbers)


def _channels(channels: Sequence[str]) -> tuple[str, ...]:
    wanted = (channels,) if isinstance(channels, str) else tuple(channels)
    for name in wanted:
        pick("channel", name, CHANNELS)
    if not wanted:
        raise UsageError(f"channels is empty; name at least one of {', '.join(CHANNELS)}.")
    return tuple(name for name in CHANNELS if name in wanted)


def _joined(own: Thresholds, found: Thresholds) -> Thresholds:
    return Thresholds({**found.by_channel, **own.by_channel}, own.origin, layer=found.layer, model=found.model)


def _model_and_tokenizer(model: Any, tokenizer: Any) -> tuple[LanguageModel | None, Any]:
    """The model, if it is one, and its tokenizer, if there is one."""
    if model is None:
        return None, tokenizer
    if hasattr(model, "source") and hasattr(model, "blocks"):
        return model, tokenizer or model.tokenizer
    if isinstance(model, str) or hasattr(model, "get_input_embeddings"):
        from llmgeo.model.loading import load

        loaded = load(model) if isinstance(model, str) else load(model, tokenizer=tokenizer)
        return loaded, tokenizer or loaded.tokenizer
    if hasattr(model, "decode"):
        return None, model
    raise UsageError(
        f"Monitor was given {shown(model)}; give a model that llmgeo.load gave or takes, a tokenizer, or nothing, to "
        "watch ids alone."
    )
