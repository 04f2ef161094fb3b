"""Reads and writes run.json, the manifest. Knows the keys llmgeo itself keeps there, none of the experiment's.

Written first and atomically, then rewritten only when the status changes or the run is resumed. A run that was killed
says "running" for ever: the journal, not the status, tells what is done.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llmgeo.errors import CorruptRunError, RunError
from llmgeo.escape import literal
from llmgeo.messages import place, plain, shown
from llmgeo.run import atomic, format_1
from llmgeo.run.declaration import Declaration
from llmgeo.run.layout import MANIFEST

SCHEMA_VERSION = 2
STATUSES = ("running", "complete", "partial", "failed")

File = Mapping[str, Any]
"""`bytes` and `sha256` of a file."""

RESERVED = frozenset(
    {"schema_version", "status", "fingerprint", "fingerprint_fields", "recipe_sha256", "created", "updated"}
    | {"changed_on_resume", "notes", "tables", "arrays", "results"}
)
_LARGEST = 16 * 1024 * 1024  # bytes; more is no manifest


def new(
    facts: Mapping[str, object],
    fingerprint: str,
    fields: Mapping[str, object],
    recipe_sha256: str,
    declaration: Declaration,
) -> dict:
    """The manifest of a run that begins now. Raises ValueError if `facts` use a key that llmgeo keeps for itself."""
    reserved = sorted(RESERVED & facts.keys())
    if reserved:
        raise ValueError(f"the manifest may not set {', '.join(reserved)}: llmgeo keeps these itself")
    now = _now()
    return {
        "schema_version": SCHEMA_VERSION,
        "status": "running",
        "created": now,
        "updated": now,
        "fingerprint": fingerprint,
        "fingerprint_fields": dict(fields),
        "recipe_sha256": recipe_sha256,
        **facts,
        **declaration.to_json(),
    }


def resumed(stored: dict, begun: dict) -> dict:
    """The stored manifest brought up to date with one that begins now; what changed is kept on record.

    What was noted of the run so far stays, and so do its results, until a unit is added.
    """
    changes = {
        key: [stored.get(key), begun.get(key)]
        for key in sorted((stored.keys() | begun.keys()) - RESERVED)
        if stored.get(key) != begun.get(key)
    }
    history = list(stored.get("changed_on_resume", []))
    if changes:
        history.append({"at": begun["created"], "changes": changes})
    kept = {key: stored[key] for key in ("notes", "results") if key in stored}
    manifest = {**begun, "created": stored["created"], **kept}
    return {**manifest, "changed_on_resume": history} if history else manifest


def noted_in(manifest: Mapping[str, object]) -> dict[str, Any]:
    """What was noted of the run: what it holds, the seconds it took."""
    noted = manifest.get("notes")
    return dict(noted) if isinstance(noted, dict) else {}


def units_when_complete(manifest: Mapping[str, object]) -> int | None:
    """How many units a complete run held when its results were computed; None where that is not told."""
    units = noted_in(manifest).get("units")
    return units if manifest["status"] == "complete" and type(units) is int else None


def with_results(
    manifest: Mapping[str, object], files: Mapping[str, File], units: int, counts: Mapping[str, int] | None
) -> dict:
    """The manifest that names the files of results/, and says what the run holds that they are computed from."""
    noted = {**noted_in(manifest), "units": units} | ({} if counts is None else {"counts": dict(counts)})
    return {**manifest, "results": {name: dict(file) for name, file in files.items()}, "notes": noted}


def tells_of_results(manifest: Mapping[str, object]) -> bool:
    return "results" in manifest or bool({"units", "counts"} & noted_in(manifest).keys())


def without_results(manifest: Mapping[str, object]) -> dict:
    """The manifest of a run that is about to hold something else than its results were computed from."""
    remaining = {key: value for key, value in manifest.items() if key not in ("results", "notes")}
    noted = {key: value for key, value in noted_in(manifest).items() if key not in ("units", "counts")}
    return {**remaining, "notes": noted} if noted else remaining


def result_files(manifest: Mapping[str, object]) -> dict[str, File] | None:
    """The files of results/ by name; None where the manifest tells nothing of them, as those of llmgeo 0.1.0."""
    return manifest.get("results")


def declaration(manifest: Mapping[str, object]) -> Declaration:
    """What the run holds. Raises ValueError if the manifest declares what cannot be."""
    if manifest["schema_version"] == format_1.VERSION:
        return format_1.DECLARATION
    return Declaration.from_json(manifest)


def declaring(manifest: Mapping[str, object], declaration: Declaration) -> dict:
    """The manifest with another declaration, in today's format."""
    return {**manifest, "schema_version": SCHEMA_VERSION, **declaration.to_json()}


