"""Reads what a run holds that is no table: hidden states, text by text, and declared arrays. Writes nothing."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING

from llmgeo.errors import UsageError
from llmgeo.messages import did_you_mean, option, pick, place, plain, shown
from llmgeo.run import tensors
from llmgeo.run.declaration import STATES

if TYPE_CHECKING:
    import numpy as np
    import torch

    from llmgeo.run.reader import Run


def states(run: Run, sample: str, layers: tensors.Layers) -> torch.Tensor:
    """What `Run.states` describes."""
    unit = next((unit for unit in run.units if sample in unit.samples), None)
    if unit is None:
        known = [plain(sample) for unit in run.units for sample in unit.samples]
        example = f"; one of its {len(known)} samples is {known[0]}" if known else ""
        raise UsageError(f"{place(run.path)} has no sample {shown(sample)}{did_you_mean(sample, known) or example}")
    part = unit.part("states")
    if part is None:
        raise UsageError(
            f"{place(run.path)} keeps no hidden states of {shown(sample)}; measure with {option('save_states', True)}"
        )
    part.check_size(run.path)
    try:
        return tensors.read(run.path / part.path, sample, _places(run, layers))
    except ValueError as error:
        raise part.damage(run.path, str(error)) from error


def arrays(run: Run, name: str) -> dict[str, np.ndarray]:
    """What `Run.arrays` describes."""
    pick("array", name, [array.name for array in run.declaration.arrays if array.name != STATES.name])
    by_key: dict[str, np.ndarray] = {}
    for unit in run.units:
        part = unit.part(name)
        if part is None:
            continue
        part.check_size(run.path)
        try:
            by_key |= tensors.read_all(run.path / part.path)
        except ValueError as error:
            raise part.damage(run.path, str(error)) from error
    return by_key


class Rows:
    """A declared array's tensors, some rows at a time: only those are read from the disk.

    Raises UsageError if there is no such array; reading raises CorruptRunError if a file is missing, short or damaged.
    """

    def __init__(self, run: Run, name: str):
        pick("array", name, [array.name for array in run.declaration.arrays])
        self._run = run
        self._parts = {}
        for unit in run.units:
            if (part := unit.part(name)) is not None:
                part.check_size(run.path)
                try:
                    self._parts |= dict.fromkeys(tensors.shapes(run.path / part.path), part)
                except ValueError as error:
                    raise part.damage(run.path, str(error)) from error

    def read(self, key: str, rows: slice) -> torch.Tensor:
        """These rows of one tensor."""
        part = self._parts[key]
        try:
            return tensors.read(self._run.path / part.path, key, rows)
        except ValueError as error:
            raise part.damage(self._run.path, str(error)) from error

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of one tensor."""
        return tensors.shapes(self._run.path / self._parts[key].path)[key]


def _places(run: Run, layers: tensors.Layers) -> tensors.Layers:
    """Where layers of these numbers lie in a stored tensor."""
    layers_kept = run.layers_kept
    if layers_kept is None or layers is None or isinstance(layers, slice):
        return layers
    several = not isinstance(layers, Integral)
    wanted = [int(layer) for layer in (layers if several else [layers])]
    if missing := [layer for layer in wanted if layer not in layers_kept]:
        raise UsageError(
            f"layer {missing[0]} was not captured; {place(run.path)} has {', '.join(map(str, layers_kept))}"
        )
    places = [layers_kept.index(layer) for layer in wanted]
    return places if several else places[0]
