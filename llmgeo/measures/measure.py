"""What a measure is: one entry of the catalogue, with its parameters, and how a person reads its values.

Knows words, units and dotted names. Imports no measure until one is computed, and no torch at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from math import isfinite
from numbers import Integral, Real
from typing import Any, Literal

from llmgeo.errors import MeasureError
from llmgeo.messages import did_you_mean, number_words, shown

Kind = Literal["cloud", "token", "path", "depth", "dynamics", "baseline", "scale", "pair"]
Value = bool | int | float | str | tuple[int, int]

YES, NO = "true", "false"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a measure: what it is left at, and what it may be.

    Attributes:
        default: the value of the measure's bare name; its type is the parameter's (a tuple: two whole numbers).
        low, high: the range of a number, both ends included unless `is_open`; None for no bound.
        is_open: the bounds themselves are excluded.
        choices: all that a text may be.
    """

    default: Value
    low: float | None = None
    high: float | None = None
    is_open: bool = False
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """What it may be, in words.

        >>> Parameter(0.9, 0, 1, is_open=True).allowed, Parameter(2, 1).allowed, Parameter((12, 100), 1).allowed
        ('a number between 0 and 1, both excluded', 'a whole number from 1', 'two whole numbers from 1, rising')
        """
        if self.choices:
            return " or ".join(map(repr, self.choices))
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, tuple):
            return f"two whole numbers from {self.low:g}, rising"
        is_whole = isinstance(self.default, int)
        return number_words(is_whole, self.low, self.high, above=self.is_open, below=self.is_open)

    def check(self, value: object) -> Value:
        """The value in the parameter's type. Raises ValueError where it is not allowed.

        >>> Parameter(0.9, 0, 1).check(1), Parameter((12, 100), 1).check([5, 50])
        (1.0, (5, 50))
        """
        if isinstance(self.default, tuple):
            pair = tuple(value) if isinstance(value, list | tuple) else ()
            if len(pair) == 2 and all(_is_whole(end) for end in pair) and self.low <= pair[0] < pair[1]:
                return int(pair[0]), int(pair[1])
        elif self.choices or isinstance(self.default, bool):
            if type(value) is type(self.default) and (not self.choices or value in self.choices):
                return value
        elif self._is_number(value) and self._is_inside(value):
            return type(self.default)(value)
        raise ValueError(self.allowed)

    def read(self, text: str) -> Value:
        """The value that a label spells. Raises ValueError where it is not allowed."""
        if self.choices:
            return self.check(text)
        if isinstance(self.default, bool):
            return self.check({YES: True, NO: False}.get(text, text))
        if isinstance(self.default, tuple):
            return self.check([int(end) for end in text.split("-")])
        return self.check(type(self.default)(text))

    def _is_number(self, value: object) -> bool:
        return _is_whole(value) or (
            isinstance(value, Real) and isinstance(self.default, float) and type(value) is not bool
        )

    def _is_inside(self, value: float) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.is_open)
        below = self.high is None or value < self.high or (value == self.high and not self.is_open)
        return above and below and (isinstance(value, int) or isfinite(value))


