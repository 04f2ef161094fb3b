"""What is wrong with a text, if anything that can be told from the text alone: one label, by an ordered rule.

The first that holds: it stopped early; it is a loop; a template; repetitive; incoherent; it changes its language; else
nothing was found, which is no praise. Never decided from the knob that was turned to make the text, nor from what a
model thinks of it. Label the tokens that are measured (the same window), since a text may run fluently for its first
half and loop in its second. Knows nothing about models, states or what a good text is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from llmgeo.texts.languages import Change, find_change
from llmgeo.texts.loops import MOST_MARKS, Loop, find_loop
from llmgeo.texts.repetition import looping_suffix, rep_n
from llmgeo.texts.running_text import Coherence, coherence
from llmgeo.texts.templates import Template, find_template
from llmgeo.texts.words import share_of_marks, words_of

RULE = 2
"""The version of the rule, part of a run's fingerprint. 1, of llmgeo 0.1, knew `loop` (rep-4 above one half, or three
tokens twice at the end) and called everything else `fluent`."""

LabelName = Literal["stopped", "loop", "templated", "repetitive", "incoherent", "switched", "fluent"]
LABELS: tuple[str, ...] = get_args(LabelName)
STOPPED, LOOP, TEMPLATED, REPETITIVE, INCOHERENT, SWITCHED, FLUENT = LABELS

LABELS_BY_RULE = {1: (LOOP, FLUENT), RULE: LABELS}

REPETITIVE_FROM = 0.1
"""rep-4 from which on a text is repetitive; human text stays below 0.01 (Welleck et al. 2020)."""

_OR = " or "

NO_TEXT = "only its token ids are known"
CODE = "a table or code, whose rows are templates as they should be"
SHORT = "fewer than 40 words"
UNKNOWN = "a language that the rule does not know, or none; other scripts were looked for"


@dataclass(frozen=True)
class Label:
    """A text's label and what decided it.

    Attributes:
        name: one of `LABELS`.
        number: what was compared: tokens (stopped), copies (loop, templated), rep-4 (repetitive, fluent), the share of
            function words (incoherent), the share of words in another language (switched).
        reason: the same in words.
        period, copies, onset: of a loop or a template: its length (tokens; of a template, words), how often it is
            said, and the token that the first copy begins at.
        undecided: which of the labels after this one in the order could not be decided, and why.
    """

    name: str
    number: float
    reason: str
    period: int | None = None
    copies: float | None = None
    onset: int | None = None
    undecided: tuple[str, ...] = ()

    def row(self) -> dict[str, object]:
        """Its columns in a run's table of samples."""
        return {
            "label": self.name,
            "label_number": self.number,
            "label_reason": self.reason,
            "label_undecided": "; ".join(self.undecided) or None,
            "repeat_period": self.period,
            "repeat_copies": self.copies,
            "repeat_onset": self.onset,
        }


COLUMNS = tuple(Label(FLUENT, 0.0, "").row())
"""What `Label.row` gives."""


def either(labels: Sequence[str]) -> str | None:
    """Several labels in words, as tables hold them; None for none. `labels_in` reads them back.

    >>> either(["loop", "templated"]), either([])
    ('loop or templated', None)
    """
    return _OR.join(labels) or None


def labels_in(words: str | None) -> tuple[str, ...]:
    """
    >>> labels_in("loop or templated"), labels_in(None)
    (('loop', 'templated'), ())
    """
    return tuple(words.split(_OR)) if words else ()


