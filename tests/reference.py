"""Messages > token ids, owners and weights by the `tokenizers` library alone: shares no code with longgrain's encoder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tokenizers

from longgrain.types import Example, Message, Span

MARK = "\ue000"  # stands for any control token; no text of the tests holds it


class Words(NamedTuple):
    """Words with one role, or one control token where ``text`` is its name."""

    text: str
    role: str
    loss: float
    span: int = -1
    control: bool = False


@dataclass(frozen=True)
class Encoded:
    """Ids of a conversation and, for each token, its weight, its role and the number of its words."""

    ids: list[int]
    weights: list[float]
    roles: list[str]
    owners: list[int]
    straddling: tuple[int, int, int]


@dataclass(frozen=True)
class Reference:
    """A tokenizer.json read a second time, control tokens split off by hand."""

    file: Path

    @cached_property
    def whole(self) -> tokenizers.Tokenizer:
        """The tokenizer as it is, control tokens and all."""
        return tokenizers.Tokenizer.from_file(str(self.file))

    @cached_property
    def bare(self) -> tokenizers.Tokenizer:
        """A copy that can never find a control token in a text."""
        source = json.loads(self.file.read_text("utf-8"))
        control = {token["content"] for token in source["added_tokens"]}
        source |= {"added_tokens": [], "post_processor": None}
        if source["model"]["type"] == "Unigram":  # it would find them among its pieces
            pieces = source["model"]["vocab"]
            source["model"]["vocab"] = [[MARK + w if w in control else w, s] for w, s in pieces]
        made = tokenizers.Tokenizer.from_str(json.dumps(source, ensure_ascii=False))
        made.add_special_tokens([tokenizers.AddedToken(MARK, special=True, normalized=False)])
        return made

    def ids(self, text: str) -> list[int]:
        """Ids of content."""
        return list(self.bare.encode(text, add_special_tokens=False).ids)

    def encode(self, conversation: Sequence[Words]) -> Encoded:
        """Every stretch between two control tokens encoded as one text."""
        ids: list[int] = []
        owners: list[list[int]] = []
        at = 0
        while at < len(conversation):
            if conversation[at].control:
                ids.append(self.whole.token_to_id(conversation[at].text))
                owners.append([at])
                at += 1
                continue
            end = at
            while end < len(conversation) and not conversation[end].control:
                end += 1
            text = "".join(words.text for words in conversation[at:end])
            # A control token before the text is one to the tokenizer as well.
            shift = len(MARK) if at else 0
            found = self.bare.encode(MARK[:shift] + text, add_special_tokens=False)
            letters = [
                number for number in range(at, end) for _ in range(len(conversation[number].text))
            ]
            tokens = list(zip(found.ids, found.offsets, strict=True))[shift:]
            for number, (start, stop) in tokens:
                ids.append(number)
                touched = letters[max(0, start - shift) : stop - shift]
                place = max(0, min(start - shift, len(letters) - 1))
                owners.append(sorted(set(touched)) or [letters[place]])
            at = end
        return _weighed(ids, owners, conversation)


def _weighed(ids: list[int], touched: list[list[int]], conversation: Sequence[Words]) -> Encoded:
    chosen, counts = [], [0, 0, 0]
    for some in touched:
        attempts = [
            i for i in some if conversation[i].role == "attempt" and not conversation[i].loss
        ]
        best = max(conversation[i].loss for i in some)
        owner = (attempts or [i for i in some if conversation[i].loss == best])[0]
        chosen.append(owner)
        if len(some) > 1:
            counts[0 if conversation[owner].loss > 0 else 1 if best > 0 else 2] += 1
    weights = [conversation[i].loss for i in chosen]
    weights[0] = 0.0
    return Encoded(
        ids=ids,
        weights=weights,
        roles=[conversation[i].role for i in chosen],
        owners=chosen,
        straddling=(counts[0], counts[1], counts[2]),
    )


def chatml(messages: Sequence[Message], texts: Mapping[str, str]) -> list[Words]:
    """A conversation in ChatML, written by hand."""
    return list(_chatml(messages, texts))


def _chatml(messages: Sequence[Message], texts: Mapping[str, str]) -> Iterator[Words]:
    number = 0
    for message in messages:
        yield Words("<|im_start|>", "glue", 0.0, control=True)
        yield Words(f"{message.speaker}\n", "glue", 0.0)
        loss = 0.0
        for span in message.spans:
            assert isinstance(span, Span)
            loss = span.loss
            yield Words(span.words(texts), span.role, loss, number)
            number += 1
        learned = float(message.speaker == "assistant" and loss > 0)
        yield Words("<|im_end|>", "glue", learned, control=True)
        yield Words("\n", "glue", 0.0)


def depths(example: Example, encoded: Encoded, conversation: Sequence[Words]) -> list[float]:
    """The middle of each evidence grain over the tokens of the context, blank lines included."""
    inside = [
        i for i, words in enumerate(conversation)
        if words.role in ("evidence", "distractor", "metadata")
    ]  # fmt: skip
    first, last = inside[0], inside[-1] + 1
    owners = np.asarray(encoded.owners)
    context = np.flatnonzero((owners >= first) & (owners <= last))
    found = []
    for number in inside:
        if conversation[number].role == "evidence":
            own = np.flatnonzero(owners == number)
            found.append(((own[0] + own[-1] + 1) / 2 - context[0]) / len(context))
    return found
