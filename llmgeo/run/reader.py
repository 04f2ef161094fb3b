"""Opens a finished or unfinished run: pandas tables, hidden states, named arrays. Writes nothing, needs no model.

Opening reads the manifest and the journals only. Each table is read when it is first asked for, every part of it
checked against the SHA-256 in the journal: a number that is shown is the number that was written.
"""

import functools
import os
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from llmgeo.errors import CorruptRunError, UsageError
from llmgeo.escape import markup
from llmgeo.messages import place, plain
from llmgeo.run import atomic, csv, journal, manifest, results, tables, tensors
from llmgeo.run import named_arrays as arrays
from llmgeo.run import process_journals as shares
from llmgeo.run.folder import RUNS, runs_in
from llmgeo.run.layout import MANIFEST, RECIPE
from llmgeo.user_file import did_you_mean, shown

if TYPE_CHECKING:
    import numpy as np
    import torch
    import xarray


def open(path: Path | str) -> "Run":
    """Opens a run directory.

    Raises:
        UsageError: the path is no run; the message lists the runs nearby.
        CorruptRunError: its manifest or journal is damaged.
        RunError: a newer llmgeo wrote it.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> from llmgeo.run import create_or_resume
    >>> with create_or_resume(folder, {"model": "toy"}, b"", {"seed": 0}) as writer:
    ...     _ = writer.write_unit("00000", [{"sample": "a", "condition": "greedy", "prompt": "p1", "rep_4": 0.9}])
    >>> run = open(folder)
    >>> run.status, run.samples[["sample", "condition", "rep_4"]].to_dict("list")
    ('partial', {'sample': ['a'], 'condition': ['greedy'], 'rep_4': [0.9]})
    """
    folder = Path(path)
    if not os.path.isfile(folder / MANIFEST):  # unlike Path.is_file, takes a name too long or a NUL for no file
        raise UsageError(not_a_run(folder))
    return Run(folder, manifest.read(folder), shares.read(folder))


