"""The texts of a comparison: what each model reads of each prompt. Generates the answers; measures nothing.

| text | prompt | then | read by |
|---|---|---|---|
| neutral | plain | a passage that neither model wrote | both |
| base_answer | plain | BASE's answer to it | both |
| tuned_answer | plain | TUNED's answer to it | both |
| chat_answer | in TUNED's chat template; plain for BASE | TUNED's answer within the template | both, each in its way |

"Plain" is the prompt as it stands, with the recipe's opening of answers between it and an answer.

A neutral text is measured from its second token on, an answer from its first. The first position of a text is never
measured: its state is unlike all others (Sun et al. 2024, arXiv 2402.17762).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from llmgeo.engine.progress import SILENT, Progress
from llmgeo.experiments.compare.models import PairModels
from llmgeo.experiments.compare.names import BASE, BASE_ANSWER, CHAT_ANSWER, NEUTRAL, TUNED, TUNED_ANSWER, sample_id
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.decoding import Decoding
from llmgeo.model.language_model import LanguageModel
from llmgeo.texts.prompts import Prompt
from llmgeo.texts.seeds import sample_seed


class Reader(Protocol):
    """What splits text into tokens as a model does: the model itself, or what is known of it without its weights."""

    tokenizer: Any

    def encode(self, text: str) -> tuple[int, ...]: ...

    def encode_continuation(self, text: str) -> tuple[int, ...]: ...


BLOCK = 16
"""Prompts of a block: with 48 tokens each, enough points for a few hundred dimensions to be seen."""

NO_STATES = Keeping(layers=())
"""Generating an answer keeps its tokens only: its states come from reading it."""


@dataclass(frozen=True)
class PairText:
    """One text, as each of the two reads it. The windows hold the same tokens.

    Attributes:
        finish_reason: "stop" or "length" of an answer, "read" of a neutral text.
        draw: with which of the draws of its rounding the jittered base reads it; the same for all texts of a prompt.
    """

    prompt: Prompt
    kind: str
    base_ids: tuple[int, ...]
    base_window: slice
    tuned_ids: tuple[int, ...]
    tuned_window: slice
    finish_reason: str
    draw: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of the window."""
        return self.base_window.stop - self.base_window.start

    def ids(self, reader: str) -> tuple[int, ...]:
        return self.tuned_ids if reader == "tuned" else self.base_ids

    def window(self, reader: str) -> slice:
        return self.tuned_window if reader == "tuned" else self.base_window

    def sample(self, reader: str) -> str:
        return sample_id(self.prompt.id, self.kind, reader)


def make_texts(
    models: PairModels, prompts: Sequence[Prompt], recipe: ComparisonRecipe, rows: int, progress: Progress
) -> list[PairText]:
    """All texts of a block that have at least one token to measure; the run counts the others as empty.

    Args:
        rows: answers that are generated together.
    """
    base = models.get(BASE)
    plain = [base.encode(prompt.text + recipe.generation.opening) for prompt in prompts]
    texts = [neutral_text(base, prompt, recipe) for prompt in prompts]
    by_kind = {}
    tokens = len(prompts) * recipe.generation.new_tokens
    progress.phase("answering", tokens, "tokens")
    by_kind[BASE_ANSWER] = answers(base, prompts, plain, BASE_ANSWER, recipe, rows, progress)
    tuned = models.get(TUNED)
    progress.phase("answering", tokens, "tokens")
    by_kind[TUNED_ANSWER] = answers(tuned, prompts, plain, TUNED_ANSWER, recipe, rows, progress)
    chat = None
    if has_template(tuned):
        chat = [templated(tuned, prompt) for prompt in prompts]
        progress.phase("answering", tokens, "tokens")
        by_kind[CHAT_ANSWER] = answers(tuned, prompts, chat, CHAT_ANSWER, recipe, rows, progress)
    for kind, endings in by_kind.items():
        for place, (prompt, (ids, reason)) in enumerate(zip(prompts, endings, strict=True)):
            before = {"base": plain[place], "tuned": chat[place] if kind == CHAT_ANSWER else plain[place]}
            texts.append(answer_text(prompt, kind, before, ids, reason, recipe.window.tokens))
    draws = draws_of([prompt.kind for prompt in prompts], recipe.noise.draws)
    by_prompt = dict(zip([prompt.id for prompt in prompts], draws, strict=True))
    return [replace(text, draw=by_prompt[text.prompt.id]) for text in texts if text.tokens]


def draws_of(kinds: Sequence[str], draws: int) -> list[int]:
    """With which draw of the rounding the jittered base reads each prompt of a block, from the prompts' kinds.

    The prompts of a kind take the draws in turn, so that no difference between kinds is one between draws.

    >>> draws_of(["refuse", "steps", "refuse", "steps", "refuse"], 4)
    [0, 1, 1, 2, 2]
    """
    next_draws: dict[str, int] = {}
    result = []
    for kind in kinds:
        draw = next_draws.setdefault(kind, len(next_draws))
        result.append(draw % draws)
        next_draws[kind] = draw + 1
    return result


def neutral_text(model: Reader, prompt: Prompt, recipe: ComparisonRecipe) -> PairText:
    """The prompt and the passage, cut where the window ends; too short a passage gives a shorter window."""
    all_ids = model.encode(prompt.text) + model.encode_continuation(" " + recipe.neutral.passage.strip())
    ids = all_ids[: 1 + recipe.window.tokens]
    window = slice(1, len(ids))
    return PairText(prompt, NEUTRAL, ids, window, ids, window, "read")


def answer_text(
    prompt: Prompt, kind: str, before: dict[str, tuple[int, ...]], answer: Sequence[int], reason: str, tokens: int
) -> PairText:
    """An answer behind the tokens that each reader reads before it, cut where the window ends."""
    answer_ids = tuple(answer[:tokens])
    ids = {reader: (*start, *answer_ids) for reader, start in before.items()}
    windows = {reader: slice(len(start), len(start) + len(answer_ids)) for reader, start in before.items()}
    return PairText(prompt, kind, ids["base"], windows["base"], ids["tuned"], windows["tuned"], reason)


def answers(
    model: LanguageModel,
    prompts: Sequence[Prompt],
    starts: Sequence[tuple[int, ...]],
    kind: str,
    recipe: ComparisonRecipe,
    rows: int | None = None,
    progress: Progress = SILENT,
) -> list[tuple[tuple[int, ...], str]]:
    """The model's answers without their end token, and why each ended.

    Args:
        starts: the token ids before each answer.
        kind: of text that the answers make.
        rows: answers that are generated together.
    """
    settings = recipe.generation
    decoding = Decoding(settings.new_tokens, settings.temperature, settings.top_p)
    seeds = [sample_seed(settings.seed, prompt.id, kind) for prompt in prompts]
    endings = []
    for batch in model.generate_batches(starts, decoding, seeds, rows, progress.advance, NO_STATES):
        for text in batch.texts:
            ids = text.generated_ids
            ended = bool(ids) and ids[-1] in model.end_tokens
            endings.append((ids[:-1] if ended else ids, text.finish_reason))
    return endings


def has_template(model: Reader) -> bool:
    return bool(getattr(model.tokenizer, "chat_template", None))


def templated(model: Reader, prompt: Prompt) -> tuple[int, ...]:
    """The prompt as a user's turn in the model's chat template, ready for the answer."""
    turn = model.tokenizer.apply_chat_template(
        [{"role": "user", "content": prompt.text}], add_generation_prompt=True, tokenize=False
    )
    return model.encode_continuation(turn)  # the template writes the special tokens itself
