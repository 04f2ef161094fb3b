"""The one sentence on all claims: every count and every outcome beside a baseline, in words that a person would say."""

from dataclasses import replace

import pytest

from llmgeo.report.claims import claim_answers
from llmgeo.report.story import story
from llmgeo.statistics.verdict import claim_frame, decide
from tests.report.test_claims import NAN, TEST

BESIDE = replace(TEST, baseline="entropy", baseline_effect=0.1, gain=0.0, gain_low=-0.2, gain_high=0.2)
OPEN_BESIDE = replace(BESIDE, expect="a > b")
NO_BETTER = replace(OPEN_BESIDE, gain_high=0.01)
BETTER = replace(OPEN_BESIDE, gain_low=0.01)
SUPPORTED, CONTRADICTED = replace(TEST, expect="a > b"), TEST
UNDECIDED, NOT_MEASURED = replace(TEST, p=0.9), replace(TEST, effect=NAN, status="no_samples")


def told(*tests):
    return story(claim_answers(claim_frame(decide(tests))))


@pytest.mark.parametrize(
    ("tests", "sentence"),
    [
        ([], ""),
        ([SUPPORTED], "The one sentence from a paper held."),
        ([CONTRADICTED], "The one sentence from a paper was contradicted."),
        ([SUPPORTED, SUPPORTED], "Both sentences from papers held."),
        ([NOT_MEASURED] * 3, "All three sentences from papers were not measured."),
        (
            [SUPPORTED, CONTRADICTED, UNDECIDED, UNDECIDED, NOT_MEASURED],
            "Of five sentences from papers, one held, one was contradicted, two stayed open and one was not measured.",
        ),
        ([SUPPORTED] * 13 + [UNDECIDED], "Of 14 sentences from papers, 13 held and one stayed open."),
    ],
)
def test_verdicts_are_counted(tests, sentence):
    assert told(*tests) == sentence


ENTROPY = "the mean entropy of the next token"
OUTPUT = "the output alone (mean entropy, mean surprisal)"


@pytest.mark.parametrize(
    ("tests", "end"),
    [
        ([NO_BETTER], f"held; geometry does not tell more there than {ENTROPY}."),
        ([BETTER], f"held; geometry tells more there than {ENTROPY}."),
        ([NO_BETTER] * 2, f"held; in neither of the two does geometry tell more than {ENTROPY} does."),
        ([NO_BETTER] * 3, f"held; in none of the three does geometry tell more than {ENTROPY} does."),
        (
            [NO_BETTER, OPEN_BESIDE, NO_BETTER],
            f"held; in none of the three does geometry clearly tell more than {ENTROPY} does.",
        ),
        ([BETTER, BETTER], f"held; in both, geometry tells more than {ENTROPY} does."),
        ([BETTER, NO_BETTER, OPEN_BESIDE], f"held; in one of the three, geometry tells more than {ENTROPY} does."),
        (
            [NO_BETTER, replace(OPEN_BESIDE, baseline="surprisal"), BETTER, UNDECIDED],
            f"stayed open; in one of the three, geometry tells more than {OUTPUT} does.",
        ),
        (
            [NO_BETTER, NO_BETTER, SUPPORTED],
            f"held; in none of the two beside a baseline does geometry tell more than {ENTROPY} does.",
        ),
        ([replace(NO_BETTER, p=0.9)], "stayed open."),
    ],
)
def test_what_a_reader_of_the_output_alone_would_have_known(tests, end):
    assert told(*tests).endswith(end)
