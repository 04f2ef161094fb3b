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
from llmgeo.engine import registry
from llmgeo.errors import UsageError
from llmgeo.escape import literal
from llmgeo.messages import place
from llmgeo.report import words
from llmgeo.report.manifest import PAGE as REPORT
from llmgeo.report.page.cited import cited
from llmgeo.report.page.content import KIT, Options, Page
from llmgeo.report.page.glossary import PageGlossary
from llmgeo.report.story import story
from llmgeo.report.token_text import token
from llmgeo.run import Run, write_bytes


def write_page(run: Run, path: Path | str | None = None, options: Options | None = None) -> Path:
    """Writes the page of a finished run.

    Args:
        path: the file; by default `report.html` in the run's folder. An older page is replaced.
        options: how much the page may hold.

    Returns:
        Where it is.

    Raises:
        UsageError: the file's folder is not there.
        RunError: the run has no results yet, or the file cannot be written. CorruptRunError: the run is damaged.
    """
    target = Path(path) if path is not None else run.path / REPORT
    if target.is_dir() or not target.parent.is_dir():
        what = "is a folder" if target.is_dir() else f"cannot be written: there is no folder {place(target.parent)}"
        raise UsageError(f"{place(target)} {what}; give the page a file in a folder that is there")
    write_bytes(target, page_html(run, options).encode("utf-8"))
    return target


def page_html(run: Run, options: Options | None = None) -> str:
    """The page of a finished run as text. Raises as `write_page`."""
    return rendered(registry.experiment_of(run).page(run, options or Options()))


def rendered(page: Page) -> str:
    """A page as text."""
    style = "\n".join(_file(KIT, name) for name in ("report.css", "pictures.css"))
    own = [_file(page.package, name) for name in (page.script, *page.more_scripts)]
    scripts = [*(_file(KIT, f"scripts/{name}.js") for name in page.parts), *own]
    script = "\n".join([*scripts, _file(KIT, "scripts/start.js")])
    script = f'"use strict";\n(() => {{\n{script}\n}})();\n'
    glossary = PageGlossary(page.data, page.recipe, page.claims)
    return _environment(page.package).get_template(page.template).render(
        origin=page.origin,
        status=page.status,
        claims=page.claims,
        story=" ".join(sentence for sentence in (page.headline, story(page.claims)) if sentence),
        notices=page.notices,
        remarks=page.remarks,
        seconds=page.seconds,
        data=page.data,
        policy=_policy(script, style),
        style=Markup(style),  # this package's own files
        script=Markup(script),
        version=llmgeo.__version__,
        words=words,
        token=token,
        term=glossary.link,
        glossary_terms=glossary.terms,
        **page.context,
    )  # fmt: skip


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _file(package: str, name: str) -> str:
    return (resources.files(package) / name).read_text(encoding="utf-8")


def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name, package_path="") for name in dict.fromkeys((KIT, package))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["literal"] = literal
    environment.filters["cited"] = cited
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return environment
