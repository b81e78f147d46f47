"""A text and a causal language model > how surprising the text is to it: perplexity, bits a byte."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.metrics.entailment import library
from longgrain.metrics.item import Figures, Item, Scored
from longgrain.metrics.words import valid

NAMES = ("perplexity", "nats_per_token", "bits_per_byte", "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Perplexity:
    """Perplexity of the prediction under ``model``, read alone and from its beginning.

    Every token is predicted once. A text longer than the model's context is read in windows that
    go on by ``stride`` tokens, and only what is new in a window counts, with all before it in the
    window as its context. Before the text stands the model's token for a beginning or, without one, that
    for an end, so that the first token is predicted too; a model with neither leaves the first out.
    Perplexities of models with different tokenizers do not compare; ``bits_per_byte`` does. Of all
    items together ``all_perplexity`` and ``all_bits_per_byte``, every token and byte counting once.
    """

    name: ClassVar[str] = "perplexity"
    origin: ClassVar[str] = "Jelinek et al. 1977; strided windows as transformers documents them"
    needs: ClassVar[tuple[str, ...]] = ()
    gold: ClassVar[str] = ""
    shares: ClassVar[bool] = False

    model: str = ""
    """A folder or hub name of a causal language model (extra train)."""
    stride: int = 512
    """New tokens in each window after the first; smaller is dearer and gives each more context."""
    context: int = 0
    """Tokens of a window; 0 takes as many as the model has positions."""
    device: str = ""
    """cpu, cuda, cuda:1, mps; by default a GPU where there is one."""
    dtype: str = "auto"
    """float32, bfloat16, float16, or "auto" for that of the files."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if self.stride < 1 or self.context < 0 or (self.context and self.context <= self.stride):
            raise PlanError(
                f"perplexity with stride {self.stride}, context {self.context}: a token would have no "
                "context; give a stride of 1 or more and a context that is longer"
            )

    @property
    def lacks(self) -> str:
        """A model, where none is set."""
        return "" if self.model else "a language model: --set perplexity.model=FOLDER"

    def score(self, item: Item) -> Figures:
        """``perplexity``, ``nats_per_token``, ``bits_per_byte`` and ``tokens``, those that were predicted."""
        return self.scores([item])[0].figures

    def tally(self, item: Item) -> Mapping[str, float]:
        """Nats, tokens and bytes."""
        return self.scores([item])[0].tally

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """Of all texts together."""
        nats, tokens, size = (sums.get(one, 0.0) for one in ("nats", "tokens", "bytes"))
        return {
            "all_perplexity": _exp(nats / tokens) if tokens else None,
            "all_bits_per_byte": nats / math.log(2) / size if size else None,
        }

    def scores(self, items: Sequence[Item]) -> Sequence[Scored]:
        """Text by text: padding would cost more than it saves where lengths differ."""
        if not self.model:
            return [Scored(figures=dict.fromkeys(NAMES)) for _ in items]
        reader = _reader(self.model, self.device, self.dtype)
        return [self._scored(reader, valid(item.prediction)) for item in items]

    def _scored(self, reader: Reader, text: str) -> Scored:
        nats, tokens, size = reader.read(text, self.stride, self.context)
        if not tokens:
            return Scored(figures=dict.fromkeys(NAMES), why="no token that could be predicted")
        each = nats / tokens
        values = (_exp(each), each, nats / math.log(2) / size, float(tokens))
        return Scored(
            figures=dict(zip(NAMES, values, strict=True)),
            tally={"nats": nats, "tokens": float(tokens), "bytes": float(size)},
        )


def _exp(nats: float) -> float | None:
    return math.exp(nats) if nats < 700 else None  # beyond the largest number there is


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reader:
    """A language model and its tokenizer, loaded."""

    torch: Any
    tokenizer: Any
    model: Any
    longest: int

    def read(self, text: str, stride: int, context: int) -> tuple[float, int, int]:
        """Nats of the predicted tokens, how many they are, and their bytes in UTF-8."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        size = len(text.encode())
        begin = self._begin()
        if begin is not None:
            ids = [begin, *ids]
        elif ids:
            size -= len(self.tokenizer.decode(ids[:1]).encode())
        length = min(context or self.longest, self.longest)
        nats = math.fsum(
            self._nats(ids[start:end], new) for start, end, new in windows(len(ids), length, stride)
        )
        return nats, max(0, len(ids) - 1), size

    def _only(self, tokens: int) -> dict[str, int]:
        known = "logits_to_keep" in signature(self.model.forward).parameters
        return {"logits_to_keep": tokens} if known else {}

    def _begin(self) -> int | None:
        first = self.tokenizer.bos_token_id
        found: int | None = self.tokenizer.eos_token_id if first is None else first
        return found

    def _nats(self, ids: Sequence[int], new: int) -> float:
        """Of the last ``new`` tokens. Only their logits are asked for: all of them would fill the memory."""
        torch = self.torch
        rows = torch.tensor([ids], dtype=torch.long, device=self.model.device)
        with torch.inference_mode():
            found = self.model(input_ids=rows, use_cache=False, **self._only(new + 1)).logits
            logits = found[0, -new - 1 : -1].float()
            return float(torch.nn.functional.cross_entropy(logits, rows[0, -new:], reduction="sum"))


def windows(tokens: int, length: int, stride: int) -> Iterator[tuple[int, int, int]]:
    """Where each window begins and ends, and how many of its last tokens are new; every token but the
    first is new once.
    """
    done = 1
    while done < tokens:
        end = min(tokens, length if done == 1 else done + min(stride, length - 1))
        yield max(0, end - length), end, end - done
        done = end


@lru_cache(maxsize=2)
def _reader(name: str, device: str, dtype: str) -> Reader:
    torch, transformers = library("torch"), library("transformers")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(name)
        model = transformers.AutoModelForCausalLM.from_pretrained(name, dtype=dtype)
        model = model.to(device or ("cuda" if torch.cuda.is_available() else "cpu")).eval()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise PlanError(
            f"perplexity.model {name!r} cannot be loaded, so nothing can be read with it: {error}; "
            "give a folder with config.json, tokenizer and weights, or a name on the hub"
        ) from error
    own = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    longest = min(int(one) for one in (own, tokenizer.model_max_length, 1 << 20) if one)
    return Reader(torch=torch, tokenizer=tokenizer, model=model, longest=longest)
