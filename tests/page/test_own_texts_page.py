"""The page of texts of one's own: answers first, any two texts side by side, nothing of a table obeyed."""

from tests.page.hostile import IMAGE, hostile_texts


def test_nothing_in_a_table_of_texts_is_obeyed(visit):
    page = visit("own_texts")
    assert page.title() != "PWNED"
    assert page.locator("img[src=x]").count() == 0
    contrast = page.locator("#answers .claim h3").inner_text()
    assert contrast == "good </script><script>document.title='PWNED'</script> against bad {{ 7*7 }}"
    assert IMAGE in page.locator("#texts select").first.inner_html().replace("&lt;", "<").replace("&gt;", ">")


def test_the_answer_comes_first_and_no_paper_is_asked(visit):
    page = visit("own_texts")
    sections = page.locator("section").evaluate_all("all => all.map((one) => one.id)")
    assert sections[:3] == ["opening", "answers", "curves"]
    assert page.locator(".story").inner_text().startswith("Geometry is not seen to tell good </script>")
    assert "Measured on 32 tokens" in page.locator("#answers").inner_text()


def test_any_two_texts_stand_side_by_side(visit):
    page = visit("own_texts")
    selects = page.locator("#text-controls select")
    names = selects.nth(0).locator("option").all_inner_texts()
    assert len(names) == len(hostile_texts())
    selects.nth(0).select_option(index=3)
    selects.nth(1).select_option(index=8)
    shown = page.locator("#pair .pane p.quiet").all_inner_texts()
    assert [facts.partition(" · ")[0] for facts in shown] == [names[3], names[8]]


def test_a_text_is_shown_from_its_first_token_on_which_is_not_measured(visit):
    page = visit("own_texts")
    pane = page.locator("#pair .pane").first
    before = pane.locator(".text .prompt").inner_text()
    whole = pane.locator(".text").inner_text()
    assert len(before) == 1
    assert whole.startswith(before)


def test_without_labels_no_contrast_is_spoken_of(browser, tmp_path):
    import llmgeo

    texts = [row["text"] for row in hostile_texts()]
    run = llmgeo.probe("toy", texts=texts, window=32, layers="0,3", limit=10, out=tmp_path / "run")
    page = browser.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(run.report().as_uri())
    assert page.locator("#contrasts").count() == page.locator("#claims").count() == 0
    assert page.locator("#answers-title").inner_text() == "The texts"
    assert page.locator("#pair .pane").count() == 2
    assert not faults
