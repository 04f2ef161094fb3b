"""The exceptions a user can meet: one base class, one exit code each.

Every message names the value, what is allowed, and what to type next. Errors of the programmer (a wrong shape inside
the library, say) are ordinary Python exceptions and are not caught anywhere. Knows nothing about where it is shown.
"""


class LlmgeoError(Exception):
    """Base of everything llmgeo raises for a user's input or environment. Shown as one message, never a traceback."""

    exit_code = 1


class Remark(UserWarning):
    """Something that was done otherwise than it was asked for, and why; said once, and no error."""


class UsageError(LlmgeoError):
    """The request itself is wrong: a bad option, a bad value, something that can be known before any work starts."""

    exit_code = 2


class MissingPackageError(UsageError, ImportError):
    """A package that this needs is not installed; the message is the line that installs it. Python's own error too."""


class UnknownArgumentError(UsageError, TypeError):
    """A function of llmgeo's has no argument of this name; the message names those it has. Python's own error too."""


class RecipeError(UsageError):
    """A recipe or prompt file cannot be used; the message names the file and the key or line."""


class ModelError(LlmgeoError):
    """A model cannot be found, loaded, or measured (no causal LM, blocks not found, verification failed)."""


class ModelNameError(UsageError, ModelError):
    """What was given as a model is no name that one can have, and no model in memory; nothing was looked for."""


class NonFiniteStatesError(ModelError):
    """A hidden state is NaN or infinite; the message names the layer and the token."""


class RunError(LlmgeoError):
    """A run directory cannot be written, resumed or read."""


class NoTableError(UsageError, AttributeError):
    """A run has no table of this name; the message names those it has. Python takes it for a missing attribute too."""


class OtherRunError(RunError):
    """The folder asked for holds a run of something else; the message names every field that differs."""

    exit_code = 2


class ProcessError(RunError):
    """Another process of the same run has failed: its message, and its exit code."""

    def __init__(self, message: str, exit_code: int):
        super().__init__(message)
        self.exit_code = exit_code


class CorruptRunError(RunError):
    """A file of a run is missing, short, or does not match its checksum."""


class MeasureError(LlmgeoError):
    """Points or states that no measure can be asked about (wrong dimensions, NaN, an unknown estimator)."""


class NumberOfEstimatesError(MeasureError, TypeError):
    """One number was asked of several estimates, or several of one. Python's own error too."""
