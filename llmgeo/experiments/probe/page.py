"""Everything the page says of a run, collected once: what the template prints and what the scripts draw.

Knows the run's tables and the page's budgets; draws nothing. Where something does not fit or was not kept, the page
gets the sentence that says so in its place.
"""

from collections.abc import Mapping
from dataclasses import asdict

from llmgeo.experiments.probe import contrast_panels, evidence_panels, way_panel
from llmgeo.experiments.probe.given_section import section
from llmgeo.experiments.probe.opening_pair import OpeningPair, opening_pair
from llmgeo.experiments.probe.summary import summarize
from llmgeo.report import effect_words, words
from llmgeo.report.page import curve_panels, provenance, token_view
from llmgeo.report.page.claims import claim_entry
from llmgeo.report.page.content import KIT_PARTS, Options, Page
from llmgeo.run import Run


def page(run: Run, options: Options) -> Page:
    """Reads what the page needs of a run.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: a table or the states are damaged.
    """
    summary = summarize(run)
    recipe = provenance.recipe_of(run)
    conditions = [str(name) for name in run.layers["condition"].unique()]
    chosen, sentence = token_view.choose(run, options.text_bytes)
    texts = token_view.texts(run, chosen)
    colours = [measure["name"] for measure in texts["measures"] if not measure["flag"]]
    opening = opening_pair(run, chosen, colours, run.contrasts, recipe)
    measured = contrast_panels.measured_texts(run)
    drawn = contrast_panels.drawn_texts(measured)
    estimates = contrast_panels.estimates_of(run, drawn)
    data = {
        "conditions": curve_panels.described(conditions, recipe),
        "claims": [claim_entry(claim) for claim in summary.claims],
        "evidence": evidence_panels.evidence(drawn, estimates, summary.claims, _seed(run)),
        "first": contrast_panels.headline_conditions(drawn, summary.contrasts),
        "same": curve_panels.alike(run.layers),
        "curves": curve_panels.curves(run.layers),
        "scales": curve_panels.scales(run.layers),
        "baselines": curve_panels.baselines(run.layers),
        "contrasts": contrast_panels.contrasts(run.contrasts, summary.contrasts),
        "values": contrast_panels.values(
            drawn,
            estimates,
            summary.contrasts,
            contrast_panels.best_layers(summary.contrasts),
            options.value_bytes * 3 // 4,
            len(measured),
        ),
        "texts": texts | {"sentence": sentence, "across": _is_of_files(recipe)},
        "opening": asdict(opening) if opening else None,
        "trajectory": way_panel.trajectory(run, chosen, texts["layers"], options),
        "reasons": {status: words.reason(status) for status in words.REASONS},
    }
    return Page(
        origin=provenance.origin(run),
        status=summary.status,
        claims=summary.claims,
        headline=summary.given.headline if summary.given else "",
        notices=summary.notices,
        remarks=summary.remarks[summary.status != "complete" :],  # the status has a banner of its own
        seconds=summary.seconds,
        data=data,
        recipe=recipe,
        package=__package__,
        template="page.html.j2",
        script="page.js",
        parts=(
            *KIT_PARTS,
            *("saving", "figures", "legend", "evidence", "curves", "scales", "dots", "contrasts"),
            *("tokens", "opening", "texts", "trajectory"),
        ),
        context={
            "summary": summary,
            "own_texts": section(summary.given) if summary.given else None,
            "effect_words": effect_words,
            "opening": _with_texts(opening, texts),
            "has_intervals": curve_panels.has_intervals(data["curves"]),
        },
    )


def _with_texts(opening: OpeningPair | None, texts: Mapping) -> dict[str, object] | None:
    """The opening pair as the template prints it, which needs no script: each side's text beside its condition."""
    if opening is None:
        return None
    samples = {sample["sample"]: sample for sample in texts["samples"]}
    prompts = {prompt["id"]: prompt["text"] for prompt in texts["prompts"]}
    sides = [samples[name] for name in (opening.left, opening.right)]
    shared = {side["prompt"] for side in sides if "before" not in side}
    prompt = prompts[sides[0]["prompt"]] if len(shared) == 1 else None
    return asdict(opening) | {"sides": [{"before": None, **side} for side in sides], "prompt": prompt}


def _is_of_files(recipe: Mapping) -> bool:
    """Whether all texts come from files: any two of them can stand side by side."""
    return all(table.get("kind") == "file" for table in recipe["conditions"])


def _seed(run: Run) -> int:
    seed = run.manifest.get("seed")
    return seed % 2**32 if isinstance(seed, int) else 0
