"""Opens a finished or unfinished run: pandas tables, hidden states, named arrays. Writes nothing, needs no model.

What there is, the run's own declaration says: no experiment is known here. Opening reads the manifest and the journals
only. Each table is read when it is first asked for, whole or a piece at a time, every part of it checked against the
SHA-256 in the journal: a number that is shown is the number that was written.
"""

import copy
import functools
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from llmgeo import plugins
from llmgeo.errors import CorruptRunError, NoTableError, UsageError
from llmgeo.messages import did_you_mean, place, plain, shown
from llmgeo.run import (
    atomic,
    csv,
    glance,
    journal,
    manifest,
    named_arrays,
    parquet,
    pieces,
    process_journals,
    results,
    seconds,
    stored_arrays,
    tensors,
)
from llmgeo.run.declaration import STATES
from llmgeo.run.folder import as_path, not_a_run
from llmgeo.run.layout import MANIFEST, RECIPE, absolute

if TYPE_CHECKING:
    import numpy as np
    import torch
    import xarray


def open(path: Path | str) -> "Run":
    """Opens a run directory.

    Raises:
        UsageError: the path is no path, or no run; the message lists the runs nearby.
        CorruptRunError: its manifest or journal is damaged.
        RunError: a newer llmgeo wrote it.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> from llmgeo.run import create_or_resume
    >>> from llmgeo.run.declaration import SAMPLES, Declaration
    >>> row = {"sample": "a", "condition": "greedy", "prompt": "p1", "rep_4": 0.9}
    >>> with create_or_resume(folder, {"model": "toy"}, b"", {"seed": 0}, Declaration([SAMPLES])) as writer:
    ...     _ = writer.write_unit("00000", {"samples": [row]})
    >>> run = open(folder)
    >>> run.status, run.samples[["sample", "condition", "rep_4"]].to_dict("list")
    ('partial', {'sample': ['a'], 'condition': ['greedy'], 'rep_4': [0.9]})
    """
    folder = as_path(path)
    if not os.path.isfile(folder / MANIFEST):  # unlike Path.is_file, takes a name too long or a NUL for no file
        raise UsageError(not_a_run(folder))
    folder = absolute(folder)  # tables are read later, wherever the program is by then
    stored = manifest.read(folder)
    read_journal = process_journals.read(folder, manifest.declaration(stored))
    journal.check_complete(folder, len(read_journal.units), manifest.units_when_complete(stored))
    return Run(folder, stored, read_journal)


