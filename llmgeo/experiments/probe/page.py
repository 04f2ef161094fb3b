"""Everything the page says of a run, collected once: what the template prints and what the scripts draw.

Knows the run's tables and the page's budgets; draws nothing. Where something does not fit or was not kept, the page
gets the sentence that says so in its place.
"""

from collections.abc import Sequence

import pandas as pd

from llmgeo.experiments.probe import contrast_panels, evidence_panels
from llmgeo.experiments.probe.summary import summarize
from llmgeo.report import words
from llmgeo.report.page import curve_panels, provenance, token_view
from llmgeo.report.page.claims import claim_entry
from llmgeo.report.page.content import Options, Page
from llmgeo.run import Run, pieces


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
    measured = contrast_panels.measured_texts(run)
    drawn = contrast_panels.drawn_texts(measured)
    estimates = contrast_panels.estimates_of(run, drawn)
    data = {
        "conditions": curve_panels.described(conditions, recipe),
        "claims": [claim_entry(claim) for claim in summary.claims],
        "evidence": evidence_panels.evidence(drawn, estimates, summary.claims, recipe, _seed(run)),
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
        "texts": texts | {"sentence": sentence},
        "trajectory": _trajectory(run, chosen, texts["layers"], options),
        "reasons": {status: words.reason(status) for status in words.REASONS},
    }
    return Page(
        origin=provenance.origin(run),
        status=summary.status,
        claims=summary.claims,
        notices=summary.notices,
        remarks=summary.remarks[summary.status != "complete" :],  # the status has a banner of its own
        seconds=summary.seconds,
        data=data,
        recipe=recipe,
        package=__package__,
        template="page.html.j2",
        script="page.js",
        parts=(
            *("base", "numbers", "state", "axes", "saving", "figures", "claims", "legend", "evidence"),
            *("curves", "scales", "dots", "contrasts", "texts", "trajectory"),
        ),
        context={"summary": summary},
    )


def _seed(run: Run) -> int:
    seed = run.manifest.get("seed")
    return seed % 2**32 if isinstance(seed, int) else 0


def _trajectory(run: Run, chosen: Sequence[str], layers: Sequence[int], options: Options) -> dict[str, object]:
    from llmgeo.report.page import trajectories

    with_states = {sample for unit in run.units if unit.part("states") for sample in unit.samples}
    columns = ("sample", "prompt", "window_start", "window_stop")
    rows = pieces.joined(run.pieces("samples", columns, [sample for sample in chosen if sample in with_states]))
    if rows.empty:
        command = provenance.command(run, "--save-states")
        return {"missing": "This run kept no hidden states, so there is no way to draw.", "command": command or ""}
    windows = [
        trajectories.MeasuredWindow(str(row["sample"]), int(row["window_start"]), int(row["window_stop"]))
        for row in _pairs_first(rows).to_dict("records")
    ]
    return trajectories.project(
        run,
        windows,
        layers,
        budget=options.trajectory_bytes,
        umap_layers=options.umap_layers,
        umap_points=options.umap_points,
    )


def _pairs_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Prompt by prompt, so that a selection of the first texts holds whole prompts."""
    order = {prompt: at for at, prompt in enumerate(dict.fromkeys(rows["prompt"]))}
    return rows.assign(order=rows["prompt"].map(order)).sort_values("order", kind="stable")
