"""The glossary: every word of results is in it, is explained once, and is found however it is spelt."""

import math
import re

import pytest

from llmgeo.errors import MeasureError, UsageError
from llmgeo.measures import status
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.recipe import load_recipe
from llmgeo.report import conditions, words
from llmgeo.report.glossary import GROUPS, NULLS, condition_term, explain, find, glossary
from llmgeo.statistics import verdict

TERMS = glossary()
SENTENCE = re.compile(r"[.?](?: |$)")


class TestWhatIsThere:
    def test_every_measure_with_the_catalogues_own_words(self):
        for name, measure in EVERY_MEASURE.items():
            term = TERMS[name]
            assert (term.title, term.unit, term.source) == (measure.words, measure.unit, measure.source)
            assert term.meaning.startswith(measure.meaning)
            assert bool(term.null) == (measure.null != "none")

    def test_every_status_that_a_table_can_hold(self):
        for name in {*status.OF_ESTIMATES, status.NEEDS_STATES, status.LAYERS_LEFT_OUT, *words.REASONS}:
            assert TERMS[name].group == "statuses"
            said = words.reason(name) if name != "ok" else "it can be trusted"
            assert TERMS[name].meaning.lower().startswith(said.lower())

    def test_every_verdict(self):
        assert {find(name).title for name in verdict.VERDICTS} == {*verdict.VERDICTS}

    def test_every_condition_of_the_default_recipe(self):
        for condition in load_recipe("coherence").conditions:
            assert TERMS[condition.name].group == "conditions"

    @pytest.mark.parametrize("kind", sorted({measure.null for measure in EVERY_MEASURE.values()}))
    def test_every_null_has_words(self, kind):
        assert kind in NULLS

    def test_nothing_is_written_for_what_is_not_there(self):
        from llmgeo.report.glossary import _file

        assert {*_file()["measures"]} == {*EVERY_MEASURE}
        assert {*_file()["statuses"]} == {*words.REASONS, "ok"}


class TestHowItReads:
    @pytest.mark.parametrize("term", TERMS.values(), ids=lambda term: term.word)
    def test_two_sentences_an_example_and_true_references(self, term):
        assert term.group in GROUPS
        assert {*term.see} <= {*TERMS} - {term.word}
        assert SENTENCE.search(term.meaning)
        if term.group not in ("pair", "scale") and term.word in TERMS:
            assert term.word in ("local_dimension", "scale_curve", "skdim_dimension", "correlation_dimension") or (
                len(SENTENCE.findall(term.meaning)) >= 2
            ), term.meaning
        if term.group != "statuses":
            assert term.example
        assert len(term.meaning) < 320

    def test_a_spelling_leads_to_one_term(self):
        spellings = {}
        for term in TERMS.values():
            for spelling in {re.sub(r"[\s_-]", "", name).lower() for name in (term.word, term.title, *term.aliases)}:
                assert spellings.setdefault(spelling, term.word) == term.word, spelling

    def test_anchors_are_unique(self):
        assert len({term.anchor for term in TERMS.values()}) == len(TERMS)


class TestFinding:
    @pytest.mark.parametrize(
        ("typed", "word"),
        [
            ("AUC", "auc"),
            ("ID", "intrinsic_dimension"),
            ("PR", "participation_ratio"),
            ("rep-4", "rep_4"),
            ("Not measured", "not_measured"),
            ("layer 0", "layer_0"),
            ("jump", "jumps"),
            ("nothing beyond mean entropy", "beyond"),
            ("supported, beyond mean entropy", "supported"),
            ("t", "temperature"),
            ("gride (n1=4)", "gride"),
        ],
    )
    def test_as_it_is_typed(self, typed, word):
        assert explain(typed).word == word

    def test_a_configured_measure(self):
        term = explain("gride(n1=4)")
        assert term.title == "GRIDE dimension (n1 = 4)"
        assert term.parameters == (
            "n1: a whole number from 1 (here 4; left out: 2)",
            "exclude: a whole number from 0 (left out: 0)",
        )

    @pytest.mark.parametrize("typed", ["gride(n1=0)", "two_nn(x=2)", "gride(n1=4"])
    def test_a_wrong_parameter_is_named(self, typed):
        with pytest.raises(MeasureError, match=r"n1|x|parenthesis"):
            explain(typed)

    @pytest.mark.parametrize("typed", ["plato", "xyzzy", "\x1b[2J", "(", "a" * 5000, "\u202e"])
    def test_an_unknown_word(self, typed):
        with pytest.raises(UsageError, match="is not in the glossary") as caught:
            explain(typed)
        assert str(caught.value).isprintable()
        assert ("did you mean plateau?" in str(caught.value)) == (typed == "plato")


class TestConditions:
    @pytest.mark.parametrize("temperature", [0.5, 0.7, 1.0, 1.6, 1e-9])
    def test_the_odds_are_those_of_a_softmax(self, temperature):
        _, example = conditions.explained({"kind": "generate", "temperature": temperature})
        said = float(re.search(r"drawn (\S+) times", example)[1])
        weights = [math.exp(min(math.log(p) / max(temperature, 1 / 99), 700)) for p in (0.4, 0.1)]
        assert said == pytest.approx(weights[0] / weights[1], rel=0.01)

    def test_a_damaged_recipe_has_words_all_the_same(self):
        for table in ({}, {"kind": "generate", "temperature": "x"}, {"kind": "read", "text": "?"}):
            assert condition_term("", table).meaning.endswith(".")
