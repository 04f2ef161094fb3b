"""The one catalogue of measures: what there is, what each is measured on, and how a person reads its values.

Each measure has one entry, which lies beside the code that computes it (`clouds/entries.py`, `paths/entries.py`, …) and
names it by a dotted string; plugins add theirs. A recipe may set a measure's parameters: the measure is then known by
its label, `gride(n1=4)`, which is what tables hold. Knows names, words and units; imports no torch.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.entries import (
    CLOUD_ENTRIES,
    LIBRARY_ENTRIES,
    PROMPT_ENTRIES,
    SCALE_ENTRIES,
    SCALES,
    scale_name,
)
from llmgeo.measures.distributions.entries import BASELINE_ENTRIES, DISTRIBUTION_ENTRIES
from llmgeo.measures.measure import Measure, Parameter
from llmgeo.measures.pairs.entries import CLOUD_PAIR_ENTRIES, WEIGHT_ENTRIES
from llmgeo.measures.paths.depth_entries import DEPTH_ENTRIES
from llmgeo.measures.paths.dynamics_entries import DYNAMICS_ENTRIES
from llmgeo.measures.paths.entries import PATH_ENTRIES
from llmgeo.messages import did_you_mean, shown

__all__ = [
    "DEPTH_MEASURES", "DIMENSION", "DYNAMICS_MEASURES", "EVERY_MEASURE", "LIBRARY_MEASURES", "MEASURES",
    "PAIR_MEASURES", "PROMPT_MEASURES", "SCALES", "SCALE_MEASURES", "Measure", "Parameter", "add", "configure", "label",
    "look_up", "parse", "scale_name",
]  # fmt: skip

_LABEL = re.compile(r"(?P<name>\w+)(\((?P<parameters>[^()]*)\))?")


def _by_name(entries: Iterable[Measure]) -> dict[str, Measure]:
    return {entry.name: entry for entry in entries}


MEASURES = _by_name((*CLOUD_ENTRIES, *PATH_ENTRIES, *BASELINE_ENTRIES))
"""What a recipe may list, by bare name, and what plugins add."""

SCALE_MEASURES = _by_name(SCALE_ENTRIES)
"""Measured wherever `intrinsic_dimension` is, shown as a curve; no recipe names them, no contrast is made of them."""

DIMENSION = "intrinsic_dimension"
"""The measure that the scale curve is measured beside; its status says whether a cloud's curve has a plateau."""

PAIR_MEASURES = _by_name((*CLOUD_PAIR_ENTRIES, *PROMPT_ENTRIES, *DISTRIBUTION_ENTRIES, *WEIGHT_ENTRIES))
"""What is measured of two models at once, always; no recipe lists them."""

DYNAMICS_MEASURES = _by_name(DYNAMICS_ENTRIES)
"""Measured of a text's path in several spaces, by the recipes of kind `dmet`; no recipe lists them."""

PROMPT_MEASURES = ("rank_me", "covariance_rank")
"""Measured on the last tokens of all prompts as one cloud."""

DEPTH_MEASURES = _by_name(DEPTH_ENTRIES)
"""Measured on the depth axis, of every token, wherever paths through the layers are; no recipe lists them."""

LIBRARY_MEASURES = _by_name(LIBRARY_ENTRIES)
"""Called from Python only: no run holds them."""


class _EveryMeasure(ChainMap):
    """All of them, by bare name or by the label of a configured one."""

    def __missing__(self, key: str) -> Measure:
        name, parameters = _split(key)
        if not parameters or not super().__contains__(name):
            raise KeyError(key)
        try:
            return _configured(self[name], parameters)
        except MeasureError:
            raise KeyError(key) from None

    def __contains__(self, key: object) -> bool:
        if super().__contains__(key):
            return True
        try:
            self.__missing__(key)
        except KeyError:
            return False
        return True


EVERY_MEASURE: Mapping[str, Measure] = _EveryMeasure(
    MEASURES, SCALE_MEASURES, PAIR_MEASURES, DEPTH_MEASURES, DYNAMICS_MEASURES, LIBRARY_MEASURES
)
"""All of them, and what plugins add to the first: a view, not a copy. A label (`gride(n1=4)`) is found as well."""


