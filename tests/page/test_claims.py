"""The claims on the page: a phrase, a strip that runs towards what was predicted, and the paper to read."""

import pytest


def places(page, claim: int, mark: str, attribute: str) -> list[float]:
    return [float(value) for value in page.locator(f".claim >> nth={claim} >> svg.strip {mark}").evaluate_all(
        "(all, name) => all.map((one) => one.getAttribute(name))", attribute
    )]  # fmt: skip


def test_the_badge_is_the_whole_conclusion(visit):
    badges = [text.replace("\n", "") for text in visit("plain").locator(".verdict").all_inner_texts()]
    assert badges[0] == "supported, nothing beyond mean entropy"
    assert badges[2:] == ["undecided", "not measured"]


def test_a_strip_runs_towards_what_was_predicted(visit):
    page = visit("plain")
    assert places(page, 0, "circle.point", "cx")[0] > 300  # loops are thinner (a < b), with an AUC of 0.004
    assert places(page, 1, "circle.point", "cx")[0] < 160  # nonsense jumps more (a > b), with an AUC of 0.31
    ends = page.locator(".claim >> nth=0 >> svg.strip text.title").evaluate_all(
        "all => all.map((one) => one.textContent)"
    )
    assert ends == ["none as predicted", "chance", "all as predicted"]
    for claim in (0, 1):
        assert places(page, claim, "rect.claimed", "x") == [160]


def test_the_baseline_is_named_and_stands_by_how_well_it_tells(visit):
    page = visit("plain")
    names = page.locator("svg.strip text.baseline").evaluate_all("all => all.map((one) => one.textContent)")
    assert names == ["mean entropy"] * 3
    marks = page.locator("svg.strip path.baseline").evaluate_all("all => all.map((one) => one.getAttribute('d'))")
    at = [float(mark[1:].split()[0]) for mark in marks]
    assert at[0] == pytest.approx(312)  # it tells all: 0.00 of "a < b"
    assert at[2] == pytest.approx(8 + 0.9 * 304)  # 0.90 of "a < b": the other way round, and as well


def test_every_scale_of_a_dimension_is_marked(visit):
    page = visit("plain")
    marks = page.locator(".claim >> nth=0 >> svg.strip path.one-scale")
    at = [float(mark[1:].split()[0]) for mark in marks.evaluate_all("all => all.map((one) => one.getAttribute('d'))")]
    assert at == pytest.approx([8 + (1 - auc) * 304 for auc in (0.004, 0.1, 0.3)])


def test_what_was_not_measured_has_no_strip(visit):
    assert visit("plain").locator(".claim >> nth=3 >> svg.strip").count() == 0


def test_a_paper_is_one_click_away_and_nothing_is_fetched_before(visit):
    page = visit("plain")
    links = page.locator(".claim .source a")
    assert (
        links.evaluate_all("all => all.map((one) => [one.href, one.rel])")
        == [["https://arxiv.org/abs/2510.21258", "noreferrer"]] * 4
    )
