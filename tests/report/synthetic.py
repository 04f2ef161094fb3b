"""A finished run without a model: every verdict, a contrast of every kind, a curve with gaps, refused estimates.

Of the texts called "hot", most have no plateau at layers 2 to 4.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from llmgeo.experiments.probe.tables import DECLARATION
from llmgeo.run import Run, create_or_resume, open
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.verdict import claim_frame, decide
from llmgeo.texts.degeneration import RULE

MODEL = {"name": "toy", "kind": "toy", "revision": None, "layers": 6, "width": 64, "dtype": "float32", "device": "cpu"}
COUNTS = {"prompts": 8, "samples": 24, "too_short": 2, "failed": 0, "loops": 5}
COUNTS |= {"tokens": 4608, "tokens_written": 3072, "tokens_read": 1536}
LAYERS = range(7)
NAN = float("nan")


def make_run(folder: Path, *, status: str = "complete", failed: int = 0, **replaced: object) -> Run:
    """Writes a run; `replaced` may give another `model`, `label_rule`, `claims`, `contrasts`, `layers` or `text` (of a
    sample)."""
    manifest = {"kind": "probe", "subjects": {"model": replaced.get("model", MODEL)}, "seed": 0}
    manifest |= {"recipe": {"name": "coherence", "title": "Coherent"}, "label_rule": replaced.get("label_rule", RULE)}
    samples = [
        {"sample": f"{condition}/p{n}", "condition": condition, "prompt": f"p{n}", "text": replaced.get("text", "a b")}
        for condition in ("nucleus", "greedy", "hot")
        for n in range(8)
    ]
    with create_or_resume(folder, manifest, b'name = "coherence"\n', {"seed": 0}, DECLARATION) as writer:
        rows = {"samples": samples, "estimates": estimates([row["sample"] for row in samples])}
        writer.write_unit("00000", rows)
        writer.write_results({name: replaced.get(name, table()) for name, table in RESULTS.items()})
        writer.finish(status, counts={**COUNTS, "failed": failed}, seconds={"generating": 62.0, "measuring": 7.4})
    return open(folder)


def estimates(samples: list[str]) -> list[dict]:
    """One dimension a sample and layer; layer 3 of the greedy ones is refused."""
    return [
        {"sample": sample, "layer": layer, "measure": "intrinsic_dimension", "value": NAN if refused else 5.0}
        | {"axis": "token", "cloud": "text", "n": 128, "status": "degenerate_cloud" if refused else "ok"}
        for sample in samples
        for layer in LAYERS
        for refused in [sample.startswith("greedy") and layer == 3]
    ]


def layers() -> pd.DataFrame:
    dimensions = {
        "nucleus": [3, 4, 6, 8, 9, 8, 7],
        "greedy": [2, 2, 3, NAN, 3, 3, 2],
        "hot": [4, 6, 9, 11, 12, 11, 9],
    }
    rows = [
        ["intrinsic_dimension", condition, layer, value, 10.0, 12.0, 8 * (value == value)]
        for condition, values in dimensions.items()
        for layer, value in enumerate(values)
    ]
    rows += [
        ["step_length", condition, layer, 0.5 * 3.0**layer, NAN, NAN, 8] for condition in dimensions for layer in LAYERS
    ]
    rows += [
        [f"gride_{n1}_calibrated", condition, layer, layer + n1 * (condition == "hot"), 10.0, 12.0, 8]
        for n1 in (1, 2, 4, 8, 16)
        for condition in dimensions
        for layer in LAYERS
        if (condition, layer, n1) != ("greedy", 6, 16)
    ]
    columns = ["measure", "condition", "layer", "value", "null_low", "null_high", "samples"]
    frame = pd.DataFrame(rows, columns=columns)
    dimension = frame["measure"].eq("intrinsic_dimension")
    bent = dimension & frame["condition"].eq("hot") & frame["layer"].between(2, 4)
    return frame.assign(
        axis="token",
        cloud=frame["measure"].eq("step_length").map({True: "none", False: "text"}),
        n=1024, n_unique=1000, low=frame["value"] - 0.5, high=frame["value"] + 0.5, refused=8 - frame["samples"],
        status=frame["samples"].gt(0).map({True: "ok", False: "degenerate_cloud"}).mask(bent, "no_plateau"),
        no_plateau=7 * bent,
    )  # fmt: skip


def contrasts() -> pd.DataFrame:
    """Loops: geometry no better than entropy. Hot: better. Cool: no difference. Repeat: nothing to compare."""
    rows = []
    for name, a, b, aucs, entropy in (
        ("loops against fluent", ("greedy", "loop"), ("nucleus", "fluent"), [0.4, 0.2, 0.05, 0.02], 0.01),
        ("hot against fluent", ("hot", None), ("nucleus", "fluent"), [0.5, 0.7, 0.97, 0.9], 0.8),
        ("cool against nucleus", ("cool", None), ("nucleus", None), [0.5, 0.55, 0.5, 0.45], 0.4),
    ):
        sides = _sides(name, a, b) | {"n_a": 5, "n_b": 8, "status": "ok"}
        for layer, auc in enumerate(aucs):
            q = 0.0004 if abs(auc - 0.5) > 0.3 else 0.03 if abs(auc - 0.5) > 0.15 else 0.6
            effect = {"auc": auc, "low": auc - 0.02, "high": min(1.0, auc + 0.04), "p": q / 2, "q": q}
            where = {"measure": "intrinsic_dimension", "layer": layer, "axis": "token"}
            gain = abs(auc - 0.5) - abs(entropy - 0.5)
            effect |= {"band_low": effect["low"], "band_high": effect["high"], "baseline": "entropy"}
            effect |= {
                "baseline_auc": entropy,
                "gain": gain,
                "gain_low": gain - 0.04,
                "best_gain_low": gain - 0.05,
                "gain_high": gain + 0.04,
            }
            rows.append(sides | where | effect | {"mean_a": 3.6, "mean_b": 7.5})
        for measure, auc in (("entropy", entropy), ("rep_4", 1.0 if "loop" in name else 0.5)):
            effect = {"auc": auc, "low": auc - 0.01, "high": auc + 0.1, "p": 0.001, "q": 0.002}
            where = {"measure": measure, "layer": None, "axis": "none"}
            rows.append(sides | where | effect | {"mean_a": 0.2, "mean_b": 2.1})
    empty = _sides("repeat against read", ("repeat", "loop"), ("nucleus_read", None))
    empty |= {"n_a": 0, "n_b": 8, "status": "no_samples", "mean_b": 7.5}
    rows.append(empty | {"measure": "intrinsic_dimension", "layer": 0, "axis": "token"})
    rows.append(empty | {"measure": "entropy", "layer": None, "axis": "none"})
    return pd.DataFrame(rows).astype({"layer": "Int64"})


def _sides(contrast: str, *sides: tuple[str, str | None]) -> dict[str, object]:
    """The columns of both sides of a contrast, each a condition and a label."""
    row: dict[str, object] = {"contrast": contrast}
    for name, (condition, label) in zip("ab", sides, strict=True):
        words = f"{condition} ({label})" if label else condition
        row |= {name: words, f"{name}_conditions": [condition], f"{name}_label": label}
    return row


def claims() -> pd.DataFrame:
    """One claim of each verdict; the supported one tells no more than mean entropy."""
    few, many = Side("greedy (loop)", ("greedy",), 3.6, 5), Side("nucleus (fluent)", ("nucleus",), 7.5, 8)
    common = ClaimTest(
        claim="thin", sentence="Loops live on a thinner cloud.", source="Du 2025", effect_is="auc", expect="a < b",
        measure="participation_ratio", cloud="text", axis="token", a=few, b=many, p=0.01, baseline="entropy",
        layers=(3, 4), layer_words="middle third (layers 3-4)", words="participation ratio: 3.6 loops, 7.5 fluent",
        effect=0.004, low=0.0, high=0.04, baseline_effect=0.0, gain=-0.004, gain_low=-0.03, gain_high=0.03,
    )  # fmt: skip
    jumps = replace(
        common, claim="jumps", sentence="Nonsense jumps.", source="Zhang & Dong", measure="jumps", expect="a > b",
        layers=tuple(LAYERS), layer_words="all layers (0-6)", words="jumps per 100 tokens: 2.4 coherent, 1.7 hot",
        effect=0.31, low=0.2, high=0.44, baseline_effect=0.6, gain=0.09, gain_low=0.02, gain_high=0.16,
    )  # fmt: skip
    straight = replace(
        common, claim="straight", sentence="Fluent text runs straighter.", source="Hosseini", measure="turning_angle",
        layer_words="layers 3, 4", words="mean turning angle: 114.4° as written, 117.1° shuffled",
        effect=0.44, low=0.3, high=0.58, baseline_effect=0.9, gain=-0.34, gain_low=-0.5, gain_high=-0.2,
    )  # fmt: skip
    fills = replace(
        jumps, claim="many", sentence="Shuffled text fills more.", source="Viswanathan", measure="intrinsic_dimension",
        words="dimension: not measured shuffled, 8 as written", effect=NAN, low=NAN, high=NAN, p=NAN,
        a=replace(few, value=NAN, n=0), baseline=None, baseline_effect=NAN, gain_low=NAN, gain_high=NAN,
        status="no_samples",
    )  # fmt: skip
    table = claim_frame(decide([common, jumps, straight, fills]))
    return table.assign(q=[0.0002, 0.01, 0.31, NAN])


OF_FILES = {
    name: pd.DataFrame(columns=list(DECLARATION.table(name).columns)) for name in ("separations", "standing_out")
}
"""The result tables that only texts from files have rows in."""

RESULTS = {"layers": layers, "contrasts": contrasts, "claims": claims} | {
    name: table.copy for name, table in OF_FILES.items()
}
