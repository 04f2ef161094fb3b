"""The run directory: a folder that loses nothing and shows no number that was not measured. Knows no model, no screen.

    declaration = Declaration([SAMPLES, TOKENS, ESTIMATES, LAYERS, CLAIMS], [STATES])    # what this kind of run holds
    with create_or_resume(folder, facts, recipe_source, fingerprint_fields, declaration) as writer:
        for unit in units:
            if not writer.unit_done(unit):
                writer.write_unit(unit, {"samples": …, "tokens": …, "estimates": …}, {"states": …})
        writer.write_results({"layers": …, "claims": …})
        writer.finish("complete")

    run = open(folder)            # run.samples, run.layers, run.to_xarray(), …: every declared table
    verify(folder), repair(folder)
    recompute(folder, compute, declaration)    # results/ anew, from what was measured

The names below are imported when they are first used: what needs only a declaration, such as a recipe, loads no pandas.

`declaration` says what there is, `layout` names the files, `journal` says what is done, `writer` and `reader` are the
two ways in.
"""

from importlib import import_module

_HOMES = {
    "Frames": "recomputation",
    "Problem": "damage",
    "Repair": "damage",
    "Run": "reader",
    "RunWriter": "writer",
    "check_out": "folder",
    "choose_folder": "folder",
    "create_or_resume": "writer",
    "find_unfinished": "folder",
    "fingerprint": "fingerprints",
    "join_in": "writer",
    "open": "reader",
    "recompute": "recomputation",
    "repair": "damage",
    "verify": "damage",
    "write_bytes": "atomic",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'llmgeo.run' has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
