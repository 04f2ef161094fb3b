"""The two models of a comparison, and the base once more with its weights moved by rounding, draw by draw.

Measures nothing.

Two models can be compared token by token and layer by layer only if they split text alike and have the same blocks;
anything else is refused with the reason. Where memory is short, one model is held at a time and loaded again when it is
needed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from llmgeo.errors import UsageError
from llmgeo.experiments.compare import sentences
from llmgeo.experiments.compare.jitter import jitter_
from llmgeo.experiments.compare.names import BASE, JITTERED, TUNED
from llmgeo.messages import shown
from llmgeo.model.description import describe
from llmgeo.model.digests import fixed_by
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.loading import load
from llmgeo.model.sources.naming import model_name
from llmgeo.model.sources.resolve import locate
from llmgeo.model.tokenization import Tokenization
from llmgeo.model.weights import FolderWeights, ModuleWeights, Weights

FROM_FILES = ("default", "folder", "gguf", "hub")
"""Sources whose weights lie in safetensors files; an adapter's are made when it is merged into its base."""

ALONE = "Measure each by itself with llmgeo probe."
"""What to do with two models that cannot be compared."""


class PairModels:
    """``get("base" | "tuned")`` and ``get("jittered", draw)``, verified and comparable.

    Args:
        base, tuned: as in :func:`llmgeo.load`, or models that it returned.
        jitter: the number format whose rounding the base's weights are moved by.
        one_at_a_time: hold one model that was given by name at a time.
        loading: as in :func:`llmgeo.load`, for both.

    Attributes:
        remarks: what a user should know of the models; whoever shows a remark removes it, so that each is shown once.

    Raises:
        UsageError: the two cannot be compared.
    """

    def __init__(self, base: Any, tuned: Any, *, jitter: str, one_at_a_time: bool = False, **loading: Any):
        self._subjects = {BASE: base, TUNED: tuned}
        self._jitter = jitter
        self._alone = one_at_a_time
        self._loading = loading
        self._held: dict[str, LanguageModel] = {}
        self.remarks: list[str] = []
        self._moved: float | None = None
        self._draw: int | None = None
        self.facts = {part: facts(self.get(part)) for part in (BASE, TUNED)}
        check_comparable(self.facts[BASE], self.facts[TUNED])

    @property
    def about(self) -> dict[str, Mapping[str, Any]]:
        """What the manifest says of each."""
        return {part: facts.about for part, facts in self.facts.items()}

    @property
    def vocabulary(self) -> int:
        """How many tokens both output layers know; a tuned model may have added some."""
        return min(facts.outputs for facts in self.facts.values())

    @property
    def kinds(self) -> int:
        """How many kinds of text every prompt has: the last one needs a chat template."""
        return 4 if self.about[TUNED]["has_chat_template"] else 3

    def weights(self, part: str) -> Weights:
        """The model's weights, from its files where one model is held at a time."""
        about, subject = self.about[part], self._subjects[part]
        if self._alone and isinstance(subject, str | Path | None) and about["kind"] in FROM_FILES:
            commit = about["revision"] if about["kind"] == "hub" else None
            folder, *_ = locate(replace(model_name(subject), revision=commit))
            return FolderWeights(folder)
        return ModuleWeights(self.get(part).hf)

    def get(self, part: str, draw: int = 0) -> LanguageModel:
        """The model, loaded if it is not at hand.

        Args:
            draw: of how the weights of the jittered model are moved; the others have none.
        """
        if part == JITTERED and draw != self._draw:
            self._held[JITTERED] = self._jittered(draw)
        elif part not in self._held:
            self._make_room()
            self._held[part] = self._load(part)
        return self._held[part]

    def _make_room(self) -> None:
        if self._alone:
            self._held.clear()
            self._draw = None

    def _load(self, part: str) -> LanguageModel:
        subject = self._subjects[part]
        return load(subject, **self._loading)

    def _jittered(self, draw: int) -> LanguageModel:
        """The base with its weights moved, in a copy that is made once; or in itself, where one model is held."""
        self._make_room()
        base = self._held.get(BASE) or self._load(BASE)
        is_ours = self._alone and not isinstance(self._subjects[BASE], LanguageModel | torch.nn.Module)
        held = self._held.get(JITTERED)
        model = held.hf if held else base.hf if is_ours else copy.deepcopy(base.hf)
        moved = jitter_(model, self._jitter, draw, base.hf)
        self._draw = draw
        if moved < 1 and self._moved is None:
            self.remarks.append(sentences.little_rounding(moved, base.name))
        self._moved = moved
        return held or LanguageModel(replace(base.source, model=model, name=f"{base.name} (jittered)"), base.block_path)


@dataclass(frozen=True)
class Facts:
    """What a comparison must know of a model while the other one is in memory.

    Attributes:
        about: what the manifest says of it.
        tokens: its vocabulary, or None without a tokenizer.
        outputs: tokens its output layer gives a logit for.
        fixed_by: what decides the states it gives.
        texts: what splits text into its tokens.
    """

    about: Mapping[str, Any]
    tokens: Mapping[str, int] | None
    outputs: int
    fixed_by: Mapping[str, Any]
    texts: Tokenization | None = None


def facts(model: LanguageModel) -> Facts:
    has_template = bool(getattr(model.tokenizer, "chat_template", None))
    return Facts(
        {**describe(model), "has_chat_template": has_template},
        None if model.tokenizer is None else model.tokenizer.get_vocab(),
        model.hf.get_output_embeddings().weight.shape[0],
        fixed_by(model),
        model.texts,
    )


def check_comparable(base: Facts, tuned: Facts) -> None:
    """Raise UsageError if the states of the two cannot be set side by side."""
    check_same_blocks(base, tuned)
    if base.tokens is None or tuned.tokens is None:
        raise UsageError("A comparison reads texts, so both models need a tokenizer: pass tokenizer= as well.")
    check_same_tokens(base, tuned)


def check_same_blocks(base: Facts, tuned: Facts) -> None:
    """Raise UsageError if a layer of one is not a layer of the other."""
    names = base.about["name"], tuned.about["name"]
    sizes = [(facts.about["layers"], facts.about["width"]) for facts in (base, tuned)]
    if sizes[0] != sizes[1]:
        raise UsageError(
            f"{names[0]} has {sizes[0][0]} blocks of width {sizes[0][1]}, {names[1]} {sizes[1][0]} of width "
            f"{sizes[1][1]}: a layer of one is not a layer of the other, so a distance between them would mean "
            f"nothing. Two checkpoints of one model can be compared. {ALONE}"
        )


def check_same_tokens(base: Facts, tuned: Facts) -> None:
    """Raise UsageError if the two split text in different ways."""
    names = base.about["name"], tuned.about["name"]
    unlike = [token for token, number in base.tokens.items() if tuned.tokens.get(token) != number]
    if unlike:
        raise UsageError(
            f"{names[0]} and {names[1]} have different tokenizers: {len(unlike):,} of {len(base.tokens):,} tokens of "
            f"the first are not the same in the second ({shown(unlike[0])}, for one). They would read different "
            f"tokens, and states of different tokens cannot be set side by side. {ALONE}"
        )