class Run:
    """A run directory, read lazily. Made by `llmgeo.open`.

    The tables are cached: take a copy before changing one.

    Attributes:
        path: the folder.
        manifest: run.json as a dict.
        units: what the journal says is done, in the order of the units' names.
    """

    def __init__(self, path: Path, manifest_read: dict, journal_read: journal.Journal) -> None:
        self.path = path
        self.manifest = manifest_read
        self.units = journal_read.units

    @property
    def status(self) -> str:
        """ "complete", "partial", "failed", or "running" (also of a run that was killed)."""
        return self.manifest["status"]

    @property
    def recipe_source(self) -> bytes:
        """The bytes of the recipe as it was given. Raises CorruptRunError if the file is gone."""
        try:
            return (self.path / RECIPE).read_bytes()
        except OSError as error:
            raise CorruptRunError(
                f"{RECIPE} in {place(self.path)} cannot be read ({error.strerror}). "
                "The command that began the run puts it back"
            ) from error

    @property
    def results_recipe_source(self) -> bytes:
        """The bytes of the recipe that layers, contrasts and claims answer: the run's own, or a later analysis'."""
        later = results.recipe(self.path)
        return self.recipe_source if later is None else later

    @functools.cached_property
    def results_recipe(self) -> Mapping | None:
        """That recipe as plain data, where it is not the run's own (empty: it cannot be made out); else None."""
        return results.answered(self.path)

    @functools.cached_property
    def samples(self) -> pd.DataFrame:
        """One row a sample: its text, token ids, label, window and baselines (`tables.SAMPLES`)."""
        return self._table("samples")

    @functools.cached_property
    def tokens(self) -> pd.DataFrame:
        """One row a sample, layer, token and axis; one float32 column a measure, NaN where it is undefined."""
        return self._table("tokens")

    @functools.cached_property
    def estimates(self) -> pd.DataFrame:
        """One row a sample, layer and measure: value, standard error, null, status (`tables.ESTIMATES`)."""
        return self._table("estimates")

    @functools.cached_property
    def results_samples(self) -> pd.DataFrame:
        """`samples` as layers, contrasts and claims take them: with label and baselines on the window they are of."""
        return results.read(self.path, "samples") if results.is_computed(self.path, "samples") else self.samples

    @functools.cached_property
    def results_estimates(self) -> pd.DataFrame:
        """`estimates` as layers, contrasts and claims take them: on the window they are of."""
        return results.read(self.path, "estimates") if results.is_computed(self.path, "estimates") else self.estimates

    @functools.cached_property
    def layers(self) -> pd.DataFrame:
        """One row a condition, layer and measure, with intervals and nulls (`results.LAYERS`). Raises RunError."""
        return results.read(self.path, "layers")

    @functools.cached_property
    def contrasts(self) -> pd.DataFrame:
        """One row a contrast, layer and measure: AUC, interval, p, q (`results.CONTRASTS`). Raises RunError."""
        return results.read(self.path, "contrasts")

    @functools.cached_property
    def claims(self) -> pd.DataFrame:
        """One row a claim: the verdict and its evidence (`results.CLAIMS`). Raises RunError."""
        return results.read(self.path, "claims")

    def states(self, sample: str, layers: tensors.Layers = None) -> "torch.Tensor":
        """Hidden states of one sample, if the run kept them; other layers are not read.

        Args:
            sample: its id, as in `samples`.
            layers: one layer, a slice or a list of layers; all, if left out. In a run of some layers only, their
                numbers; a slice is then of those that were kept.

        Returns:
            [L+1, T, D] tensor, or [T, D] for one layer, in the dtype the model emitted.

        Raises:
            UsageError: no such sample or layer, or the run was made without --save-states.
            CorruptRunError: the file is missing, short or unreadable. A flipped bit among the numbers is found by
                `verify`, which reads the whole file.
        """
        unit = next((unit for unit in self.units if sample in unit.samples), None)
        if unit is None:
            known = [plain(sample) for unit in self.units for sample in unit.samples]
            example = f"; one of its {len(known)} samples is {known[0]}" if known else ""
            raise UsageError(
                f"{place(self.path)} has no sample {shown(sample)}{did_you_mean(sample, known) or example}"
            )
        part = unit.part("states")
        if part is None:
            raise UsageError(
                f"{place(self.path)} keeps no hidden states of {shown(sample)}; measure with --save-states"
            )
        part.check_size(self.path)
        try:
            return tensors.read(self.path / part.path, sample, self._places(layers))
        except ValueError as error:
            raise part.damage(self.path, str(error)) from error

    @functools.cached_property
    def points(self) -> "dict[str, np.ndarray]":
        """By sample, the points [K, L+1, D] that stand for its text at each layer; empty if the run keeps none.

        Raises CorruptRunError if a file is missing, short or unreadable.
        """
        found: dict[str, np.ndarray] = {}
        for unit in self.units:
            part = unit.part("points")
            if part is None:
                continue
            part.check_size(self.path)
            try:
                found |= tensors.read_all(self.path / part.path)
            except ValueError as error:
                raise part.damage(self.path, str(error)) from error
        return found

    @property
    def layers_kept(self) -> tuple[int, ...] | None:
        """The layers that were captured, where not all of them were."""
        kept = self.manifest.get("layers_kept")
        return tuple(kept) if isinstance(kept, list) and all(type(layer) is int for layer in kept) else None

    def _places(self, layers: tensors.Layers) -> tensors.Layers:
        """Where layers of these numbers lie in a stored tensor."""
        kept = self.layers_kept
        if kept is None or layers is None or isinstance(layers, slice):
            return layers
        several = not isinstance(layers, Integral)
        wanted = [int(layer) for layer in (layers if several else [layers])]
        if missing := [layer for layer in wanted if layer not in kept]:
            raise UsageError(f"layer {missing[0]} was not captured; {place(self.path)} has {', '.join(map(str, kept))}")
        places = [kept.index(layer) for layer in wanted]
        return places if several else places[0]

    def to_xarray(self) -> "xarray.Dataset":
        """The measurements as named arrays over (sample, layer, token).

        A measure of the tokens table becomes `<measure>_<axis>` [sample, layer, token], an estimate `<measure>`
        [sample, layer] with `<measure>_standard_error` and `<measure>_null`; both name axis and cloud in their attrs.
        Condition, prompt, label and path are coordinates of `sample`.
        """
        attributes = manifest.identifying(self.manifest)
        attributes |= {key: plain(self.manifest[key]) for key in ("status", "fingerprint")}
        return arrays.dataset(self.samples, self.tokens, self.estimates, attributes)

    def to_csv(self, folder: Path | str) -> list[Path]:
        """Writes the run's tables as CSV into a folder, which is made; results only where they were computed.

        Text stays as it is, but for an apostrophe before what a spreadsheet would take for a formula.
        """
        folder = Path(folder)
        with atomic.disk_faults(folder, "the tables"):
            folder.mkdir(parents=True, exist_ok=True)
        names = [*tables.SCHEMAS, *(name for name in results.COLUMNS if results.is_computed(self.path, name))]
        for name in names:
            csv.write(getattr(self, name), folder / f"{name}.csv")
        return [folder / f"{name}.csv" for name in names]

    def __repr__(self) -> str:
        return f"<llmgeo run {' · '.join(value for _, value in self._summary())}>"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{markup(key)}</th><td>{markup(value)}</td></tr>" for key, value in self._summary())
        return f"<table><caption>llmgeo run</caption>{rows}</table>"

    def _summary(self) -> list[tuple[str, str]]:
        """What a glance should tell; every value on one line and unable to drive a terminal."""
        count = sum(len(unit.samples) for unit in self.units)
        known = manifest.identifying(self.manifest)
        known.pop("revision", None)  # long, and no help at a glance
        size = f"{count} samples in {len(self.units)} units"
        facts = [("folder", place(self.path)), *known.items(), ("status", self.status), ("size", size)]
        if self.results_recipe is not None:
            name = plain(self.results_recipe.get("name", "one that cannot be read"))
            facts.append(("results", f"answer another recipe: {name}"))
        return facts

    def _table(self, kind: str) -> pd.DataFrame:
        parts = [part for unit in self.units if (part := unit.part(kind))]
        found = [self._part(kind, part) for part in parts]
        whole = pa.concat_tables(found, promote_options="default") if found else tables.SCHEMAS[kind].empty_table()
        return tables.to_pandas(whole)

    def _part(self, kind: str, part: journal.Part) -> pa.Table:
        try:
            return tables.from_parquet(kind, part.read(self.path))
        except ValueError as error:
            raise part.damage(self.path, str(error)) from error


def not_a_run(path: Path) -> str:
    if os.path.isfile(path) and os.path.isfile(path.parent / MANIFEST):
        return f"{place(path)} is a file of a run; give the run itself: {place(path.parent)}"
    inside = runs_in(path)
    nearby = inside or runs_in(path.parent) or runs_in(RUNS)
    what = "is a folder of runs, not a run" if inside else f"is no run: there is no {MANIFEST} in it"
    if not nearby:
        return f"{place(path)} {what}, and no run was found nearby. To make one: llmgeo probe"
    newest = "".join(f"\n  {place(run)}" for run in nearby[:5])
    more = f"\n  … and {len(nearby) - 5} more" if len(nearby) > 5 else ""
    return f"{place(path)} {what}. Runs nearby, newest first:{newest}{more}"
