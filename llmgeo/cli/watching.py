"""How a watched text is written: to a terminal in colours that are its gauge, to a pipe as plain text, or as events.

Text goes to stdout and what is said of it to stderr, but for JSON, where both are lines of stdout. Whatever the model
writes is escaped: nothing of it drives a terminal. Knows watched tokens; no model and no option.
"""

import json
import math
import sys
from typing import TYPE_CHECKING, Any

from llmgeo.cli.options import Format
from llmgeo.cli.output import plain_console, write_text
from llmgeo.escape import literal

if TYPE_CHECKING:
    from llmgeo.monitor.alarm import Alarm
    from llmgeo.monitor.monitor import Monitor
    from llmgeo.monitor.stream import Watched

NEARLY = 0.5
"""Of its threshold: from there on a token is coloured."""

QUOTED = 72
"""Characters of a loop's first copy that an alarm quotes."""

KEEPS = {"\n": "\n", "\t": "\t"}
"""What is written as it is."""


def safe(text: str) -> str:
    r"""A piece of text that cannot drive a terminal; line ends and tabs stay.

    >>> safe("a\x1b[2J\n\tb\u202e")
    'a\\x1b[2J\n\tb\\u202e'
    """
    return literal(text, glyphs=KEEPS)


class Plain:
    """The text and nothing else on stdout, each alarm as one line on stderr; for pipes.

    Args:
        speaks: whether alarms are told.
    """

    def __init__(self, monitor: "Monitor", speaks: bool = True):
        self.monitor, self.speaks = monitor, speaks
        self.tokens: list[str] = []
        self._console = plain_console(sys.stderr)

    def begin(self, prompt: str) -> None:
        """Before the first token."""
        if self.speaks:
            self._say(self.monitor.thresholds.sentence)

    def token(self, watched: "Watched") -> None:
        """The next token."""
        self.tokens.append(watched.step.token)
        self._text(watched)
        for alarm in watched.alarms:
            self._alarm(alarm)

    def end(self, finish_reason: str, steered: int = 0) -> None:
        """After the last token.

        Args:
            steered: tokens that were chosen while the monitor was alarmed and led the text.
        """
        write_text("\n")
        if self.speaks:
            self._say(closing(self.monitor, finish_reason, len(self.tokens), steered))

    def _text(self, watched: "Watched") -> None:
        write_text(safe(watched.step.token))

    def _alarm(self, alarm: "Alarm") -> None:
        if self.speaks:
            self._say(f"{alarm.reason}{self._copy(alarm)}")

    def _copy(self, alarm: "Alarm") -> str:
        """The loop's first copy, which marks its onset."""
        if alarm.onset is None:
            return ""
        words = literal("".join(self.tokens[alarm.onset : alarm.onset + alarm.period]).strip(), longest=QUOTED)
        return f": “{words}”"

    def _say(self, sentence: str) -> None:
        self._console.print(f"[watch] {sentence}", soft_wrap=True)


class Terminal(Plain):
    """The text in colours: yellow where a channel nears its threshold, red where it alarms. An alarm is a line of its
    own that quotes the loop's first copy; at the end, a curve of the scores."""

    def __init__(self, monitor: "Monitor", speaks: bool = True):
        super().__init__(monitor, speaks)
        self._out = plain_console(sys.stdout)
        self._nearness: list[float] = []
        self._is_at_start = True

    def begin(self, prompt: str) -> None:
        super().begin(prompt)
        self._print(safe(prompt), "dim")

    def _text(self, watched: "Watched") -> None:
        near = nearness(watched.scores, self.monitor.thresholds.by_channel)
        self._nearness.append(near)
        self._print(safe(watched.step.token), "red" if near >= 1 else "yellow" if near >= NEARLY else "")

    def end(self, finish_reason: str, steered: int = 0) -> None:
        from llmgeo.report.sparkline import sparkline

        super().end(finish_reason, steered)
        if self.speaks and self._nearness:
            columns = min(60, len(self._nearness))
            step = len(self._nearness) / columns
            parts = [
                self._nearness[int(at * step) : max(int(at * step) + 1, int((at + 1) * step))] for at in range(columns)
            ]
            self._say(f"score {sparkline(min(max(part), 1.0) for part in parts)} (full: the threshold)")

    def _alarm(self, alarm: "Alarm") -> None:
        if not self._is_at_start:
            self._print("\n", "")
        super()._alarm(alarm)

    def _print(self, text: str, style: str) -> None:
        from rich.text import Text

        if text:
            self._out.print(Text(text, style), end="", soft_wrap=True)
            self._is_at_start = text.endswith("\n")


class Events(Plain):
    """One JSON object a line: start, token, alarm, end."""

    def begin(self, prompt: str) -> None:
        thresholds = self.monitor.thresholds
        self._event(
            "start",
            prompt=prompt,
            channels=list(self.monitor.channels),
            thresholds={name: thresholds.by_channel[name] for name in self.monitor.channels},
            calibration=thresholds.sentence,
            on_alarm=self.monitor.on_alarm,
        )

    def token(self, watched: "Watched") -> None:
        step = watched.step
        self.tokens.append(step.token)
        self._event(
            "token", position=len(self.tokens) - 1, token=step.token, token_id=step.token_id,
            surprisal=step.surprisal, entropy=step.entropy, scores=watched.scores,
        )  # fmt: skip
        for alarm in watched.alarms:
            self._event("alarm", **alarm.record(), reason=alarm.reason)

    def end(self, finish_reason: str, steered: int = 0) -> None:
        outcome = self.monitor.outcome()
        first = {name: value for name, value in outcome.items() if name != "finish_reason"}
        alarms = len(self.monitor.texts[0].alarms) if self.monitor.texts else 0
        self._event(
            "end", finish_reason=finish_reason, tokens=len(self.tokens), alarms=alarms, steered=steered, **first
        )

    def _event(self, name: str, **fields: Any) -> None:
        write_text(json.dumps({"event": name, **_finite(fields)}, allow_nan=False) + "\n")


def writer(form: Format, monitor: "Monitor") -> Plain:
    """What suits stdout."""
    if form is Format.json:
        return Events(monitor)
    if form is Format.human and sys.stdout.isatty():
        return Terminal(monitor)
    return Plain(monitor, speaks=form is Format.human)


def nearness(scores: dict[str, float], thresholds: Any) -> float:
    """How near the nearest channel is to its threshold: 0 is not at all, 1 and more an alarm.

    A score below zero is compared by the inverse: minus a mean surprisal of 2 is half of the way to minus 1.

    >>> nearness({"text": 3.0, "surprisal": -4.0}, {"text": 6.0, "surprisal": -1.0})
    0.5
    >>> nearness({"text": math.nan}, {"text": 1.0})
    0.0
    """
    near = 0.0
    for name, score in scores.items():
        threshold = thresholds[name]
        if math.isfinite(score) and math.isfinite(threshold):
            ratio = score / threshold if threshold > 0 else threshold / score if score < 0 else 1.0
            near = max(near, ratio)
    return near


def closing(monitor: "Monitor", finish_reason: str, tokens: int, steered: int = 0) -> str:
    """The last line: how the text ended, and what was heard in it."""
    from llmgeo.messages import counted

    alarms = len(monitor.texts[0].alarms) if monitor.texts else 0
    heard = f"{counted(alarms, 'alarm')}" if alarms else "no alarm"
    led = f", {counted(steered, 'token')} led away from the loop" if steered else ""
    return f"ended: {finish_reason}, {counted(tokens, 'token')}, {heard}{led}"


def _finite(value: Any) -> Any:
    """The same without nan and infinity, which JSON does not have."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
