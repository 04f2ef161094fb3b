"""What is said of trainings, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

import pandas as pd

from llmgeo.measures.measure import three_digits
from llmgeo.report import words
from llmgeo.run import Run

SERIES_WORDS = {
    "trainings": "trainings",
    "own_ends": "straight ways to their own ends",
    "one_end": "straight ways to one end",
    "random_ends": "straight ways to random ends",
    "random_walks": "random walks in logits",
}


def headline(run: Run) -> str | None:
    """Stress of three axes beside straight ways; None where nothing was measured."""
    table = run.table("stress")
    three = table[table["axes"] == 3].set_index("series")["stress"]
    along = run.table("along")
    if along.empty or three.empty:
        return None
    last = along.sort_values("step").groupby("run").tail(1)
    end, off = _span(last["progress"]), _span(last["off"])
    own, straight = three["trainings"], three["own_ends"]
    return (
        f"Three axes hold {own:.3f} of the trainings' distances, and {straight:.3f} of those of straight "
        f"ways from ignorance to the same ends. The runs end at {end} of the way to the truth, {off} rad off it."
    )


def _span(values: pd.Series) -> str:
    low, high = three_digits(float(values.min())), three_digits(float(values.max()))
    return low if low == high else f"{low} to {high}"


COLUMNS = ("run", "loss", "progress", "off the way", "taken back", "weights move as", "two axes (walks)")
IN_SHORT = ("run", "loss", "progress", "off the way", "two axes (walks)")
"""Of the table of runs: all, and those that a narrow screen holds."""


def run_rows(run: Run, names: tuple[str, ...] = COLUMNS) -> list[tuple[str, ...]]:
    """Each run: loss, progress and what it took back, its weights. The first row is of headings."""
    along, paths = run.table("along"), run.table("weight_paths").set_index("run")
    rows = [names]
    for name, table in along.groupby("run", sort=False):
        table, path = table.sort_values("step"), paths.loc[name]
        first, last = table.iloc[0], table.iloc[-1]
        walks = "" if words.is_missing(path["walk_two_axes"]) else f" ({path['walk_two_axes']:.0%})"
        cells = {
            "run": str(name),
            "loss": f"{first['loss']:.2f} → {last['loss']:.2f}",
            "progress": f"{first['progress']:.2f} → {last['progress']:.2f}",
            "off the way": f"{last['off']:.2f} rad",
            "taken back": f"{(table['furthest'] - table['progress']).max():.3f}",
            "weights move as": f"t^{_number(path['early'])}, then t^{_number(path['late'])}{_by_schedule(path)}",
            "two axes (walks)": "–" if words.is_missing(path["two_axes"]) else f"{path['two_axes']:.0%}{walks}",
        }
        rows.append(tuple(cells[column] for column in names))
    return rows


def _by_schedule(path: pd.Series) -> str:
    """What random steps as long as the learning rate would give; nothing where no learning rate was logged."""
    if words.is_missing(path["schedule_early"]) and words.is_missing(path["schedule_late"]):
        return ""
    return f" (learning rate: {_number(path['schedule_early'])}, {_number(path['schedule_late'])})"


def stress_rows(run: Run) -> list[tuple[str, ...]]:
    """Stress by series and number of axes."""
    table = run.table("stress")
    axes = sorted(table["axes"].unique())
    rows = [("explained stress of", *(words.count(int(each), "axis", "axes") for each in axes), "negative of ten")]
    for name, said in SERIES_WORDS.items():
        of = table[table["series"] == name].set_index("axes")
        if len(of):
            rows.append((said, *(_share(of["stress"].get(each)) for each in axes), str(int(of["negative"].iloc[0]))))
    return rows


def factor_rows(run: Run) -> list[tuple[str, ...]]:
    """What each factor explains of the distance between runs."""
    table = run.table("factors")
    if table.empty:
        return []
    rows = [("factor", "values", "runs of the rarest", "share of the distance", "p")]
    for row in table.to_dict("records"):
        is_few = row["status"] != "ok"
        share = "–" if words.is_missing(row["share"]) else f"{row['share']:.0%}"
        p = words.reason(str(row["status"])) if is_few else f"{row['p']:.3f}"
        rows.append((str(row["factor"]), _whole(row["levels"]), _whole(row["fewest"]), share, p))
    return rows


def transition_rows(run: Run) -> list[tuple[str, ...]]:
    """When each run begins to generalise, and when a measure falls; empty where no claim asks for it."""
    table = run.table("transitions")
    if table.empty:
        return []
    rows = [("run", "measure", "memorised", "accuracy rises", "measure falls", "place")]
    for row in table.to_dict("records"):
        rises = (
            "–" if words.is_missing(row["half"]) else f"{row['half']:.0f} ({row['begins']:.0f} to {row['ends']:.0f})"
        )
        place = str(row["place"]) if row["status"] == "ok" else words.reason(str(row["status"]))
        steps = ("–" if words.is_missing(row[name]) else f"{row[name]:.0f}" for name in ("memorised", "falls"))
        memorised, falls = steps
        rows.append(
            (str(row["run"]), f"{words.measure(str(row['measure']))}, {row['cloud']}", memorised, rises, falls, place)
        )
    return rows


def phase_rows(run: Run) -> list[tuple[str, ...]]:
    """What a measure does along each run, for the claims that ask it; empty where none does."""
    table = run.table("phases")
    if table.empty:
        return []
    rows = [("along a run", "measure", "what it does", "size", "in random order")]
    for row in table.to_dict("records"):
        if row["status"] != "ok":
            said = words.reason(str(row["status"]))
        elif words.is_missing(row["falls"]) and row["value"] <= 0:
            said = "no fall, rise and fall"
        elif words.is_missing(row["falls"]):
            said = f"falls to step {row['lowest']:.0f}, rises to {row['highest']:.0f}, falls"
        else:
            said = f"half of its fall at step {row['falls']:.0f}, of the loss's at {row['loss_falls']:.0f}"
        value, null = (_signed(row[name]) for name in ("value", "null"))
        rows.append((str(row["run"]), words.measure(str(row["measure"])), said, value, null))
    return rows


def faults(run: Run) -> list[str]:
    """What is wrong with the checkpoints."""
    return [str(fault) for fault in run.manifest.get("faults", ())]


def _share(value: object) -> str:
    return "–" if words.is_missing(value) else f"{float(value):.3f}"


def _number(value: object) -> str:
    return "–" if words.is_missing(value) else f"{float(value):.1f}"


def _signed(value: object) -> str:
    return "–" if words.is_missing(value) else f"{float(value):+.2f}"


def _whole(value: object) -> str:
    return "–" if words.is_missing(value) else str(int(value))
