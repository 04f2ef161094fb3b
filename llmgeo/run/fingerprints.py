"""Says whether two runs would measure the same thing. The experiment decides what counts, and names the fields.

The fields are what decides the numbers: the model's commit, dtype, digests of tokenizer and chat template, the recipe,
the seed, the versions of the measures. How many prompts are taken and how results are shown is no part of it.
"""

import hashlib
import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path

from llmgeo.messages import from_here, option, place, plain, shown
from llmgeo.run import layout

_ABSENT = "(nothing)"

CHOSEN_IF_LEFT_OUT = ("batch_size",)
"""Numbers that are chosen where the option of their name is left out: nobody may have asked for them."""


def fingerprint(fields: Mapping[str, object]) -> str:
    """SHA-256 in hexadecimal of the fields as canonical JSON; the order of keys does not matter.

    Raises ValueError or TypeError for what JSON cannot say (NaN, a tensor).

    >>> fingerprint({"dtype": "float32", "seed": 0}) == fingerprint({"seed": 0, "dtype": "float32"})
    True
    """
    return hashlib.sha256(_canonical(fields).encode("ascii")).hexdigest()


def as_json(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields as they read back from a file: tuples are lists, keys are strings."""
    return json.loads(_canonical(fields))


def differences(stored: object, wanted: object, name: str = "") -> list[tuple[str, str, str]]:
    """Every field that differs, by its dotted name, with both values as a message can show them.

    >>> differences({"model": {"dtype": "float32"}, "seed": 0}, {"model": {"dtype": "bfloat16"}, "seed": 0})
    [('model.dtype', "'float32'", "'bfloat16'")]
    """
    if isinstance(stored, dict) and isinstance(wanted, dict):
        keys = sorted(stored.keys() | wanted.keys())
        pairs = [(key, stored.get(key, _ABSENT), wanted.get(key, _ABSENT)) for key in keys]
    elif isinstance(stored, list) and isinstance(wanted, list) and len(stored) == len(wanted):
        pairs = [(str(number), *pair) for number, pair in enumerate(zip(stored, wanted, strict=True))]
    elif _canonical(stored) == _canonical(wanted):
        return []
    else:
        return [(name, _word(stored), _word(wanted))]
    return [
        difference for key, old, new in pairs for difference in differences(old, new, f"{name}.{key}" if name else key)
    ]


def refusal(run: Path, different: list[tuple[str, str, str]], manifest: Mapping[str, object]) -> str:
    """The message for a folder that holds another run, of which its manifest tells the models."""
    # The recipe in the folder is as it was given: a seed of the command line is not in it.
    recipe, fields = run / layout.RECIPE, [field for field, _, _ in different]
    is_recipe = "recipe.seed" not in fields and all(field.startswith("recipe.") for field in fields)
    to_continue = (
        f"To continue it: {option('recipe', from_here(recipe))}. Or" if is_recipe and recipe.is_file()
        else "Run the command that started it, or"
    )  # fmt: skip
    return (
        f"{place(run)} holds another run{_of_models(manifest)}; {_listed(different)}\n"
        f"{to_continue} give another folder: {option('out', from_here(free_folder(run)))}"
    )


def refusal_of_columns(run: Path, different: list[tuple[str, str, str]]) -> str:
    """The message for a folder that holds the same run, whose manifest declares something else than was written."""
    return (
        f"run.json of {place(run)} declares other columns than this run has; {_listed(different)}\n"
        "It was changed. Put run.json back from a copy, or give another folder: "
        f"{option('out', from_here(free_folder(run)))}"
    )


def free_folder(run: Path) -> Path:
    """A folder beside a run that is not there yet."""
    number = next(number for number in itertools.count(2) if not os.path.lexists(f"{run}-{number}"))
    return Path(f"{run}-{number}")


def _of_models(manifest: Mapping[str, object]) -> str:
    """Anyone may have edited a manifest."""
    subjects = manifest.get("subjects")
    facts = [one for one in subjects.values() if isinstance(one, Mapping)] if isinstance(subjects, Mapping) else []
    names = dict.fromkeys(plain(str(one["name"])) for one in facts if one.get("name"))
    return f", of {' against '.join(names)}" if names else ""


def _difference(field: str, old: str, new: str) -> str:
    if field in CHOSEN_IF_LEFT_OUT and old.isdecimal():
        return f"{field}: {old} in the folder, {new} here; add {option(field, int(old))} to continue it"
    return f"{plain(field)}: {old} in the folder, {new} asked for"


def _listed(different: list[tuple[str, str, str]]) -> str:
    count = "1 field differs" if len(different) == 1 else f"{len(different)} fields differ"
    names_first = sorted(different, key=lambda difference: not difference[0].endswith(".name"))
    return f"{count}:" + "".join(f"\n  {_difference(*difference)}" for difference in names_first)


def _word(value: object) -> str:
    return value if value is _ABSENT else shown(value)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
