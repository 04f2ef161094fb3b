"""The paths of all tokens of a unit in one frame, and the groups that they are averaged in. Knows states and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from llmgeo.experiments.depth.question import Text
from llmgeo.measures.paths.depth import unit_norm
from llmgeo.model.final_norm import after_final_norm, find_final_norm
from llmgeo.model.language_model import LanguageModel
from llmgeo.nulls.swapped import averaging
from llmgeo.texts.token_class import CLASSES, token_classes

ALL = "all"
THIRDS = ("first third", "middle third", "last third")
GROUPS = (ALL, *CLASSES, *THIRDS)


@dataclass(frozen=True)
class UnitPaths:
    """Every measured token's path.

    Attributes:
        states: ``[N, L+1, D]`` float32, text by text.
        texts: ``[N]`` the number of each token's text.
        count: how many texts there are.
    """

    states: torch.Tensor
    texts: torch.Tensor
    count: int

    @cached_property
    def steps(self) -> torch.Tensor:
        """``[N, L, D]``."""
        return self.states.diff(dim=1)

    @property
    def width(self) -> int:
        return self.states.shape[-1]

    def of_tokens(self, values: torch.Tensor) -> torch.Tensor:
        """Values ``[N, ...]`` as ``[texts, tokens, ...]``."""
        return values.view(self.count, -1, *values.shape[1:])


def unit_paths(texts: Sequence[Text]) -> UnitPaths:
    """The paths as the model has them; windows are of equal length."""
    states = torch.cat([text.states.transpose(0, 1).float() for text in texts])
    tokens = len(states) // len(texts)
    return UnitPaths(states, torch.arange(len(texts)).repeat_interleave(tokens), len(texts))


def in_frame(paths: UnitPaths, frame: str, model: LanguageModel) -> UnitPaths:
    """The same paths, of states at length 1 or after the final norm.

    Raises:
        ModelError: the model has no final norm that could be found.
    """
    if frame == "unit":
        return UnitPaths(unit_norm(paths.states), paths.texts, paths.count)
    if frame == "final_norm":
        states = after_final_norm(model, find_final_norm(model), paths.states)
        return UnitPaths(states, paths.texts, paths.count)
    return paths


@dataclass(frozen=True)
class TokenGroups:
    """Which tokens are averaged together: all of a text, each class of them, each third of the window.

    Attributes:
        names: of the groups, `GROUPS`.
        member: ``[groups, N]`` bool.
    """

    names: tuple[str, ...]
    member: torch.Tensor

    @classmethod
    def of(cls, texts: Sequence[Text]) -> TokenGroups:
        """The groups of the texts' measured tokens; a class is told from the whole text."""
        classes, thirds = [], []
        for text in texts:
            classes += token_classes(text.trajectory.tokens)[text.window]
            tokens = text.window.stop - text.window.start
            thirds += [THIRDS[3 * place // tokens] for place in range(tokens)]
        rows = [[True] * len(classes)]
        rows += [[each == name for each in classes] for name in CLASSES]
        rows += [[each == name for each in thirds] for name in THIRDS]
        return cls(GROUPS, torch.tensor(rows))

    def weights(self, paths: UnitPaths) -> torch.Tensor:
        """``[groups · texts, N]`` that average over each group's tokens of each text; see `averaging`."""
        return torch.cat([averaging(paths.texts.where(member, -1), paths.count) for member in self.member])

    def counts(self, paths: UnitPaths) -> torch.Tensor:
        """``[groups, texts]`` how many tokens of each text are in each group."""
        return torch.stack([torch.bincount(paths.texts[member], minlength=paths.count) for member in self.member])


def group_means(values: torch.Tensor, weights: torch.Tensor, texts: int) -> torch.Tensor:
    """``[groups, texts, K]`` float64 means of ``[N, K]`` values; nan where a group is empty, or some value is nan."""
    empty = weights.isnan().any(1, keepdim=True)
    means = (weights.masked_fill(empty, 0.0).double() @ values.double()).masked_fill(empty, torch.nan)
    return means.view(-1, texts, values.shape[1])
