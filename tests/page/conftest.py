"""A headless browser for the page's tests. Without one they skip; in CI (`CI=true`) they fail instead."""

import os
import shutil
from pathlib import Path

import pytest

import llmgeo
from llmgeo.engine import registry
from llmgeo.recipe import load_recipe
from llmgeo.report.page import Options, write_page
from tests.experiments.compare.pairs import TOKENIZER, changed, quick
from tests.experiments.dmet import small
from tests.experiments.landscape import small as small_landscape
from tests.experiments.steering.small import led_run
from tests.experiments.trace.test_trace import recipe as trace_recipe
from tests.experiments.trace.test_trace import train_series
from tests.experiments.watch.small import looping_run
from tests.experiments.weights.test_weights import QUICK as QUICK_WEIGHTS
from tests.page.hostile import STRINGS, hostile_texts
from tests.page.runs import make_run

QUICK_DEPTH = Path(__file__).parents[2] / "benchmarks" / "small_depth.toml"
QUICK_LAYERS = load_recipe("layers", ["parts.divisions=2"])
NORMS = Path(__file__).parents[1] / "engine" / "third_room" / "norms.toml"
SPELT = ("", "", "€", " a", "", "🙂")
"""Tokens of which several make one character."""
PLAIN = Options(umap_layers=0)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def _without(reason: str):
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; in CI the page must be tested")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        _without("no Chromium found (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _without("playwright is not installed (pip install llmgeo[test])")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """The pages under test, by name."""
    folder = tmp_path_factory.mktemp("pages")
    hostile = "".join(list(STRINGS)[:8])
    runs = {
        "plain": make_run(folder / "plain"),
        "stateless": make_run(folder / "stateless", states=False, status="partial"),
        "sketched": make_run(folder / "sketched", states=False, sketches=True, words=SPELT + tuple(STRINGS)[:-1]),
        "some_layers": make_run(folder / "some_layers", token_layers=(0, 3, 6)),
        "hostile": make_run(folder / "hostile", words=tuple(STRINGS), said=hostile, model="<s>org/evil</s>\u202e"),
    }
    pair = [llmgeo.load(model, tokenizer=TOKENIZER) for model in changed(block=2, share=0.3)]
    runs["comparison"] = llmgeo.compare(*pair, recipe=quick(), limit=4, out=folder / "comparison")
    runs["depth"] = llmgeo.probe("toy", recipe=QUICK_DEPTH, limit=8, out=folder / "depth")
    for seed in range(2):
        train_series(folder / "sweep" / f"run-{seed}", seed, 3e-2, steps=(0, 2, 8))
    runs["trace"] = llmgeo.trace(folder / "sweep", recipe=trace_recipe(), out=folder / "trace")
    runs["weights"] = llmgeo.weights("toy", recipe=QUICK_WEIGHTS, out=folder / "weights")
    runs["landscape"] = small_landscape.landscape(folder / "landscape")
    runs["watch"] = looping_run(folder)
    runs["steering"] = led_run(folder / "steering")
    runs["own_texts"] = llmgeo.probe("toy", texts=hostile_texts(), window=32, layers="0-3", out=folder / "own_texts")
    runs["layers"] = llmgeo.probe("toy", recipe=QUICK_LAYERS, limit=110, out=folder / "layers")
    runs["dmet"] = small.probe(folder / "dmet", limit=8)
    with pytest.MonkeyPatch.context() as patched:  # an experiment without drawings of its own
        patched.setitem(registry.ROOMS, "norms", "tests.engine.third_room.room:ROOM")
        runs["room"] = llmgeo.probe("toy", recipe=NORMS, limit=6, out=folder / "room")
        return {name: write_page(run, options=PLAIN) for name, run in runs.items()}


@pytest.fixture
def visit(browser, pages):
    """Opens a page; at the end of the test, nothing may have been complained of, fetched or run."""
    opened = []

    def go(name: str, width: int = 1280, scheme: str = "light", link: str = "", **context):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, **context)
        faults = []
        page.on("console", lambda message: faults.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: faults.append(request.url) if request.url != url else None)
        url = pages[name].as_uri()
        page.goto(url + link)
        if context.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]")
            assert page.evaluate("document.documentElement.dataset.ready") == "yes"
        opened.append((page, faults))
        return page

    yield go
    for page, faults in opened:
        assert faults == []
        assert page.title() != "PWNED"
        page.close()
