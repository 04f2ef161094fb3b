"""Which files of tests one worker runs together, and which come first. Knows no test by name.

A file is run by one worker, so that its fixtures are made once. What several files share, and what takes seconds to
make, should be made once as well; and a long file that begins last leaves the other workers idle.
"""

TOGETHER = (
    (  # the server that forks processes
        "tests/engine/test_processes.py",
        "tests/engine/test_processes_of_compare.py",
        "tests/engine/test_processes_of_texts.py",
        "tests/engine/test_third_room.py",
    ),
    (  # the browser, and a run of each room with its page
        "tests/page/test_browser.py",
        "tests/page/test_claims.py",
        "tests/page/test_compare_page.py",
        "tests/page/test_depth_page.py",
        "tests/page/test_dmet_page.py",
        "tests/page/test_evidence.py",
        "tests/page/test_first_screen.py",
        "tests/page/test_landscape_page.py",
        "tests/page/test_links.py",
        "tests/page/test_own_texts_page.py",
        "tests/page/test_pictures.py",
        "tests/page/test_plain_page.py",
        "tests/page/test_trace_page.py",
        "tests/page/test_views.py",
        "tests/page/test_watch_page.py",
        "tests/page/test_weights_page.py",
    ),
    ("tests/test_default_model.py", "tests/measures/clouds/test_real_loops.py"),  # the default model
    # UMAP, which compiles for 10 s in each process
    ("tests/measures/paths/test_projection.py", "tests/page/test_document.py", "tests/plots/test_plots.py"),
)

FIRST = (
    "tests/page/test_browser.py",
    "tests/engine/test_processes.py",
    "tests/test_default_model.py",
    "tests/test_kill.py",
    "tests/experiments/compare/test_batches.py",
    "tests/experiments/probe/test_probe.py",
    "tests/experiments/compare/test_compare.py",
    "tests/experiments/compare/test_as_any_run.py",
    "tests/families/test_families.py",
    "tests/examples/test_notebooks.py",
    "tests/measures/paths/test_projection.py",
    "tests/sources/test_hub_process.py",
    "tests/experiments/probe/test_other_window.py",
    "tests/engine/test_batch_size.py",
    "tests/run/test_writer.py",
)
"""The longest, the longest of them first; each stands for its group."""

GROUPS = {file: group[0] for group in TOGETHER for file in group}


def group_of(nodeid: str) -> str:
    """The name of what is run by one worker: a file, or the first file of several.

    >>> group_of("tests/plots/test_plots.py::test_something")
    'tests/measures/paths/test_projection.py'
    """
    file = nodeid.split("::", 1)[0]
    return GROUPS.get(file, file)


def place_of(nodeid: str) -> int:
    """The longest come first, the others as they were collected."""
    group = group_of(nodeid)
    return FIRST.index(group) if group in FIRST else len(FIRST)
