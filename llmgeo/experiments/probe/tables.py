"""What the run of a probe holds: its tables and arrays. Knows their columns, not their maths."""

from llmgeo.experiments.probe.sketches import SKETCH_AXES, SKETCHES
from llmgeo.run.declaration import (
    CLAIMS,
    CONTRASTS,
    ESTIMATES,
    LAYERS,
    SAMPLES,
    STATES,
    TOKENS,
    Column,
    Declaration,
    Table,
)

SAMPLES_OF_PROBE = SAMPLES.with_columns(
    row=Column("text", "of a text from a file: the id of its row"),
    text_tokens=Column("count", "of a text from a file: tokens that could be measured, read or not", "tokens"),
    part=Column("count", "which part it is of a text longer than the model's context; null of one that was read whole"),
    parts=Column("count", "parts that the text was cut into"),
    first_token=Column("count", "tokens of the text before the part that was read", "tokens"),
    further=Column("text", "the further columns of its row, as JSON"),
)
LAYERS_OF_CONDITIONS = LAYERS.with_columns(
    samples=Column("count", "texts with a value"),
    refused=Column("count", "texts without one"),
    no_plateau=Column("count", "texts whose value depends on the scale"),
)
CONTRASTS_OF_TEXTS = CONTRASTS.with_columns(
    contrast=Column("text", "the contrast's name"),
    a_conditions=Column("texts", "the conditions of the first group"),
    a_label=Column("text", "the label that all texts of the first group have, or several"),
    b_conditions=Column("texts", "the conditions of the second group"),
    b_label=Column("text", "the label that all texts of the second group have, or several"),
    mean_a=Column("number", "mean of the first group"),
    mean_b=Column("number", "mean of the second group"),
    band_low=Column(
        "number", "lower end of an interval that holds for all measures and layers of the contrast at once"
    ),
    band_high=Column(
        "number", "upper end of an interval that holds for all measures and layers of the contrast at once"
    ),
    baseline=Column("text", "the baseline that tells the same texts apart best"),
    baseline_auc=Column("number", "its AUC"),
    gain=Column("number", "how much farther from 0.5 the AUC lies than the baseline's"),
    gain_low=Column("number", "lower end of its 95 % interval, the choice of the baseline allowed for"),
    gain_high=Column("number", "upper end of its 95 % interval, the choice of the baseline allowed for"),
    best_gain_low=Column("number", "lower end, the choice of the measure and layer allowed for as well"),
    status=Column("text", "ok, or why there is no effect to trust"),
)

SEPARATIONS = Table(
    "separations",
    "one row a contrast of texts from files: whether geometry tells them apart, and more than a baseline does",
    {
        "contrast": Column("text", "the contrast's name"),
        "a": Column("text", "the first group"),
        "b": Column("text", "the second group"),
        "answer": Column("text", "told apart, not seen apart, open or not compared"),
        "sentence": Column("text", "the answer in words"),
        "caveat": Column("text", "what the answer must not be read without"),
        "p": Column("number", "Simes' p that no measure differs at any layer but the embedding"),
        "q": Column("number", "p after the correction of Benjamini and Hochberg over all these contrasts"),
        "tests": Column("count", "combinations of measure and layer that the strongest was picked from"),
        "measure": Column("text", "the strongest measure"),
        "layer": Column("layer", "its layer"),
        "auc": Column("number", "how often a text of the first group has the larger value"),
        "low": Column("number", "lower end of an interval that holds for all measures and layers at once"),
        "high": Column("number", "upper end of an interval that holds for all measures and layers at once"),
        "n_a": Column("count", "texts measured in the first group"),
        "n_b": Column("count", "texts measured in the second group"),
        "baseline": Column("text", "the strongest baseline, which knows no geometry"),
        "baseline_auc": Column("number", "its AUC"),
        "beside_baseline": Column("text", "better than, no better than or not told apart from the baseline"),
        "gain_low": Column(
            "number", "how much farther from 0.5 the best AUC lies than the baseline's: lower end, choices allowed for"
        ),
        "gain_high": Column("number", "upper end"),
        "texts_a": Column("count", "texts given in the first group"),
        "texts_b": Column("count", "texts given in the second group"),
        "left_out_a": Column("count", "those of them that do not fill the window"),
        "left_out_b": Column("count", "those of them that do not fill the window"),
        "length_auc": Column("number", "how often a text of the first group is the longer one, over all texts given"),
        "length_low": Column("number", "lower end of its 95 % interval"),
        "length_high": Column("number", "upper end of its 95 % interval"),
        "length_p": Column("number", "of AUC 0.5, by groups"),
    },
    is_result=True,
)
STANDING_OUT = Table(
    "standing_out",
    "one row a text from a file and a measure by which it lies far from the others of its condition; no test",
    {
        "condition": Column("text", "the condition"),
        "sample": Column("text", "the text"),
        "measure": Column("text", "the measure"),
        "layer": Column("layer", "the middle one of the layers that were captured"),
        "value": Column("number", "what it says of this text"),
        "median": Column("number", "of all texts of the condition"),
        "z": Column("number", "distance from the median over 1.4826 times the median absolute deviation"),
        "baseline": Column("text", "the baseline by which the text lies farthest out"),
        "baseline_z": Column("number", "how far, in the same unit"),
    },
    is_result=True,
)

DECLARATION = Declaration(
    (SAMPLES_OF_PROBE, TOKENS, ESTIMATES, LAYERS_OF_CONDITIONS, CONTRASTS_OF_TEXTS, CLAIMS, SEPARATIONS, STANDING_OUT),
    (SKETCHES, SKETCH_AXES, STATES),
)
