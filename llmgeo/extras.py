"""Packages that only some of llmgeo needs: imported when used, and named with their install line when missing."""

from importlib import import_module
from types import ModuleType

from llmgeo.errors import MissingPackageError

EXTRAS = {"matplotlib": "plots", "xarray": "xarray", "peft": "adapter", "statsmodels": "dmet"}
"""Which extra of llmgeo's brings a package. What is not here comes with llmgeo itself."""


def needed(module: str, what: str) -> ModuleType:
    """A module of a package that not everyone installs.

    Args:
        module: its dotted name.
        what: that needs it, as the beginning of a sentence.

    Raises:
        MissingPackageError: its package is not installed.

    >>> needed("json", "This example").dumps(1)
    '1'
    """
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # it is there, and something that it needs itself is not
        wanted = f'"llmgeo[{EXTRAS[package]}]"' if package in EXTRAS else package
        raise MissingPackageError(f"{what} needs {package}, which is not installed: pip install {wanted}") from None
