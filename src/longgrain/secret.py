"""Settings > the first place in them that looks like a key or a password, never the value itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

NAMED = re.compile(
    r"api[_-]?key|authorization|password|passwd|secret|bearer|(auth|access|api)[_-]?token",
    re.IGNORECASE,
)
# Prefixes of keys in use (OpenAI and its likes, Groq, Hugging Face, Google), a header's value,
# and a URL with a password before its host.
VALUE = re.compile(
    r"\b(sk|pk|gsk|xai|r8|nvapi|fw)[-_][\w-]{16,}|\bhf_\w{24,}|\bAIza[\w-]{30,}"
    r"|\bbearer\s+[\w.~+/=-]{12,}|://[^\s/@:]*:[^\s/@]+@",
    re.IGNORECASE,
)


def hidden(words: str) -> str:
    """The words with what looks like a key taken out."""
    return VALUE.sub("***", words)


def named_secret(value: Any) -> str | None:
    """The first name in nested mappings and lists that stands for a secret."""
    return next((name for name in _names(value) if NAMED.search(name)), None)


def place_of_secret(value: Any, place: str = "") -> str | None:
    """The dotted place of the first name or text that looks like a secret, or None."""
    if isinstance(value, str):
        return place if VALUE.search(value) else None
    items = value.items() if isinstance(value, Mapping) else ()
    if isinstance(value, list | tuple):
        items = enumerate(value)  # type: ignore[assignment]
    for name, inner in items:
        here = f"{place}.{name}".lstrip(".")
        if isinstance(name, str) and NAMED.search(name) and inner:
            return here
        if found := place_of_secret(inner, here):
            return found
    return None


def _names(value: Any) -> Iterator[str]:
    """The names in nested mappings and lists."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _names(inner)
