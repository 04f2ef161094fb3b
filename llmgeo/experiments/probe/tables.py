"""What the run of a probe holds: its tables and arrays. Knows their columns, not their maths."""

from llmgeo.experiments.probe.sketches import SKETCH_AXES, SKETCHES
from llmgeo.run.declaration import CLAIMS, CONTRASTS, ESTIMATES, LAYERS, SAMPLES, STATES, TOKENS, Column, Declaration

LAYERS_OF_CONDITIONS = LAYERS.with_columns(
    samples=Column("count", "texts with a value"),
    refused=Column("count", "texts without one"),
    no_plateau=Column("count", "texts whose value depends on the scale"),
)
CONTRASTS_OF_TEXTS = CONTRASTS.with_columns(
    contrast=Column("text", "the contrast's name"),
    a_conditions=Column("texts", "the conditions of the first group"),
    a_label=Column("text", "loop or fluent, where the first group has only those"),
    b_conditions=Column("texts", "the conditions of the second group"),
    b_label=Column("text", "loop or fluent, where the second group has only those"),
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

DECLARATION = Declaration(
    (SAMPLES, TOKENS, ESTIMATES, LAYERS_OF_CONDITIONS, CONTRASTS_OF_TEXTS, CLAIMS), (SKETCHES, SKETCH_AXES, STATES)
)
