"""Wraps libraries whose loaders may raise any exception, depending on the file."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Iterator

from hematodesk.domain.errors import HematodeskError, ModelError

_LONGEST = 300


@contextlib.contextmanager
def foreign(code: str, sentence: str, remedy: str = "") -> Iterator[None]:
    """Turn any fault of Keras, TensorFlow, h5py or tf2onnx inside into ModelError `code`.

    Their loaders run what a file says, so no list of exception types is complete.
    """
    try:
        yield
    except HematodeskError:
        raise
    except Exception as fault:
        raise ModelError(code, f"{sentence}: {reason(fault).rstrip('.')}.", remedy) from fault


def reason(fault: BaseException) -> str:
    """One line of a library's message, truncated."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(fault))
    text = " ".join(plain.split()) or type(fault).__name__
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def hush() -> None:
    """Silence the libraries' own messages; what matters comes as an error or in the summary."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in ("tensorflow", "tf2onnx", "absl", "h5py", "tf_keras"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
