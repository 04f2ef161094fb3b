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

`declaration` says what there is, `layout` names the files, `journal` says what is done, `writer` and `reader` are the
two ways in.
"""

from llmgeo.run.atomic import write_bytes
from llmgeo.run.damage import Problem, Repair, repair, verify
from llmgeo.run.fingerprints import fingerprint
from llmgeo.run.folder import check_out, choose_folder, find_unfinished
from llmgeo.run.reader import Run, open
from llmgeo.run.recompute import Frames, recompute
from llmgeo.run.writer import RunWriter, create_or_resume, join_in

__all__ = [
    "Frames",
    "Problem",
    "Repair",
    "Run",
    "RunWriter",
    "check_out",
    "choose_folder",
    "create_or_resume",
    "find_unfinished",
    "fingerprint",
    "join_in",
    "open",
    "recompute",
    "repair",
    "verify",
    "write_bytes",
]