def look_up(label: str) -> Measure:
    """The measure of a name or of a configured label.

    Raises:
        MeasureError: no such measure, no such parameter, or a value that is not allowed.

    >>> look_up("gride(n1=4)").words, look_up("two_nn").unit
    ('GRIDE dimension (n1 = 4)', '')
    >>> look_up("grid(n1=4)")
    Traceback (most recent call last):
      ...
    llmgeo.errors.MeasureError: 'grid' is not a measure; did you mean gride? `llmgeo list measures` names them.
    """
    name, parameters = _split(label)
    if name not in EVERY_MEASURE:
        if fault := misspelt_label(label):
            raise MeasureError(f"{shown(label)} {fault}")
        near = did_you_mean(name, [*EVERY_MEASURE])
        raise MeasureError(f"{shown(name)} is not a measure{near} `llmgeo list measures` names them.")
    return _configured(EVERY_MEASURE[name], parameters)


def configure(name: str, parameters: Mapping[str, object]) -> Measure:
    """The measure of that name with parameters set, as a recipe gives them.

    Raises:
        MeasureError: as in `look_up`.

    >>> configure("jumps", {"rule": "mad"}).label
    'jumps(rule=mad)'
    """
    return look_up(name).configure(parameters)


def label(name: str, parameters: Mapping[str, object] | None = None) -> str:
    """What a configured measure is called in tables: the bare name where nothing differs from the defaults.

    Raises:
        MeasureError: as in `look_up`.

    >>> label("gride", {"n1": 4}), label("gride", {"n1": 2})
    ('gride(n1=4)', 'gride')
    """
    return configure(name, parameters or {}).label


def parse(label: str) -> tuple[str, dict[str, object]]:
    """The bare name and the parameters that a label sets; the inverse of `label`.

    Raises:
        MeasureError: as in `look_up`.

    >>> parse("recurrence_rate(radius=0.2, theiler=3)"), parse("two_nn")
    (('recurrence_rate', {'radius': 0.2, 'theiler': 3}), ('two_nn', {}))
    """
    measure = look_up(label)
    return measure.name, dict(measure.values)


def misspelt_label(label: object) -> str | None:
    """What is wrong with the spelling of a label whose name is known; None where there is nothing to say of it.

    >>> misspelt_label("gride(n1=2")
    "has a parenthesis that is not closed; write it as 'gride(n1=2)'"
    >>> misspelt_label("gride(n1=2) "), misspelt_label("grid")
    ('has something behind its parameters', None)
    """
    if not isinstance(label, str) or "(" not in label:
        return None
    name, _, rest = label.partition("(")
    if name.strip() not in EVERY_MEASURE or _LABEL.fullmatch(label):
        return None
    if ")" not in rest:
        closed = f"{name.strip()}({rest.strip()})" if rest.strip() else name.strip()
        return f"has a parenthesis that is not closed; write it as {shown(closed)}"
    if name != name.strip():
        return f"has a space before its parameters; write it as {shown(name.strip() + label[len(name) :])}"
    if rest.partition(")")[2]:
        return "has something behind its parameters"
    return "has more than one parenthesis"


def add(measure: Measure) -> None:
    """Makes a further measure known to this process, so that recipes may list it.

    Raises:
        MeasureError: the name is taken.
    """
    if measure.name in EVERY_MEASURE:
        raise MeasureError(f"the measure {shown(measure.name)} is llmgeo's own already; give yours another name")
    MEASURES[measure.name] = measure


def _split(label: object) -> tuple[str, dict[str, str]]:
    """The name and the parameters of a label as they are spelt; whatever is no label is a name without parameters."""
    match = _LABEL.fullmatch(label) if isinstance(label, str) else None
    if not match or not match["parameters"]:
        return label, {}
    pairs = (part.partition("=") for part in match["parameters"].split(","))
    return match["name"], {name.strip(): value.strip() for name, _, value in pairs}


def _configured(measure: Measure, spelt: Mapping[str, str]) -> Measure:
    """The measure with the parameters of a label, read in their types."""
    values: dict[str, object] = {}
    for name, text in spelt.items():
        try:
            values[name] = measure.parameters[name].read(text)
        except (KeyError, ValueError):
            values[name] = _number(text)  # `configure` says what is wrong with it
    return measure.configure(values)


def _number(text: str) -> object:
    """The number that a label spells, so that a message shows it as one; a text where it is none.

    >>> _number("0"), _number("-0.5"), _number("many")
    (0, -0.5, 'many')
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
