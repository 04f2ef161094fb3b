"""One pass through a model that nothing disturbs: no other thread runs it, and no switch set elsewhere reaches it.

Knows modules, threads and torch's switches. Does not know what is run, or what is captured of it. A pass needs dropout
off, the hooks that capture it to see no pass but this one, and the settings of ``generate`` to be its own; a user's
model is as it was when the pass ends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from weakref import WeakKeyDictionary

import torch
from torch import nn
from transformers import PreTrainedModel

from llmgeo.errors import UsageError


class Turn:
    """Who runs a model just now. Threads wait for each other; a thread that would wait for itself is told so."""

    def __init__(self):
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._doing = ""

    @contextmanager
    def taken(self, doing: str) -> Iterator[None]:
        """Within it, no other thread has the model.

        Args:
            doing: the name of the method that runs it, for the message.

        Raises:
            UsageError: the same thread has it already.
        """
        if self._holder == threading.get_ident():
            raise UsageError(
                f"{doing} was called inside {self._doing} of the same model (from on_token, or from a hook of the "
                f"model), and a model runs one pass at a time. Call it once {self._doing} has ended, or load the "
                "model a second time for it."
            )
        with self._lock:
            self._holder, self._doing = threading.get_ident(), doing
            try:
                yield
            finally:
                self._holder = None


_turns: WeakKeyDictionary[nn.Module, Turn] = WeakKeyDictionary()
_turns_lock = threading.Lock()


def turn_of(model: PreTrainedModel) -> Turn:
    """The one turn of a model, whoever wraps it: an adapter around a model, say, shares its embeddings and blocks.

    >>> from llmgeo.model.sources.toy import toy_model
    >>> model = toy_model()
    >>> turn_of(model) is turn_of(model), turn_of(model) is turn_of(toy_model())
    (True, False)
    """
    with _turns_lock:
        return _turns.setdefault(model.get_input_embeddings(), Turn())


@contextmanager
def one_pass(model: PreTrainedModel, doing: str) -> Iterator[None]:
    """Within it, this thread has the model, in eval mode and without gradients; afterwards every part of it is in the
    mode that its owner had put it in.

    Args:
        doing: the name of the method that runs it.

    Raises:
        UsageError: it is called inside another pass of the same model, or the model is put in training mode meanwhile.

    Example:
        >>> from llmgeo.model.sources.toy import toy_model
        >>> model = toy_model().train()
        >>> with one_pass(model, "read"):
        ...     model.training, torch.is_grad_enabled()
        (False, False)
        >>> model.training
        True
    """
    with turn_of(model).taken(doing), in_eval(model), plain_numbers(model.get_input_embeddings().weight.device.type):
        yield
        if any(part.training for part in model.modules()):
            raise UsageError(
                f"The model was put in training mode while {doing} ran (by another thread, or from on_token), so that "
                f"dropout may be in its states. Call {doing} when nobody trains the model, or load it a second time."
            )


@contextmanager
def in_eval(module: nn.Module) -> Iterator[None]:
    """Within it, every part is in eval mode; afterwards those that were in training mode are again, and no others."""
    training = [part for part in module.modules() if part.training]
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True


@contextmanager
def plain_numbers(device_type: str = "cpu") -> Iterator[None]:
    """Within it, torch computes ordinary tensors without gradients, in the formats that the numbers have: no
    ``autocast``, no ``inference_mode`` and no default device of the caller's reaches in.

    ``inference_mode`` would save a tenth of a tiny model's time and nothing of a real one's, but what it computes can
    neither be trained on nor changed.
    """
    with ExitStack() as switches:
        switches.enter_context(torch.inference_mode(False))
        switches.enter_context(torch.no_grad())
        for kind in {"cpu", device_type} - {"meta"}:
            if torch.is_autocast_enabled(kind):
                switches.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            switches.enter_context(torch.device("cpu"))
        yield