def identifying(manifest: Mapping[str, object]) -> dict[str, str]:
    r"""Which models and recipe a run is of, as far as its manifest tells: names, revision, dtype, device, a line each.

    >>> model = {"name": "org/x", "dtype": "float32", "layers": 30}
    >>> identifying({"subjects": {"model": model}, "recipe": {"name": "coherence"}})
    {'model': 'org/x', 'recipe': 'coherence', 'dtype': 'float32'}
    """
    stored = manifest.get("subjects")
    stored = stored if isinstance(stored, dict) else {}
    subjects = {str(part): facts for part, facts in stored.items() if isinstance(facts, dict)}
    first = next(iter(subjects.values()), {})
    recipe = manifest.get("recipe")
    names = {part: facts.get("name") for part, facts in subjects.items()}
    names["recipe"] = recipe.get("name") if isinstance(recipe, dict) else recipe
    names |= {key: first.get(key) for key in ("revision", "dtype", "device")}
    return {plain(key): plain(value) for key, value in names.items() if value is not None}


def write(run: Path, manifest: Mapping[str, object]) -> None:
    """Replaces run.json as a whole. Raises ValueError for NaN, RunError if the disk refuses."""
    text = json.dumps(manifest, indent=2, allow_nan=False)
    atomic.write_bytes(run / MANIFEST, text.encode("ascii") + b"\n")


def set_status(run: Path, manifest: dict, status: str, notes: Mapping[str, object]) -> dict:
    """Writes and returns the manifest with another status; notes come to those that it has."""
    if status not in STATUSES:
        raise ValueError(f"status {status!r} is none of {', '.join(STATUSES)}")
    changed = {**manifest, "status": status, "updated": _now()}
    earlier = {key: value for key, value in noted_in(manifest).items() if key != "reason"}
    if earlier or notes:
        changed["notes"] = {**earlier, **notes}
    write(run, changed)
    return changed


def read(run: Path) -> dict:
    """The manifest of a run, with a declaration that can be used.

    Raises CorruptRunError if it cannot be read, RunError if a newer llmgeo wrote it, or only an older one reads it.
    """
    path, name = run / MANIFEST, place(run / MANIFEST)
    try:
        if path.stat().st_size > _LARGEST:
            raise CorruptRunError(f"{name} has {path.stat().st_size:,} bytes; a manifest has at most {_LARGEST:,}")
        manifest = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise CorruptRunError(f"{name} cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError):
        raise CorruptRunError(
            f"{name} is not JSON; restore it from a copy, or measure again into another folder"
        ) from None
    version = manifest.get("schema_version") if isinstance(manifest, dict) else None
    if type(version) is not int or version < 1:
        raise CorruptRunError(f"{name} is not the manifest of a run: it has no schema_version")
    if version > SCHEMA_VERSION:
        raise RunError(
            f"{place(run)} was written by a newer llmgeo (format {version}; this one reads up to "
            f"{SCHEMA_VERSION}). Upgrade: pip install --upgrade llmgeo"
        )
    _check_keys(name, manifest)
    if version == format_1.VERSION:
        format_1.refuse_comparison(run, manifest)
        manifest = format_1.updated(manifest)
    try:
        declaration(manifest)
    except (ValueError, RecursionError) as error:
        raise CorruptRunError(f"{name} is damaged: {literal(str(error))}") from None
    return manifest


def misdeclared(run: Path, file: str, reason: str) -> CorruptRunError:
    """The error for a manifest that does not declare what the run holds, as far as one of its files shows."""
    return CorruptRunError(
        f"{MANIFEST} of {place(run)} was changed: {file} is what was written, and not what it declares ({reason}). "
        f"Nothing else is damaged: put {MANIFEST} back from a copy, or measure again into another folder"
    )


def _check_keys(name: str, manifest: dict) -> None:
    kinds = {"status": str, "created": str, "fingerprint": str, "recipe_sha256": str, "fingerprint_fields": dict}
    wrong = [key for key, kind in kinds.items() if not isinstance(manifest.get(key), kind)]
    if not isinstance(manifest.get("changed_on_resume", []), list):
        wrong.append("changed_on_resume")
    if "results" in manifest and not _are_files(manifest["results"]):
        wrong.append("results")
    if wrong:
        raise CorruptRunError(f"{name} is damaged: {', '.join(wrong)} missing or of the wrong kind")
    if manifest["status"] not in STATUSES:
        raise CorruptRunError(f"{name} has status {shown(manifest['status'])}; known are {', '.join(STATUSES)}")


def _are_files(files: object) -> bool:
    return isinstance(files, dict) and all(
        isinstance(file, dict) and type(file.get("bytes")) is int and isinstance(file.get("sha256"), str)
        for file in files.values()
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
