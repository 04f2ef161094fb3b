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
CANNOT_BE = replace(TEST, cannot_be="a set of points has no order")


def told(*tests):
    return story(claim_answers(claim_frame(decide(tests))))


@pytest.mark.parametrize(
    ("tests", "sentence"),
    [
        ([], ""),
        ([SUPPORTED], "The one claim from a paper held."),
        ([CONTRADICTED], "The one claim from a paper was contradicted."),
        ([SUPPORTED, SUPPORTED], "Both claims from papers held."),
        ([NOT_MEASURED] * 3, "All three claims from papers were not measured."),
        (
            [SUPPORTED, CONTRADICTED, UNDECIDED, UNDECIDED, NOT_MEASURED],
            "Of five claims from papers, one held, one was contradicted, two stayed open and one was not measured.",
        ),
        ([CANNOT_BE], "The one claim from a paper cannot be read out of its measure."),
        (
            [CONTRADICTED, CANNOT_BE, CANNOT_BE],
            "Of three claims from papers, one was contradicted and two cannot be read out of their measures.",
        ),
        ([SUPPORTED] * 13 + [UNDECIDED], "Of 14 claims from papers, 13 held and one stayed open."),
    ],
)
def test_verdicts_are_counted(tests, sentence):
    assert told(*tests) == sentence


ENTROPY = "the mean entropy of the next token"
OUTPUT = "the output alone (mean entropy, mean surprisal)"


@pytest.mark.parametrize(
    ("tests", "end"),
    [
        ([NO_BETTER], f"held; there, geometry does no better than {ENTROPY}."),
        ([BETTER], f"held; there, geometry does better than {ENTROPY}."),
        ([NO_BETTER] * 2, f"held; in neither of the two does geometry do better than {ENTROPY}."),
        ([NO_BETTER] * 3, f"held; in none of the three does geometry do better than {ENTROPY}."),
        (
            [NO_BETTER, OPEN_BESIDE, NO_BETTER],
            f"held; in none of the three does geometry clearly do better than {ENTROPY}.",
        ),
        ([BETTER, BETTER], f"held; in both, geometry does better than {ENTROPY}."),
        ([BETTER, NO_BETTER, OPEN_BESIDE], f"held; in one of the three, geometry does better than {ENTROPY}."),
        (
            [NO_BETTER, replace(OPEN_BESIDE, baseline="surprisal"), BETTER, UNDECIDED],
            f"stayed open; in one of the three, geometry does better than {OUTPUT}.",
        ),
        (
            [NO_BETTER, NO_BETTER, SUPPORTED],
            f"held; in none of the two with a baseline does geometry do better than {ENTROPY}.",
        ),
        ([replace(NO_BETTER, p=0.9)], "stayed open."),
    ],
)
def test_what_a_reader_of_the_output_alone_would_have_known(tests, end):
    assert told(*tests).endswith(end)