class Run:
    """A run directory, read lazily. Made by `llmgeo.open`.

    Every declared table is an attribute, a DataFrame: `run.samples`, `run.layers`, `run.claims`, …, whatever this kind
    of run holds (`run.describe()` lists it). `run.results_samples` is a measured table as the results take it: on the
    window that they are of. Each is read once and handed out as a copy: to change one changes nothing of the run.

    Attributes:
        path: the folder, from the root of the disk.
        declaration: the tables and arrays that the run holds.
        units: what the journal says is done, in the order of the units' names.
    """

    def __init__(self, path: Path, manifest_read: dict, journal_read: journal.Journal) -> None:
        self.path = path
        self._manifest = manifest_read
        self.declaration = manifest.declaration(manifest_read)
        self.units = journal_read.units
        self._tables: dict[str, pd.DataFrame] = {}

    def __getattr__(self, name: str) -> pd.DataFrame:
        """A table. Raises as `table`; NoTableError is an AttributeError, as Python expects."""
        if name.startswith("_"):  # of Python's own, or of a run that is not made yet, as while it is copied
            raise AttributeError(name)
        return self.table(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(table.name for table in self.declaration.tables)})

    def table(self, name: str) -> pd.DataFrame:
        """One of the run's tables.

        Args:
            name: of a declared table; `results_<name>` for a measured one as the results take it.

        Raises:
            NoTableError: there is none of this name.
            RunError: it is a result, and was not computed yet.
            CorruptRunError: it is damaged.
        """
        self._check_table(name)
        if name not in self._tables:
            self._tables[name] = self._read(name)
        return self._tables[name].copy(deep=not parquet.COPIES_ON_WRITE)

    def pieces(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        samples: Collection[str] | None = None,
        rows: int = pieces.ROWS,
    ) -> Iterator[pd.DataFrame]:
        """A measured table a piece at a time, one at least; nothing of it is kept.

        Args:
            name: as in `table`.
            columns: these alone, with text as categories; the others are not decoded.
            samples: rows of these samples alone; units without them are not read.
            rows: of a piece, at least, but for the last. A piece is made of whole units.

        Raises:
            NoTableError, RunError, CorruptRunError: as `table`, some of them only after some pieces.
        """
        self._check_table(name)
        if self._is_beside_results(name):
            yield pieces.selected(self.table(name), columns, samples)
            return
        table = self.declaration.table(name.removeprefix("results_"))
        is_empty = True
        for piece in pieces.gathered(pieces.parts(self.path, self.units, table, columns, samples), rows):
            is_empty = False
            yield piece
        if is_empty:
            yield pieces.selected(parquet.to_pandas(parquet.schema(table).empty_table()), columns, None)

    def describe(self) -> pd.DataFrame:
        """What the run holds: one row a column of each table and an array, with its words and unit."""
        return pd.DataFrame(self.declaration.rows(), columns=["table", "column", "kind", "words", "unit"])

    @property
    def manifest(self) -> dict:
        """run.json as a dict, a copy."""
        return copy.deepcopy(self._manifest)

    @property
    def seconds(self) -> dict[str, float]:
        """The seconds that were spent on the run so far, by phase: those of all its parts and processes together."""
        return seconds.read(self.path, self._manifest)

    @property
    def status(self) -> str:
        """ "complete", "partial", "failed", or "running" (also of a run that was killed)."""
        return self._manifest["status"]

    @property
    def recipe_source(self) -> bytes:
        """The bytes of the recipe as it was given. Raises CorruptRunError if the file is gone."""
        try:
            return (self.path / RECIPE).read_bytes()
        except OSError as error:
            raise CorruptRunError(
                f"{RECIPE} in {place(self.path)} cannot be read ({error.strerror}). "
                "The command that started the run puts it back"
            ) from error

    @property
    def results_recipe_source(self) -> bytes:
        """The bytes of the recipe that the results answer: the run's own, or a later analysis'."""
        later = results.recipe(self.path)
        return self.recipe_source if later is None else later

    @functools.cached_property
    def results_recipe(self) -> Mapping | None:
        """The recipe that the results answer as plain data: empty if unreadable, None if it is the run's own."""
        return results.answered(self.path)

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
        return stored_arrays.states(self, sample, layers)

    def arrays(self, name: str) -> "dict[str, np.ndarray]":
        """The tensors of a declared array, by key; empty if no unit has any. Hidden states: `states`, text by text.

        Raises UsageError if there is no such array, CorruptRunError if a file is missing, short or unreadable.
        """
        return stored_arrays.arrays(self, name)

    @property
    def layers_kept(self) -> tuple[int, ...] | None:
        """The layers that were captured, where not all of them were."""
        layers = self._manifest.get("layers_kept")
        return tuple(layers) if isinstance(layers, list) and all(type(layer) is int for layer in layers) else None

    @property
    def label_rule(self) -> int:
        """The version of the rule that the texts were labelled by, see `llmgeo.texts.degeneration`; 1 where none is
        told."""
        rule = self._manifest.get("label_rule")
        return rule if type(rule) is int else 1

    def to_xarray(self) -> "xarray.Dataset":
        """The measurements as named arrays over (sample, layer, token).

        A measure of the tokens table becomes `<measure>_<axis>` [sample, layer, token], an estimate `<measure>`
        [sample, layer] with `<measure>_standard_error` and `<measure>_null`; both name axis and cloud in their attrs.
        What else is told of a sample is a coordinate of it. The columns of any other measured table become
        `<table>_<column>` over the rows of that table, and an array whose tensors have one shape becomes `<array>`.
        `long_name` and `units` in the attrs are the words and the unit of the declaration.
        """
        attributes = manifest.identifying(self._manifest)
        attributes |= {key: plain(self._manifest[key]) for key in ("status", "fingerprint")}
        tables = {table.name: self.table(table.name) for table in self.declaration.measured}
        arrays = {array.name: self.arrays(array.name) for array in self.declaration.arrays if array.name != STATES.name}
        return named_arrays.dataset(self.declaration, tables, arrays, self.layers_kept, attributes)

    def to_csv(self, folder: Path | str) -> list[Path]:
        """Writes the run's tables as CSV into a folder, which is made; results only where they were computed.

        Text stays as it is, but for an apostrophe before what a spreadsheet would take for a formula.
        """
        folder = Path(folder)
        with atomic.disk_faults(folder, "the tables"):
            folder.mkdir(parents=True, exist_ok=True)
        names = [table.name for table in self.declaration.measured]
        names += [table.name for table in self.declaration.results if results.is_computed(self.path, table.name)]
        for name in names:
            csv.write(self.table(name), folder / f"{name}.csv")
        return [folder / f"{name}.csv" for name in names]

    def show(self, *parts: str) -> None:
        """Writes what the run found to stdout, or below a notebook's cell: the screen that `llmgeo show` writes.

        Args:
            parts: these alone, such as "claims" or "curves"; the first screen, if left out.

        Raises:
            UsageError: this kind of run has no such part; the message names those it has.
            RunError: there are no results yet, or this llmgeo does not know the kind of run.
        """
        plugins.load()
        glance.show(self, parts)

    def report(self, path: Path | str | None = None, *, umap: bool = True) -> Path:
        """Writes the run as one HTML page, as `llmgeo report` does, and returns where it is.

        Args:
            path: the file; by default `report.html` in the run's folder. An older page is replaced.
            umap: a map of neighbours too, where states were kept, which takes a minute.

        Raises:
            UsageError: the file's folder is not there.
            RunError: there are no results yet, or the file cannot be written.
        """
        from llmgeo.engine import registry

        plugins.load()
        return registry.experiment_of(self).report(self, path, umap=umap)

    def __repr__(self) -> str:
        return f"<llmgeo run {' · '.join(value for _, value in glance.facts(self))}>"

    def _repr_html_(self) -> str:
        return glance.html(self)

    def _check_table(self, name: str) -> None:
        table = self.declaration.table(name.removeprefix("results_"))
        if table is None or (name.startswith("results_") and table.is_result):
            known = [table.name for table in self.declaration.tables]
            meant = did_you_mean(name, known)
            raise NoTableError(f"{place(self.path)} has no table {shown(name)}{meant} It has {', '.join(known)}")

    def _is_beside_results(self, name: str) -> bool:
        """Whether it is a measured table of another window than the run's own."""
        return name.startswith("results_") and results.is_computed(self.path, name.removeprefix("results_"))

    def _read(self, name: str) -> pd.DataFrame:
        table = self.declaration.table(name.removeprefix("results_"))
        if table.is_result or self._is_beside_results(name):
            return results.read(self.path, table, self._manifest["schema_version"], glance.held(self))
        if name != table.name:
            return self.table(table.name)
        return pieces.joined(self.pieces(name, rows=sys.maxsize))
