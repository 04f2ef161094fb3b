"""What a run of this room holds: its tables and arrays. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import CLAIMS, Array, Column, Declaration, Table

FEW_LAYERS, NO_MATRICES = "few_layers", "no_matrices"
FEWEST_LAYERS = 3
"""Layers of a kind that a joint cloud needs."""

_MATRIX = Column("text", "the tensor's name, with the expert or the part behind it", required=True)
_KIND = Column("text", "q, k, v, o, gate, up, down, embedding, …", required=True)
_LAYER = Column("layer", "the layer whose output it changes; 0 of embeddings, none of what is beside the blocks")
_STATUS = Column("text", "ok, or why there is no value", required=True)

MATRICES = Table(
    "matrices",
    "one row a matrix: its shape, and whether it was measured",
    {
        "matrix": _MATRIX,
        "kind": _KIND,
        "layer": _LAYER,
        "rows": Column("count", "outputs of the map; tokens of an embedding"),
        "columns": Column("count", "inputs"),
        "dtype": Column("text", "number format in the file"),
        "rms": Column("number", "root mean square of its entries"),
        "zeros": Column("number", "share of entries that are exactly zero"),
        "status": _STATUS,
    },
)
WEIGHTS = Table(
    "weights",
    "one row a matrix and measure: the value, and its nulls",
    {
        "matrix": _MATRIX,
        "kind": _KIND,
        "layer": _LAYER,
        "measure": Column("text", "what was measured", required=True),
        "side": Column("text", "rows or columns, of what is measured on points"),
        "n": Column("count", "points, or eigenvalues in the tail"),
        "value": Column("number", "the value"),
        "standard_error": Column("number", "its standard error"),
        "gaussian": Column("number", "mean over Gaussian matrices with the same singular values"),
        "gaussian_low": Column("number", "where 95 % of single such matrices lie: lower end"),
        "gaussian_high": Column("number", "where 95 % of single such matrices lie: upper end"),
        "sized": Column("number", "the same Gaussian points, each brought to the length of one of the matrix's"),
        "random": Column("number", "mean over matrices of independent numbers of the same shape"),
        "rounded_8": Column("number", "the matrix rounded to 8 bits a row"),
        "rounded_4": Column("number", "the matrix rounded to 4 bits a row"),
        "status": _STATUS,
    },
)
JOINT = Table(
    "joint",
    "one row a kind and a layer left out (none in the first): directions of all layers' rows in one cloud",
    {
        "kind": _KIND,
        "without": Column("layer", "the layer that was left out; none for all"),
        "layers": Column("count", "layers in the cloud"),
        "n": Column("count", "points in the cloud, as many as of one layer"),
        "joint": Column("number", "TwoNN of the cloud, raw"),
        "single": Column("number", "geometric mean over layers of TwoNN of equally many rows of one layer"),
        "turned": Column("number", "TwoNN of the cloud with every layer turned at random: unrelated directions"),
        "status": _STATUS,
    },
)
KINDS = Table(
    "kinds",
    "one row a kind, measure and side: medians over its matrices",
    {
        "kind": _KIND,
        "measure": Column("text", "what was measured", required=True),
        "side": Column("text", "rows or columns, of what is measured on points"),
        "matrices": Column("count", "measured matrices of the kind"),
        "value": Column("number", "median of the values"),
        "low": Column("number", "the lowest"),
        "high": Column("number", "the highest"),
        "gaussian": Column("number", "median over Gaussian matrices with the same singular values"),
        "sized": Column("number", "median over the same, brought to the matrix's own lengths"),
        "random": Column("number", "median over independent numbers"),
        "rounded_8": Column("number", "median after rounding to 8 bits"),
        "rounded_4": Column("number", "median after rounding to 4 bits"),
        "status": _STATUS,
    },
    is_result=True,
)
SPECTRA = Array(
    "spectra", "singular values, the largest first: own, and of independent numbers", ("matrix", "which", "rank")
)

DECLARATION = Declaration((MATRICES, WEIGHTS, JOINT, KINDS, CLAIMS), (SPECTRA,))
