"""The matrices of a checkpoint: which there are, of what kind and layer, and why some cannot be measured.

A checkpoint is a list of named tensors with shapes and number formats; what kind of matrix one is, its name tells in
the words of its family. A fused tensor whose parts lie one behind the other is taken apart, experts are one matrix
each; what is no plain matrix is named with its reason. Knows names and shapes; reads no weight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from llmgeo.measures.matrices import LARGEST_SIDE
from llmgeo.measures.status import OK
from llmgeo.model.weights import layer_of

CODES = "quantised_codes"
NOT_A_MATRIX = "not_a_matrix"
TOO_LARGE = "too_large"
TIED = "tied"
NO_SIDE = "one_row"
UNKNOWN_SIDES = "sides_unknown"

PLAIN = ("float64", "float32", "float16", "bfloat16")
"""Number formats in which a tensor's numbers are the weights."""

INPUTS_FIRST_EXPERTS = ("gpt_oss", "llama4", "llama4_text")
"""Families whose stacked experts have inputs as rows, which matters where no shape tells: no side has the model's
width, or both."""

BETWEEN_HEADS = ("codegen", "minimax")
"""Families in whose fused attention q, k and v alternate, by head or in four blocks."""

CONV1D = ("gpt2", "openai-gpt", "imagegpt", "decision_transformer")
"""Families whose linear maps are stored with inputs as rows."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "q": ("q_proj", "wq", "query", "q_lin", "to_q"),
    "k": ("k_proj", "wk", "key", "k_lin", "to_k"),
    "v": ("v_proj", "wv", "value", "v_lin", "to_v"),
    "o": ("o_proj", "wo", "out_lin"),
    "qkv": ("qkv_proj", "c_attn", "query_key_value", "Wqkv", "W_pack", "qkv"),
    "gate": ("gate_proj", "w1"),
    "up": ("up_proj", "w3", "c_fc", "fc1", "fc_in", "dense_h_to_4h", "lin1"),
    "down": ("down_proj", "w2", "fc2", "fc_out", "dense_4h_to_h", "lin2"),
    "gate_up": ("gate_up_proj",),
    "embedding": ("embed_tokens", "wte", "embed_in", "word_embeddings", "tok_embeddings", "tokens_embed"),
    "positions": ("wpe", "embed_positions", "position_embeddings", "positions_embed"),
    "head": ("lm_head", "embed_out"),
    "router": ("router", "gate"),
}
"""By kind, what families call its module. The same name may mean two things: `_kind` looks at where it stands."""

ORDER = (
    "q", "k", "v", "qkv", "o", "gate", "up", "gate_up", "down", "router", "expert gate", "expert up", "expert gate_up",
    "expert down", "embedding", "positions", "head",
)  # fmt: skip
"""In which kinds are shown; others follow by name."""

_BY_MODULE = {module: kind for kind, modules in KINDS.items() for module in modules}
_OF_CODES = re.compile(
    r"\.(qweight|qzeros|scales|g_idx|absmax|SCB|quant_map|nested_absmax)$|_(blocks|packed|scales|scale(_inv|_2)?)$"
)
_AROUND_ATTENTION = re.compile(r"attn|attention")


@dataclass(frozen=True)
class Header:
    """What is known of a tensor before it is read: its name, shape and number format ("float32", "uint8", …)."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def numbers(self) -> int:
        count = 1
        for size in self.shape:
            count *= size
        return count


@dataclass(frozen=True)
class Matrix:
    """One matrix that could be measured.

    Attributes:
        name: the tensor's, with the expert or the part behind it: "…gate_up_proj[3]", "…c_attn[q]".
        tensor: its name in the checkpoint. kind: see `KINDS`. layer: 1 … L in a block, 0 for embeddings, None.
        rows: outputs (tokens of an embedding). columns: inputs.
        expert: which of a three-dimensional tensor. outputs: of a fused one, from where to where; None for all.
        is_turned: stored with inputs as rows.
        status: "ok", or why it is not measured.
    """

    name: str
    tensor: str
    kind: str
    layer: int | None
    rows: int
    columns: int
    dtype: str
    expert: int | None = None
    outputs: tuple[int, int] | None = None
    is_turned: bool = False
    status: str = OK

    @property
    def numbers(self) -> int:
        return self.rows * self.columns


