"""The page of a comparison in a browser: what was changed is named, with scripts and without."""


def test_the_block_that_was_changed_is_named(visit):
    assert "layer 3" in " ".join(visit("comparison").locator("#findings li").all_inner_texts())


def test_without_scripts_the_verdicts_stand_there_as_text(visit):
    page = visit("comparison", java_script_enabled=False)
    assert "The base manifold has 300 to 500 dimensions." in page.locator("#claims").inner_text()
