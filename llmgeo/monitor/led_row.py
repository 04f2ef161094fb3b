"""One text of a batch that llmgeo writes, led only while its own watcher is alarmed. Knows ids and logits; no batch."""

from __future__ import annotations

import torch

from llmgeo.model.decoding import Steering
from llmgeo.monitor.watcher import Watcher


class LedRow:
    """The steering of one row of `LanguageModel.generate_batches`.

    Args:
        watcher: of the text, by channels that read ids alone; tokens that it has seen already are those right after the
            prompt.
        steering: what leads.
        prompt_length: tokens that are not watched.
        first: so many tokens are led whatever the watcher says.
        end_token: is what an alarm ends the text with; None goes on.

    Attributes:
        led: of each token that was chosen, whether it was led.
    """

    def __init__(
        self, watcher: Watcher, steering: Steering, prompt_length: int, first: int = 0, end_token: int | None = None
    ):
        self.watcher, self.steering, self.prompt_length = watcher, steering, prompt_length
        self.first, self.end_token = first, end_token
        self.led: list[bool] = []

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """``[1, V]`` logits for the token that follows the ids ``[1, T]``."""
        alarms = [alarm for token in ids[0, self._watched :].tolist() for alarm in self.watcher.push(token)]
        self.led.append(len(self.led) < self.first or self.watcher.is_alarmed)
        if alarms and self.end_token is not None:
            scores = torch.full_like(scores, -torch.inf)
            scores[0, self.end_token] = 0.0
            return scores
        return self.steering(ids, scores) if self.led[-1] else scores

    @property
    def _watched(self) -> int:
        return self.prompt_length + self.watcher.tokens