def matrices_of(headers: Iterable[Header], config: Mapping[str, Any]) -> tuple[Matrix, ...]:
    """Every matrix of a checkpoint, in the order of its layers and kinds; vectors (norms, biases) are left out.

    Args:
        config: of the model, as config.json has it; the language model's own part, where there are several.

    >>> headers = [Header("model.layers.0.mlp.gate_up_proj.weight", (8, 3), "float32"), Header("norm", (3,), "float32")]
    >>> [(each.kind, each.layer, each.rows, each.outputs) for each in matrices_of(headers, {})]
    [('gate', 1, 4, (0, 4)), ('up', 1, 4, (4, 8))]
    """
    headers = list(headers)
    found = [matrix for header in headers if len(header.shape) > 1 for matrix in _of_tensor(header, config)]
    names = {header.name for header in headers}
    has_embedding = any(matrix.kind == "embedding" for matrix in found)
    if config.get("tie_word_embeddings") and has_embedding:
        found = [_refused(each, TIED) if each.kind == "head" else each for each in found]
    found = [_refused(each, CODES) if _has_scales(each, names) else each for each in found]
    return tuple(sorted(found, key=_place))


def wanted(name: str, patterns: Sequence[str]) -> bool:
    """Whether a tensor's name fits one of the patterns; `*` stands for anything, and either end may be left out.

    >>> wanted("model.layers.3.mlp.up_proj.weight", ["layers.*.mlp.*"]), wanted("a.q_proj.weight", ["q_proj"])
    (True, True)
    >>> wanted("model.layers.3.mlp.up_proj.weight", ["layers.*.self_attn.*"]), wanted("anything", [])
    (False, True)
    """
    if not patterns:
        return True
    forms = (form for each in patterns for form in (each, f"*.{each}", f"{each}.weight", f"*.{each}.weight"))
    return any(fnmatchcase(name, form) for form in forms)


def _of_tensor(header: Header, config: Mapping[str, Any]) -> list[Matrix]:
    kind, layer = _kind(header.name), layer_of(header.name)
    if header.dtype not in PLAIN or _is_part_of_codes(header.name):
        return [_whole(header, kind, layer, CODES)]
    if len(header.shape) == 3 and ("expert" in header.name or kind in ("gate", "up", "down", "gate_up")):
        return [
            _judged(_one(header, kind, layer, header.shape[1:], config, expert=expert))
            for expert in range(header.shape[0])
        ]
    if len(header.shape) != 2:
        return [_whole(header, kind, layer, NOT_A_MATRIX)]
    whole = _one(header, kind, layer, header.shape, config)
    return [_judged(part) for part in _parts(whole, config)]


def _whole(header: Header, kind: str, layer: int | None, status: str) -> Matrix:
    """A tensor that is not measured, however many dimensions it has."""
    rows, columns = header.shape[0], header.numbers // max(1, header.shape[0])
    return Matrix(header.name, header.name, kind, layer, rows, columns, header.dtype, status=status)


def _one(
    header: Header,
    kind: str,
    layer: int | None,
    shape: tuple[int, ...],
    config: Mapping[str, Any],
    expert: int | None = None,
) -> Matrix:
    is_turned = _stored_with_inputs_first(kind, shape, config, is_expert=expert is not None)
    rows, columns = shape[::-1] if is_turned else shape
    name = header.name if expert is None else f"{header.name}[{expert}]"
    if expert is not None and not kind.startswith("expert"):
        kind = f"expert {kind}"
    status = OK if is_turned is not None else UNKNOWN_SIDES
    return Matrix(name, header.name, kind, layer, rows, columns, header.dtype, expert, None, bool(is_turned), status)


def _stored_with_inputs_first(
    kind: str, shape: tuple[int, ...], config: Mapping[str, Any], *, is_expert: bool
) -> bool | None:
    """Conv1D of GPT-2's kind by its family; experts by the side of the model's width, then by theirs; or None."""
    family = config.get("model_type")
    if not is_expert:
        return family in CONV1D and kind not in ("embedding", "positions", "head")
    module, (first, second) = kind.split()[-1], (size == config.get("hidden_size") for size in shape)
    if first == second or module not in ("gate", "up", "gate_up", "down"):
        return True if family in INPUTS_FIRST_EXPERTS else None
    return second if module == "down" else first


