"""A checkpoint opened for its matrices: no model is made, and of the hub only the files are fetched that are needed.

Knows folders, the hub and models in memory; reads headers, and one tensor when it is asked for one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from llmgeo.errors import ModelError, UsageError
from llmgeo.escape import literal
from llmgeo.messages import counted, option, shown
from llmgeo.model.digests import module_digest
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.matrices import Header, Matrix, matrices_of, wanted
from llmgeo.model.sources import adapter
from llmgeo.model.sources.checkpoints import file_digest
from llmgeo.model.sources.default import NAME as DEFAULT_NAME
from llmgeo.model.sources.default import SHA256 as DEFAULT_SHA256
from llmgeo.model.sources.folder import WHOLE, check_folder, config_of, shards_by_tensor, weight_files
from llmgeo.model.sources.gguf import converted_folder
from llmgeo.model.sources.hub import fetch, tensors_on_hub
from llmgeo.model.sources.in_memory import taken_out
from llmgeo.model.sources.naming import ModelName, model_name
from llmgeo.model.sources.resolve import locate
from llmgeo.model.sources.toy import toy_model
from llmgeo.model.wanted_layers import Layers, wanted_layers
from llmgeo.model.weights import FORMATS, FolderWeights, ModuleWeights, Weights, layer_of

Patterns = Sequence[str]


@dataclass(frozen=True)
class Asked:
    """Which tensors of a checkpoint are asked for.

    Attributes:
        patterns: of names, see `llmgeo.model.matrices.wanted`; none for all. layers: as in `wanted_layers`.
    """

    patterns: Patterns = ()
    layers: Layers = None

    def of(self, names: Sequence[str], config: Mapping[str, Any]) -> frozenset[str]:
        """Those among the names. Raises UsageError where no name fits a pattern, or for layers that there are not."""
        fitting = [name for name in names if wanted(name, self.patterns)]
        if not fitting:
            few = ", ".join(shown(name, 120) for name in names[:3])
            raise UsageError(
                f"{option('tensors', ' '.join(self.patterns))} fits none of the {counted(len(names), 'tensor')} of "
                "this checkpoint. Write a name with * for what may be anything, such as 'layers.*.mlp.*'; there are "
                f"{few}, …"
            )
        blocks = _number_of(config, "num_hidden_layers", "n_layer") or max(layer_of(name) or 0 for name in names)
        chosen = wanted_layers(self.layers, blocks)
        return frozenset(name for name in fitting if chosen is None or layer_of(name) in chosen)


@dataclass(frozen=True)
class MatrixSource:
    """A checkpoint's matrices, and how to read one.

    Attributes:
        name, kind, revision: as `llmgeo.load` tells of a model; `revision` is the commit or digest that fixes the
            weights.
        matrices: those asked for, whether they can be measured or not, in order.
        vectors: norms and biases among the tensors asked for.
        layers, width: of the model; None where its config does not tell.
        bytes: of the tensors asked for.
        weights: what they are read from; None of a checkpoint whose headers alone are known.
    """

    name: str
    kind: str
    revision: str | None
    matrices: tuple[Matrix, ...]
    vectors: int
    layers: int | None
    width: int | None
    bytes: int
    weights: Weights | None = None

    def read(self, matrix: Matrix) -> torch.Tensor:
        """``[rows, columns]``, in the number format it is stored in."""
        tensor = self.weights.get(matrix.tensor, matrix.expert)
        tensor = tensor.T if matrix.is_turned else tensor
        return tensor if matrix.outputs is None else tensor[slice(*matrix.outputs)]


def open_matrices(
    subject: Any,
    revision: str | None = None,
    patterns: Patterns = (),
    layers: Layers = None,
    *,
    headers_only: bool = False,
) -> MatrixSource:
    """The matrices of a checkpoint: a name as in `llmgeo.load`, a model in memory, or what `llmgeo.load` returned.

    Args:
        patterns: of tensors' names, see `llmgeo.model.matrices.wanted`; none for all.
        layers: matrices of these alone, as in `llmgeo.model.wanted_layers`. Of what is not asked for, no file is
            fetched.
        headers_only: fetch no weights; names and shapes alone are known then.

    Raises:
        ModelError: there is no such checkpoint, it has no safetensors weights, or they are damaged.
        UsageError: no tensor fits the patterns, there are no such layers, or a revision of what has none.

    Example:
        >>> source = open_matrices("toy", patterns=["layers.2.mlp.*"])
        >>> [(each.kind, each.layer, each.rows) for each in source.matrices]
        [('gate', 3, 128), ('up', 3, 128), ('down', 3, 64)]
    """
    asked = Asked(patterns, layers)
    if isinstance(subject, LanguageModel):
        return _of_module(subject.hf, subject.name, "memory", None, asked)
    if isinstance(subject, nn.Module):
        module = taken_out(subject)
        name = getattr(module.config, "_name_or_path", "") or type(module).__name__
        return _of_module(module, literal(name), "memory", None, asked)
    named = model_name(subject, revision)
    if named.kind == "toy":
        return _of_module(toy_model(), "toy", "toy", "built from its config, seed 0", asked)
    if adapter.is_adapter(named.path):
        raise ModelError(
            f"{shown(named.path, width=200)} is an adapter: its matrices are changes of another model's. Merge it into "
            "its base with PEFT (merge_and_unload, save_pretrained), and name the new folder."
        )
    if named.kind == "hub":
        return _of_hub(named, asked, headers_only=headers_only)
    if headers_only and named.kind == "default" and not converted_folder(DEFAULT_NAME, DEFAULT_SHA256).is_dir():
        raise ModelError(
            f"{DEFAULT_NAME} has not been fetched yet, so its matrices are not known. llmgeo weights fetches it once."
        )
    folder, label, kind, digest = locate(named)
    return _of_folder(Path(folder), label, kind, digest, asked, headers_only=headers_only)


def _of_folder(
    folder: Path, label: str, kind: str, digest: str | None, asked: Asked, *, headers_only: bool
) -> MatrixSource:
    files, config = weight_files(folder), text_config(config_of(folder))
    if (homes := shards_by_tensor(folder)) is not None and not (folder / WHOLE).is_file():
        chosen = {homes[name] for name in asked.of(list(homes), config)}
        files = [file for file in files if file.name in chosen] or files
    weights, headers = _opened(folder, files)
    if digest is None and not headers_only:
        whole = "".join(f"{file.name} {file_digest(file)}\n" for file in files)
        digest = f"files:{hashlib.sha256(whole.encode()).hexdigest()[:16]}"
    return _made(label, kind, digest, headers, config, asked, weights)


def _of_hub(named: ModelName, asked: Asked, *, headers_only: bool) -> MatrixSource:
    folder, commit = fetch(named.text, named.revision, weights=False)
    check_folder(folder, weights=False)
    homes, config = shards_by_tensor(folder), text_config(config_of(folder))
    names = [WHOLE] if homes is None else sorted({homes[name] for name in asked.of(list(homes), config)})
    files = [folder / name for name in names]
    if headers_only and not all(file.is_file() for file in files):
        found = tensors_on_hub(named.text, commit, names)
        headers = [Header(name, shape, FORMATS.get(kind, kind.lower())) for name, (shape, kind) in found.items()]
        return _made(named.text, "hub", commit, headers, config, asked, None)
    if not headers_only:
        folder, commit = fetch(named.text, commit, weights=names)
        files = [folder / name for name in names]
    if missing := [file.name for file in files if not file.is_file()]:
        raise ModelError(f"{named.text} has no {missing[0]}, so it has no safetensors weights that can be read.")
    weights, headers = _opened(folder, files)
    return _made(named.text, "hub", commit, headers, config, asked, weights)


def _opened(folder: Path, files: Sequence[Path]) -> tuple[FolderWeights, list[Header]]:
    """The files, and the header of every tensor in them."""
    weights = FolderWeights(folder, files)
    return weights, [Header(name, *weights.header(name)) for name in weights.names()]


def _of_module(module: nn.Module, name: str, kind: str, revision: str | None, asked: Asked) -> MatrixSource:
    weights = ModuleWeights(module, every=True)
    headers = [Header(each, *weights.header(each)) for each in weights.names()]
    settings = module.config.get_text_config().to_dict() if hasattr(module, "config") else {}
    return _made(name, kind, revision or f"bits:{module_digest(module)}", headers, settings, asked, weights)


def _made(
    name: str,
    kind: str,
    revision: str | None,
    headers: Sequence[Header],
    config: Mapping[str, Any],
    asked: Asked,
    weights: Weights | None,
) -> MatrixSource:
    names = asked.of([header.name for header in headers], config)
    chosen = [header for header in headers if header.name in names]
    every = {matrix.name: matrix for matrix in matrices_of(headers, config)}  # scales may lie beside the pattern
    matrices = tuple(matrix for matrix in every.values() if matrix.tensor in names)
    vectors = sum(len(header.shape) < 2 for header in chosen)
    size = sum(header.numbers * _SIZES.get(header.dtype, 1) for header in chosen)
    layers, width = _number_of(config, "num_hidden_layers", "n_layer"), _number_of(config, "hidden_size", "n_embd")
    return MatrixSource(name, kind, revision, matrices, vectors, layers, width, size, weights)


def text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of the language model, where a model has several parts."""
    text = config.get("text_config")
    return {**config, **text} if isinstance(text, Mapping) else config


def _number_of(config: Mapping[str, Any], *names: str) -> int | None:
    return next((config[name] for name in names if isinstance(config.get(name), int)), None)


_SIZES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int32": 4, "i32": 4, "int64": 8, "i64": 8}
