"""Texts of a prompt > bounds on its tokens; tokens and the plan's prices > money."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from longgrain.errors import PlanError
from longgrain.types import Answered, Refused

_CJK = re.compile(r"[぀-ヿ㐀-鿿\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"\S*\w\S*")
# Characters of Chinese or Japanese a token, at most. Windows of 3,000 characters of laws, novels and
# manuals have 1.2 to 2.7 with a tokenizer trained on those very texts, and 1 to 1.8 with others.
CJK_A_TOKEN = 3
# A template adds a few tokens to a message, and some a system message of their own (20 to 80).
A_MESSAGE, A_TEMPLATE = 16, 512
# Fewer than this share of the fewest possible tokens, and the server has not read the prompt whole;
# no server's context is so small that it cuts a prompt of fewer tokens than the second number.
FAR_BELOW, WORTH_A_LOOK = 0.8, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one or several calls; ``cached`` are those of the prompts that were read from a cache."""

    prompt: int = 0
    reply: int = 0
    cached: int = 0

    def __add__(self, other: Usage) -> Usage:
        """The sum."""
        return Usage(
            prompt=self.prompt + other.prompt,
            reply=self.reply + other.reply,
            cached=self.cached + other.cached,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What the plan says that a million tokens cost; without ``cached``, those cost like others."""

    prompt: float
    reply: float
    cached: float | None

    def of(self, used: Usage) -> float:
        """Money, in the plan's currency."""
        cached = self.prompt if self.cached is None else self.cached
        fresh = used.prompt - used.cached
        return (fresh * self.prompt + used.cached * cached + used.reply * self.reply) / 1e6

    def answered(self, text: str, used: Usage) -> Answered:
        """An answer with its cost."""
        return Answered(
            text=text,
            prompt_tokens=used.prompt,
            reply_tokens=used.reply,
            money=self.of(used),
        )

    def refused(self, reason: str, used: Usage, *, final: bool = True) -> Refused:
        """A refusal with its cost."""
        return Refused(
            reason=reason,
            final=final,
            prompt_tokens=used.prompt,
            reply_tokens=used.reply,
            money=self.of(used),
        )


def fewest_tokens(texts: Sequence[str], tokenizer: str = "") -> int:
    """No tokenizer in use makes fewer tokens of the texts; the given one's own count if there is one.

    A word between blanks is at least one token. Chinese and Japanese characters are counted apart,
    since their words have no blanks between them.
    """
    if tokenizer:
        return _counted(texts, tokenizer)
    words = characters = 0
    for text in texts:
        characters += len(_CJK.findall(text))
        words += len(_WORD.findall(_CJK.sub(" ", text)))
    return words + characters // CJK_A_TOKEN


def most_tokens(texts: Sequence[str], tokenizer: str = "") -> int:
    """No tokenizer makes more tokens of a prompt of these messages: one a byte, and the template's."""
    if tokenizer:
        count = _counted(texts, tokenizer)
    else:
        count = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    return count + A_MESSAGE * len(texts) + A_TEMPLATE


def was_cut(texts: Sequence[str], reported: int, tokenizer: str = "") -> str:
    """Why the server cannot have read the whole prompt, given the tokens that it reports; or nothing."""
    fewest = fewest_tokens(texts, tokenizer)
    if fewest < WORTH_A_LOOK or not 0 < reported < FAR_BELOW * fewest:
        return ""
    return (
        f"the server cut the prompt: it read {reported:,} tokens of at least {fewest:,}; raise its "
        "context length (Ollama: num_ctx or OLLAMA_CONTEXT_LENGTH, llama.cpp: --ctx-size, vLLM: "
        "--max-model-len)"
    )


def _counted(texts: Sequence[str], tokenizer: str) -> int:
    encoded = _load(tokenizer).encode_batch_fast(list(texts), add_special_tokens=False)
    return sum(len(one.ids) for one in encoded)


@lru_cache(maxsize=4)
def _load(tokenizer: str) -> Any:
    from tokenizers import Tokenizer

    path = Path(tokenizer).expanduser()
    path = path / "tokenizer.json" if path.is_dir() else path
    if not path.is_file():
        raise PlanError(
            f"teacher tokenizer {tokenizer!r}: there is no file {path}, so the tokens of prompts "
            "cannot be counted; give the path of the model's tokenizer.json, or leave it out"
        )
    return Tokenizer.from_file(str(path))