def _parts(whole: Matrix, config: Mapping[str, Any]) -> list[Matrix]:
    """The parts of a fused matrix that lie one behind the other; the whole where that is not known."""
    if whole.kind == "gate_up" and whole.rows % 2 == 0:
        half = whole.rows // 2
        return [_part(whole, "gate", 0, half), _part(whole, "up", half, whole.rows)]
    ends = _ends_of_qkv(whole, config) if whole.kind == "qkv" else None
    if ends is None:
        return [whole]
    return [_part(whole, kind, start, end) for kind, start, end in zip("qkv", [0, *ends[:2]], ends, strict=True)]


def _ends_of_qkv(whole: Matrix, config: Mapping[str, Any]) -> list[int] | None:
    """Where q, k and v end in a fused matrix in which each is one block of rows; None where that is not known."""
    family, has_one_key = config.get("model_type"), config.get("multi_query") is True
    lies_between = family in BETWEEN_HEADS or (family == "gpt_bigcode" and not has_one_key)
    if _module(whole.tensor) not in ("qkv_proj", "c_attn", "W_pack") or lies_between:
        return None
    heads = config.get("num_attention_heads") or config.get("n_head")
    shared = 1 if has_one_key else config.get("num_key_value_heads") or heads
    if not (isinstance(heads, int) and heads > 0 and isinstance(shared, int) and shared > 0):
        return None
    size, rest = divmod(whole.rows, heads + 2 * shared)
    width = config.get("hidden_size") or config.get("n_embd")
    known = config.get("head_dim") or (width // heads if isinstance(width, int) else None)
    if rest or (known is not None and size != known):
        return None
    return [heads * size, (heads + shared) * size, (heads + 2 * shared) * size]


def _part(whole: Matrix, kind: str, start: int, end: int) -> Matrix:
    return Matrix(
        f"{whole.name}[{kind}]", whole.tensor, kind, whole.layer, end - start, whole.columns, whole.dtype, whole.expert,
        (start, end), whole.is_turned,
    )  # fmt: skip


def _judged(matrix: Matrix) -> Matrix:
    """Refused, where its sides are too long or too short."""
    shorter = min(matrix.rows, matrix.columns)
    if shorter > LARGEST_SIDE:
        return _refused(matrix, TOO_LARGE)
    return _refused(matrix, NO_SIDE) if shorter < 2 else matrix


def _refused(matrix: Matrix, status: str) -> Matrix:
    return matrix if matrix.status != OK else replace(matrix, status=status)


def _has_scales(matrix: Matrix, names: set[str]) -> bool:
    """Whether a tensor of the checkpoint says what the numbers of this one must be multiplied by."""
    return any(f"{matrix.tensor}{suffix}" in names for suffix in ("_scale_inv", "_scale", ".absmax", ".quant_state"))


def _is_part_of_codes(name: str) -> bool:
    return _OF_CODES.search(name) is not None


def _module(name: str) -> str:
    parts = [part for part in name.split(".") if part not in ("weight", "qweight", "base_layer")]
    return parts[-1] if parts else name


def _kind(name: str) -> str:
    """The kind that a tensor's name tells; the module's own name where it is none that is known."""
    module = _module(_OF_CODES.sub("", name))
    is_attention = bool(_AROUND_ATTENTION.search(name.rpartition(module)[0]))
    if module in ("c_proj", "dense", "out_proj", "proj"):
        kind = "o" if is_attention else "down" if module == "c_proj" else module
    elif is_attention and module == "w1":
        kind = module
    else:
        kind = _BY_MODULE.get(module, module)
    if "expert" in name and kind in ("gate", "up", "down", "gate_up"):
        shared = "shared " if "shared_expert" in name else ""
        return f"{shared}expert {kind}"
    return kind


def _place(matrix: Matrix) -> tuple[int, int, str, int, str]:
    order = ORDER.index(matrix.kind) if matrix.kind in ORDER else len(ORDER)
    layer = matrix.layer if matrix.layer is not None else 10**6
    return layer, order, matrix.kind, matrix.expert or 0, matrix.name
