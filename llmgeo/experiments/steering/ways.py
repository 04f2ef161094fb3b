"""How each way of a recipe leads a text: settings of the decoder, and what changes its logits. Knows transformers'
processors and the monitor's; no run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from transformers import NoRepeatNGramLogitsProcessor, RepetitionPenaltyLogitsProcessor

from llmgeo.experiments.steering import recipe as ways
from llmgeo.model.decoding import Decoding, Steering
from llmgeo.monitor.led_row import LedRow
from llmgeo.monitor.monitor import Monitor
from llmgeo.monitor.steering import Dry, Hotter


@dataclass(frozen=True)
class Led:
    """How one text is written.

    Attributes:
        decoding: with which settings. steering: what changes its logits; None for nothing.
        temperature: at which a token is drawn while it is led; None where steering leaves it as it is.
    """

    decoding: Decoding
    steering: Steering | None = None
    temperature: float | None = None

    def temperatures(self, tokens: int) -> list[float]:
        """At which each of the text's tokens was chosen, once it is written."""
        usual = self.decoding.temperature
        if not isinstance(self.steering, LedRow) or self.temperature is None:
            return [usual] * tokens
        return [self.temperature if led else usual for led in self.steering.led[:tokens]]

    def led(self, tokens: int) -> int:
        """How many of the text's tokens were led."""
        if isinstance(self.steering, LedRow):
            return sum(self.steering.led[:tokens])
        return tokens if self.steering is not None else 0


def plain_decoding(recipe: ways.SteeringRecipe) -> Decoding:
    """How the model writes where nothing leads it."""
    return Decoding(recipe.generation.new_tokens, recipe.decoder.temperature, recipe.decoder.top_p)


def lead(
    way: ways.Way, recipe: ways.SteeringRecipe, monitor: Monitor, prompt_length: int, seed: int, mean: float | None
) -> Led:
    """How a text of this way is written; of all but those that are cut.

    Args:
        mean: the temperature that the way takes from another one; None where it takes none.
    """
    decoding = plain_decoding(recipe)
    if isinstance(way, ways.Plain):
        return Led(decoding)
    if isinstance(way, ways.Penalty):
        return Led(decoding, RepetitionPenaltyLogitsProcessor(way.penalty))
    if isinstance(way, ways.NoRepeat):
        return Led(decoding, NoRepeatNGramLogitsProcessor(way.size))
    if isinstance(way, ways.Dry):
        steering, temperature = Dry(None, way.multiplier, way.base, way.allowed), None
    elif not way.while_alarmed:
        return Led(replace(decoding, temperature=way.temperature if mean is None else mean))
    else:
        temperature = way.temperature
        steering = Hotter(None, temperature, recipe.decoder.top_p, seed)
    if way.while_alarmed:
        return Led(decoding, LedRow(monitor.watcher(), steering, prompt_length), temperature)
    return Led(decoding, steering)
