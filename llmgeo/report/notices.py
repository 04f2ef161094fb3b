"""What must be read before any number of a run: whose weights they are of, which recipe, whether they can decide much.

Knows the manifest and how many claims there are; no experiment and no screen.
"""

import re
from collections.abc import Iterator, Mapping

from llmgeo.report import words
from llmgeo.report.manifest import answers_another, of_manifest, subjects_of
from llmgeo.run import Run
from llmgeo.statistics.decidable import fewest_prompts, smallest_auc
from llmgeo.statistics.prompt_table import FEWEST_FOR_INTERVAL

BUILT = "built from its config"
"""How the revision of a model that was never trained begins."""

BY_RULE_1 = (
    "Texts are labelled by rule 1, of llmgeo 0.1: whatever is no loop is called fluent, nonsense included. A new run "
    "labels by rule 2."
)

ENOUGH = 32
"""Prompts that are recommended to whoever took too few."""


def notices(run: Run) -> tuple[str, ...]:
    """Sentences that stand before any number, on screens and pages alike; empty where nothing needs saying first.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: they are damaged.
    """
    return tuple(_notices(run))


def _notices(run: Run) -> Iterator[str]:
    random = [facts for facts in subjects_of(run.manifest).values() if has_random_weights(facts)]
    if random:
        everything = len(random) == len(subjects_of(run.manifest))
        names = " and ".join(dict.fromkeys(str(facts.get("name")) for facts in random))
        yield (
            f"Random weights{'' if everything else f' in {names}'}: this run tests the plumbing; its numbers say "
            "nothing about language models."
        )
    samples = run.declaration.table("samples")
    if samples is not None and "label" in samples.columns and run.label_rule == 1:
        yield BY_RULE_1
    if another := answers_another(run):
        yield another
    counts = of_manifest(run, "counts")
    noun = "prompt" if "prompts" in counts else "group"
    units = counts.get(f"{noun}s")
    if isinstance(units, int) and units:  # of none, nothing is about texts
        has_claims = not random and run.declaration.table("claims") is not None
        yield from _too_few(units, len(run.claims) if has_claims else 0, noun)


def has_random_weights(subject: Mapping) -> bool:
    """Whether a model says of itself that it was never trained: the toy, or one whose name tells.

    >>> has_random_weights({"kind": "toy"}), has_random_weights({"name": "hf-internal-testing/tiny-random-gpt2"})
    (True, True)
    >>> has_random_weights({"kind": "hub", "name": "org/randomised-trials", "revision": "abc"})
    False
    """
    is_built = str(subject.get("revision") or "").startswith(BUILT)
    is_named = "random" in re.split(r"[^a-z]+", str(subject.get("name") or "").lower())
    return subject.get("kind") == "toy" or is_built or is_named


def _too_few(prompts: int, claims: int, noun: str = "prompt") -> Iterator[str]:
    """What so few prompts, or groups of texts, cannot say, whatever the model is like; nothing where they are enough.

    >>> list(_too_few(5, 5))
    ['5 prompts: too few for any verdict, whatever the effect. 32 (--limit 32) detect a difference in 75 of 100 pairs.']
    >>> list(_too_few(2, 0)), list(_too_few(8, 5))
    (['2 prompts: too few for an interval, so means stand alone and curves have no bands.'], [])
    """
    if prompts < FEWEST_FOR_INTERVAL:
        few = words.count(prompts, noun)
        yield f"{few}: too few for an interval, so means stand alone and curves have no bands."
    if not claims or prompts >= fewest_prompts(claims):
        return
    decides = "any verdict" if prompts < fewest_prompts(1) else f"a verdict on one of these {claims} claims by itself"
    pairs = round(100 * smallest_auc(ENOUGH, claims))
    yield (
        f"{words.count(prompts, noun)}: too few for {decides}, whatever the effect. "
        f"{ENOUGH} (--limit {ENOUGH}) detect a difference in {pairs} of 100 pairs."
    )