def spell(value: Value) -> str:
    """A parameter's value as a label holds it.

    >>> spell(4), spell(0.5), spell(True), spell((5, 50)), spell("mad")
    ('4', '0.5', 'true', '5-50', 'mad')
    """
    if isinstance(value, bool):
        return YES if value else NO
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True)
class Measure:
    """One entry of the catalogue: what is computed, on what, and how a person reads it.

    A printed value is `value * scale` followed by `unit`.

    Attributes:
        name: its bare name.
        kind: what it is measured on and how a recipe lists it: a "cloud", every "token", a whole "path"; one token
            through the layers ("depth"); the "dynamics" of a path in several spaces; a "baseline" that knows no
            geometry; one point of a "scale" curve; a "pair" of models or of their weights.
        words: its name in a sentence.
        function: "module:function", imported when it is first computed; a plugin's is the function itself.
        meaning: one sentence for a reader who has not met it.
        source: the paper and its equation.
        axis: "token" or "depth", along which a recipe's samples are measured; "none" where there is none.
        cloud: what the points are: "text" (the tokens of one text at one layer, order ignored), "prompts" (one point of
            each of many texts), "rows" (of a matrix) or "none".
        unit, scale: of its printed values.
        first: which token of a window a token measure's first value belongs to: a step to the token it arrives at, an
            angle to its middle. Of a measure of the depth axis, which layer.
        reach: how many tokens before and after its own a token measure's value depends on; None if on the whole
            window, as the bar that makes a step a jump.
        null: the surrogate that its values are read beside: a function of `llmgeo.nulls` ("gaussian_cloud",
            "shuffle_order", "phase_randomised"), "other_texts" (paths of steps of other texts' tokens at the same
            layers), "rounding" (the base model with its weights moved by rounding), or "none".
        by_scale: the measures of the catalogue that read the same dimension at one scale each, by name; empty for what
            is no dimension. Clouds seldom have one dimension at all scales: a claim on it is tested at each of them.
        least, most: what its values cannot lie below or above, whatever the states; None where there is no such bound.
        parameters: what a recipe may set, by name.
        fixed: arguments that its name fixes.
        values: parameters set to something else than their default.
        configured_words, configured_meaning: the same where parameters are set, for a measure whose plain words name
            a default: the parameters stand in braces.
    """

    name: str
    kind: Kind
    words: str
    function: str | Callable[..., Any]
    meaning: str = ""
    source: str = ""
    axis: Literal["token", "depth", "none"] = "token"
    cloud: str = "none"
    unit: str = ""
    scale: float = 1.0
    first: int = 0
    reach: tuple[int, int] | None = None
    null: Literal["gaussian_cloud", "shuffle_order", "phase_randomised", "other_texts", "rounding", "none"] = "none"
    by_scale: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    configured_words: str = ""
    configured_meaning: str = ""

    @property
    def label(self) -> str:
        """The name, with the parameters that differ from their defaults: what the `measure` column of tables holds."""
        if not self.values:
            return self.name
        return f"{self.name}({', '.join(f'{name}={spell(value)}' for name, value in self.values.items())})"

    def configure(self, parameters: Mapping[str, object]) -> Measure:
        """The same measure with parameters set; those at their default are left out.

        Raises:
            MeasureError: no such parameter, or a value that is not allowed.

        >>> from llmgeo.measures.catalogue import look_up
        >>> look_up("gride").configure({"n1": 4}).words
        'GRIDE dimension (n1 = 4)'
        """
        for name in parameters:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "it has none"
                near = did_you_mean(str(name), [*self.parameters])
                raise MeasureError(f"{self.name} has no parameter {shown(name)}{near} Its parameters: {known}.")
        values = {}
        for name, parameter in self.parameters.items():
            if name not in parameters:
                continue
            try:
                value = parameter.check(parameters[name])
            except ValueError:
                raise MeasureError(
                    f"{name} = {shown(parameters[name])} of {self.name} is not allowed; it must be {parameter.allowed} "
                    f"(default: {spell(parameter.default)})."
                ) from None
            if value != parameter.default:
                values[name] = value
        if not values:
            return self
        spelt = {name: spell(values.get(name, parameter.default)) for name, parameter in self.parameters.items()}
        said = ", ".join(f"{name} = {spelt[name]}" for name in values)
        words = self.configured_words.format(**spelt) or f"{self.words} ({said})"
        meaning = self.configured_meaning.format(**spelt) or self.meaning
        # the scale curve of a run is read with all neighbours, and is not that of a measure which leaves some out
        by_scale = () if "exclude" in values else self.by_scale
        return replace(self, words=words, meaning=meaning, values=values, by_scale=by_scale)

    def resolve(self) -> Callable[..., Any]:
        """The function, with what the name and the parameters fix already bound.

        >>> from llmgeo.measures.catalogue import look_up
        >>> look_up("turning_angle").resolve()([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]]).round(6)
        array([90.])
        """
        function = self.function
        if isinstance(function, str):
            module, _, attribute = function.partition(":")
            function = getattr(import_module(module), attribute)
        bound = {**self.fixed, **self.values}
        return partial(function, **bound) if bound else function

    def compute(self, *inputs: Any, **more: Any) -> Any:
        """The measure of its inputs."""
        return self.resolve()(*inputs, **more)

    def show(self, value: float | None) -> str:
        """A value, scaled and with its sign: one decimal from 100 on, three significant digits below.

        >>> from llmgeo.measures.catalogue import MEASURES
        >>> MEASURES["turning_angle"].show(114.42), MEASURES["jumps"].show(0.022), MEASURES["jumps"].show(None)
        ('114.4°', '2.20', 'not measured')
        """
        if value is None or value != value:
            return "not measured"
        scaled = value * self.scale
        return (f"{scaled:.1f}" if 100 <= abs(scaled) < 1e5 else three_digits(scaled)) + self.sign

    @property
    def sign(self) -> str:
        """The unit, where it is a sign that stands behind every number."""
        return self.unit if self.unit in ("°", "%") else ""


def three_digits(number: float) -> str:
    """Three significant digits, zeros at the end among them; 0 is 0.

    >>> three_digits(2.2), three_digits(29), three_digits(0), three_digits(0.0000429), three_digits(123456)
    ('2.20', '29.0', '0', '4.29e-05', '1.23e+05')
    """
    return f"{number:#.3g}".rstrip(".") if number else f"{number:g}"


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
