"""Other libraries load models without talking, and without reaching what the caller has set in torch.

Knows the switches of transformers, and that they are the whole process's. Loads nothing.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from unittest import mock

_LOADING = threading.RLock()
"""transformers sets torch's default number format, which all threads share, while it makes a model."""


@contextlib.contextmanager
def loading_quietly() -> Iterator[None]:
    """Within it, one thread at a time loads; nothing draws progress bars, since a tensor a line is no news, or
    reports tensors and token ids, which is told in our words; and nothing the caller has set in torch reaches in.
    """
    from transformers import modeling_gguf_pytorch_utils as reader
    from transformers.utils import logging

    from llmgeo.model.passes import plain_numbers

    with _LOADING, plain_numbers():
        has_bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
        logging.disable_progress_bar()
        logging.set_verbosity(logging.CRITICAL)
        try:
            # The GGUF reader draws its bar by tqdm directly, whatever transformers' own switch says.
            with mock.patch.object(reader, "tqdm", lambda tensors, **options: tensors):
                yield
        finally:
            logging.set_verbosity(verbosity)
            if has_bars:
                logging.enable_progress_bar()