def judge(
    token_ids: Sequence[int] | np.ndarray,
    tokens: Sequence[str] | None = None,
    wanted: int | None = None,
    rule: int = RULE,
) -> Label:
    """The label of a text, and what decided it.

    Args:
        token_ids: ``[T]`` integers, of what is measured.
        tokens: the same as text, joined the text itself; left out, only loops and rep-4 can be told.
        wanted: tokens that the text should have had; fewer, and it stopped early.
        rule: 1 for the rule of llmgeo 0.1, by which old runs were labelled.

    Raises:
        ValueError: not ``[T]``; not as many tokens; no such rule.

    >>> judge([5, 6, 7, 8] * 10).reason
    '4 tokens 10.0 times from token 0 on'
    >>> judge(range(40)).name, judge(range(40)).undecided[0]
    ('fluent', 'templated: only its token ids are known')
    """
    ids = np.asarray(token_ids)
    if ids.ndim != 1:
        raise ValueError(f"token_ids must have shape [T]; got {ids.shape}")
    if tokens is not None and len(tokens) != len(ids):
        raise ValueError(f"{len(ids)} token ids, but {len(tokens)} tokens")
    if rule not in (1, RULE):
        raise ValueError(f"rule must be 1 or {RULE}; got {rule}")
    if rule == 1:
        return _by_rule_1(ids)
    if wanted is not None and len(ids) < wanted:
        return Label(STOPPED, float(len(ids)), f"{len(ids)} of {wanted} tokens")
    if (loop := find_loop(ids, tokens)) is not None:
        return _looping(loop)
    rep_4 = rep_n(ids)
    if tokens is None:
        undecided = tuple(f"{name}: {NO_TEXT}" for name in (TEMPLATED, INCOHERENT, SWITCHED))
        return _repeating(rep_4) or replace(_nothing(rep_4), undecided=undecided)
    return _of_words(tokens, rep_4)


def label(token_ids: Sequence[int] | np.ndarray, tokens: Sequence[str] | None = None, wanted: int | None = None) -> str:
    """The name of a text's label: see `judge`.

    >>> label([5, 6, 7, 8] * 10), label(range(40))
    ('loop', 'fluent')
    """
    return judge(token_ids, tokens, wanted).name


def _by_rule_1(ids: np.ndarray) -> Label:
    rep_4 = rep_n(ids)
    return Label(LOOP if rep_4 > 0.5 or looping_suffix(ids) else FLUENT, rep_4, "by rule 1")


def _of_words(tokens: Sequence[str], rep_4: float) -> Label:
    """The label of a text that is no loop."""
    text, words = "".join(tokens), words_of(tokens)
    undecided = []
    if share_of_marks(text) > MOST_MARKS:
        undecided.append(f"{TEMPLATED}: {CODE}")
    elif (template := find_template(words)) is not None:
        return _templated(template)
    if repeating := _repeating(rep_4):
        return replace(repeating, undecided=tuple(undecided))
    found = coherence(words, text)
    if found.is_incoherent:
        return replace(_incoherent(found), undecided=tuple(undecided))
    if found.undecided:
        undecided.append(f"{INCOHERENT}: {found.undecided}")
    change = find_change(words)
    if change is not None and change.other is not None:
        return replace(_switched(change), undecided=tuple(undecided))
    if change is None or change.language is None:
        undecided.append(f"{SWITCHED}: {SHORT if change is None else UNKNOWN}")
    return replace(_nothing(rep_4), undecided=tuple(undecided))


def _looping(loop: Loop) -> Label:
    reason = f"{loop.period} tokens {loop.copies:.1f} times from token {loop.onset} on"
    return Label(LOOP, loop.copies, reason, loop.period, loop.copies, loop.onset)


def _templated(template: Template) -> Label:
    reason = (
        f"{template.period} words {template.copies:.1f} times from token {template.onset} on, with something changed: "
        f"{template.share:.0%} of the words as before"
    )
    return Label(TEMPLATED, template.copies, reason, template.period, template.copies, template.onset)


def _repeating(rep_4: float) -> Label | None:
    is_repetitive = rep_4 >= REPETITIVE_FROM
    return Label(REPETITIVE, rep_4, f"{rep_4:.2f} of its 4-grams were there before") if is_repetitive else None


def _incoherent(found: Coherence) -> Label:
    reason = f"{found.function_words:.0%} of its words are function words, {found.returns:.0%} were said before"
    return Label(INCOHERENT, found.function_words, reason)


def _switched(change: Change) -> Label:
    own = _named(change.language) if change.language else "a language unknown here"
    reason = f"{change.share:.0%} of its words in {_named(change.other)}, else {own}"
    return Label(SWITCHED, change.share, f"{reason}, from token {change.onset} on")


def _named(language: str) -> str:
    """A language, or a script, whose names are in capitals, so that it cannot be taken for one."""
    return f"{language if language == 'CJK' else language.capitalize()} script" if language.isupper() else language


def _nothing(rep_4: float) -> Label:
    return Label(FLUENT, rep_4, "nothing found")
