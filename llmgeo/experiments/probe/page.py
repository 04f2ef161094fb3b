"""Everything the page says of a run, collected once: what the template prints and what the scripts draw.

Knows the run's tables and the page's budgets; draws nothing. Where something does not fit or was not kept, the page
gets the sentence that says so in its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from llmgeo.experiments.probe import page_contrasts as contrasts
from llmgeo.experiments.probe.summary import Summary, summarize
from llmgeo.report import words
from llmgeo.report.page import curves, provenance, texts
from llmgeo.report.page.claims import claim_entry
from llmgeo.run import Run


@dataclass(frozen=True)
class Options:
    """How much the page may hold: bytes of each part, as they stand in the file.

    Attributes:
        text_bytes: token measures of the token view.
        value_bytes: every text's values behind the contrasts.
        trajectory_bytes: coordinates of the trajectories.
        umap_layers: for how many layers a UMAP is made, where states were kept; 0 for none.
        umap_points: tokens in each.
    """

    text_bytes: int = 4_000_000
    value_bytes: int = 1_000_000
    trajectory_bytes: int = 1_500_000
    umap_layers: int = 3
    umap_points: int = 1_600


@dataclass(frozen=True, kw_only=True)
class Content(provenance.Origin):
    """What the template prints (`summary`, `facts`, …) and the scripts draw (`data`, which is JSON)."""

    summary: Summary
    data: dict[str, object]

    @property
    def seconds(self) -> Mapping[str, float]:
        return self.summary.seconds

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the numbers must not be read without, but for the run's status, which has a banner of its own."""
        notice = (self.summary.notice,) if self.summary.notice else ()
        return notice + self.summary.remarks[self.summary.status != "complete" :]


def collect(run: Run, options: Options) -> Content:
    """Reads what the page needs of a run.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: a table or the states are damaged.
    """
    summary = summarize(run)
    recipe = provenance.recipe_of(run)
    conditions = [str(name) for name in run.layers["condition"].unique()]
    chosen, sentence = texts.choose(run.samples, run.tokens, options.text_bytes)
    data = {
        "conditions": curves.described(conditions, recipe),
        "claims": [claim_entry(claim) for claim in summary.claims],
        "curves": curves.curves(run.layers),
        "scales": curves.scales(run.layers),
        "baselines": curves.baselines(run.layers),
        "contrasts": contrasts.contrasts(run.contrasts, summary.contrasts),
        "values": contrasts.values(
            run.results_samples,
            run.results_estimates,
            summary.contrasts,
            contrasts.best_layers(summary.contrasts),
            options.value_bytes * 3 // 4,
        ),
        "texts": texts.texts(run.samples, run.tokens, chosen) | {"sentence": sentence},
        "trajectory": _trajectory(run, chosen, options),
        "reasons": {status: words.reason(status) for status in words.REASONS},
    }
    return Content(
        **provenance.origin(run),
        summary=summary,
        data=data,
    )


def _trajectory(run: Run, chosen: list[int], options: Options) -> dict[str, object]:
    from llmgeo.report.page import projection

    kept = {sample for unit in run.units if unit.part("states") for sample in unit.samples}
    rows = run.samples.loc[chosen]
    rows = rows[rows["sample"].isin(kept)]
    if rows.empty:
        again = provenance.command(run, "--save-states")
        return {"missing": "This run kept no hidden states, so there is no way to draw.", "command": again or ""}
    windows = [
        projection.Window(str(row["sample"]), int(row["window_start"]), int(row["window_stop"]))
        for row in _pairs_first(rows).to_dict("records")
    ]
    layers = sorted(int(layer) for layer in run.tokens["layer"].unique())
    return projection.project(
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
