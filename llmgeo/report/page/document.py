"""The page as one file: the template filled in, styles and scripts inside, a policy that lets nothing else run.

Knows jinja2 and the browser's rules, nothing of what the page says. Text reaches the page in two ways only: through the
template, which escapes it, and as JSON that no markup can leave. The content-security policy names the two inline
blocks by their SHA-256, so that no other script or style runs even if a text did get out, and nothing is ever fetched.
"""

import base64
import hashlib
from importlib import resources
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import llmgeo
from llmgeo.escape import literal
from llmgeo.experiments.compare import page as comparison
from llmgeo.experiments.compare.recipe import TEXT_WORDS
from llmgeo.experiments.compare.summary import CHAT_NOTE, is_comparison
from llmgeo.experiments.probe import page as content
from llmgeo.experiments.probe.page import Options
from llmgeo.report import words
from llmgeo.report.manifest import PAGE as REPORT
from llmgeo.report.token_text import token
from llmgeo.run import Run, write_bytes

SCRIPTS = {
    "probe": ("base", "claims", "curves", "scales", "contrasts", "texts", "trajectory", "start"),
    "compare": ("base", "claims", "curves", "start"),
}
"""The parts of a page's one script, in the order in which they are joined."""

_PACKAGE = "llmgeo.report.page"


def write_page(run: Run, path: Path | str | None = None, options: Options | None = None) -> Path:
    """Writes the page of a finished run.

    Args:
        path: the file; by default `report.html` in the run's folder. An older page is replaced.
        options: how much the page may hold.

    Returns:
        Where it is.

    Raises:
        RunError: the run has no results yet, or the file cannot be written. CorruptRunError: the run is damaged.
    """
    target = Path(path) if path is not None else run.path / REPORT
    write_bytes(target, page_html(run, options).encode("utf-8"))
    return target


def page_html(run: Run, options: Options | None = None) -> str:
    """The page of a finished run as text. Raises as `write_page`."""
    kind = "compare" if is_comparison(run) else "probe"
    said = comparison.collect(run) if is_comparison(run) else content.collect(run, options or Options())
    style = _file("report.css")
    names = SCRIPTS[kind]
    own = (resources.files(f"llmgeo.experiments.{kind}") / "page.js").read_text(encoding="utf-8")
    script = "\n".join([*(_file(f"scripts/{name}.js") for name in names[:-1]), own, _file(f"scripts/{names[-1]}.js")])
    script = f'"use strict";\n(() => {{\n{script}\n}})();\n'
    return _environment().get_template(f"{kind}/page.html.j2").render(
        content=said,
        summary=said.summary,
        policy=_policy(script, style),
        style=Markup(style),  # this package's own files
        script=Markup(script),
        version=llmgeo.__version__,
        words=words,
        token=token,
        text_names=TEXT_WORDS,
        chat_note=CHAT_NOTE,
        sections=comparison.SECTIONS,
    )  # fmt: skip


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _file(name: str) -> str:
    return (resources.files(_PACKAGE) / name).read_text(encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader(_PACKAGE, package_path=""), PackageLoader("llmgeo.experiments", package_path="")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["literal"] = literal
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return environment
