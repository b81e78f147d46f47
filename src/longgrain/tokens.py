"""A tokenizer.json and texts > token ids, the place of every token in its text, and the borders where ids can be joined.

Content is always encoded by a copy of the tokenizer that knows no control tokens, so a document
that spells out ``<|im_end|>`` stays text. Control tokens come from chat templates alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import tokenizers
from numpy.typing import NDArray

from longgrain.borders import FOLLOWER, PROBE, code_points, is_border
from longgrain.errors import TokenizerError

Ints = NDArray[np.int32]
Offsets = NDArray[np.int64]
SHIPPED = "longgrain"


@dataclass(frozen=True, slots=True)
class Ragged:
    """Many short arrays end to end: item ``i`` is ``values[offsets[i]:offsets[i + 1]]``."""

    values: Ints
    offsets: Offsets

    def __getitem__(self, i: int) -> Ints:
        return self.values[self.offsets[i] : self.offsets[i + 1]]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Offsets:
        """Token counts, one for each item."""
        return np.diff(self.offsets)

    @classmethod
    def of(cls, items: Sequence[Ints]) -> Ragged:
        """The items end to end."""
        offsets = np.zeros(len(items) + 1, np.int64)
        np.cumsum([len(item) for item in items], out=offsets[1:])
        return cls(np.concatenate([*items, np.zeros(0, np.int32)], dtype=np.int32), offsets)


class Placed(NamedTuple):
    """Token ids of texts, and the code points of the joined text that each token touches."""

    ids: Ragged
    starts: Offsets
    ends: Offsets


_NOWHERE = np.zeros((0, 2), np.int64)


@dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """One tokenizer. ``encoder`` is "tokenizers" (the truth) or "fastokens" (once it has agreed)."""

    name: str
    source: str
    encoder: str = "tokenizers"
    config: str = "{}"

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what was made of them cannot all be sent to another process."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def load(cls, name: str) -> Tokenizer:
        """The tokenizer that ships with longgrain, a tokenizer.json, or a Hugging Face model's."""
        if name == SHIPPED:
            shipped = files("longgrain") / "tokenizers" / "bilingual-32k.json"
            return cls(name=name, source=shipped.read_text("utf-8"))
        path = Path(name).expanduser()
        if path.is_dir():
            path = path / "tokenizer.json"
        if path.suffix == ".json" or path.exists():
            return cls._from_file(name, path)
        return cls._from_hub(name)

    @classmethod
    def _from_file(cls, name: str, path: Path) -> Tokenizer:
        if not path.is_file():
            raise TokenizerError(
                f"tokenizer {name!r}: there is no file {path}, so no token can be counted; give the "
                f"path of a tokenizer.json, a Hugging Face model name, or {SHIPPED!r}"
            )
        config = path.with_name("tokenizer_config.json")
        settings = json.loads(config.read_text("utf-8")) if config.is_file() else {}
        template = path.with_name("chat_template.jinja")
        if template.is_file():
            settings["chat_template"] = template.read_text("utf-8")
        source = path.read_text("utf-8")
        if not source.lstrip().startswith("{"):
            raise TokenizerError(f"tokenizer {name!r}: {path} is not a tokenizer.json")
        return cls(name=name, source=source, config=json.dumps(settings))

    @classmethod
    def _from_hub(cls, name: str) -> Tokenizer:
        from huggingface_hub import snapshot_download

        patterns = ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"]
        try:
            folder = snapshot_download(name, allow_patterns=patterns)
        except Exception as error:
            raise TokenizerError(
                f"tokenizer {name!r} is neither a file here nor a model that the Hugging Face hub "
                f"gave ({type(error).__name__}: {error}); give a tokenizer.json, a model name, or "
                f"{SHIPPED!r}"
            ) from error
        return cls._from_file(name, Path(folder) / "tokenizer.json")

    @cached_property
    def sha256(self) -> str:
        """Of the tokenizer.json, as the manifest names it."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The tokenizer_config.json beside the tokenizer: chat template, names of control tokens."""
        loaded: dict[str, Any] = json.loads(self.config)
        return loaded

    @cached_property
    def _json(self) -> dict[str, Any]:
        return _parsed(self.source)

    @cached_property
    def control(self) -> dict[str, dict[str, Any]]:
        """Added tokens by their text: what a template may use and a document may not."""
        added = self._json.get("added_tokens", [])
        return {token["content"]: token for token in added if not _is_blank(token)}

    @cached_property
    def _blanks(self) -> list[dict[str, Any]]:
        """Added tokens for runs of blanks (GPT-NeoX, Phi, Gemma): these are ordinary text."""
        return [token for token in self._json.get("added_tokens", []) if _is_blank(token)]

    @property
    def _added(self) -> list[dict[str, Any]]:
        """Added tokens with control tokens spelled so that no text can match them; ids stay."""
        known = self._json["model"].get("vocab", {})
        outside = [
            t for t in self._json["added_tokens"] if _is_blank(t) or t["content"] not in known
        ]
        return [t if _is_blank(t) else t | {"content": _hidden(t["content"])} for t in outside]

    @cached_property
    def _content_json(self) -> str:
        bare: dict[str, Any] = {
            "added_tokens": self._added if self._blanks else [],
            "model": _without(self._json["model"], self.control),
            "post_processor": None,
            "truncation": None,
            "padding": None,
        }
        return orjson.dumps(self._json | bare).decode()

    @cached_property
    def library(self) -> tokenizers.Tokenizer:
        """The content encoder of the `tokenizers` library."""
        return _built(self._content_json)

    @cached_property
    def _inner(self) -> tokenizers.Tokenizer:
        """The content encoder behind a control token, where no space is put before the first word."""
        first, never = '"prepend_scheme":"first"', '"prepend_scheme":"never"'
        if first not in self._content_json:
            return self.library
        return tokenizers.Tokenizer.from_str(self._content_json.replace(first, never))

    @cached_property
    def _fast(self) -> Any:
        import fastokens

        return fastokens.Tokenizer.from_json_str(self._content_json)

    @cached_property
    def vocabulary_size(self) -> int:
        """One more than the largest id, control tokens included."""
        ids = [token["id"] for token in self.control.values()]
        return int(max([self.library.get_vocab_size() - 1, *ids])) + 1

    def encode(self, texts: Sequence[str]) -> Ragged:
        """Token ids of many texts; no control token is ever recognised in them."""
        if self.encoder == "fastokens":
            values, offsets = self._fast.encode_batch_flat(list(texts))
            return Ragged(
                np.frombuffer(values, np.uint32).astype(np.int32),
                np.frombuffer(offsets, np.uint64).astype(np.int64),
            )
        encoded = self.library.encode_batch_fast(list(texts), add_special_tokens=False)
        return Ragged.of([np.asarray(one.ids, np.int32) for one in encoded])

    def encode_open(self, texts: Sequence[str]) -> Ragged:
        """Token ids of texts as they are where a visible character follows the line feed at their end.

        Patterns in the style of GPT-2 look ahead: a last blank line is one token, one before a word
        is two.
        """
        lines = [text.endswith("\n") for text in texts]
        found = self.encode(
            [text + FOLLOWER if line else text for text, line in zip(texts, lines, strict=True)]
        )
        kept = np.ones(len(found.values), bool)
        kept[found.offsets[1:][np.array(lines, bool)] - 1] = False
        shift = np.concatenate([[0], np.cumsum(lines)])
        return Ragged(found.values[kept], found.offsets - shift)

    def place(self, texts: Sequence[str], inner: Sequence[bool] = ()) -> Placed:
        """Token ids of texts end to end, and where each token lies in the joined text.

        ``inner`` says of each text whether a control token stands before it.
        """
        if self.byte_lengths is not None and all(map(self.keeps, texts)):
            ids = self.encode(texts)
            found = place_by_bytes("".join(texts), ids, self.byte_lengths)
            if found is not None:
                return found
        # Bytes do not add up where a text was normalised first: only then is the library asked.
        encoded = self._encodings(texts, np.array([*inner] or [False] * len(texts), bool))
        shift = np.cumsum([0, *map(len, texts)])
        spans = [np.asarray(one.offsets, np.int64).reshape(-1, 2) for one in encoded]
        moved = np.concatenate([span + shift[i] for i, span in enumerate(spans)] or [_NOWHERE])
        ids = Ragged.of([np.asarray(one.ids, np.int32) for one in encoded])
        return Placed(ids, moved[:, 0].copy(), moved[:, 1].copy())

    def _encodings(
        self, texts: Sequence[str], inner: NDArray[np.bool_]
    ) -> list[tokenizers.Encoding]:
        """What the library says of each text, by the encoder for its place."""
        if self._inner is self.library:
            return self.library.encode_batch(list(texts), add_special_tokens=False)
        found: dict[int, tokenizers.Encoding] = {}
        for encoder, mine in ((self.library, ~inner), (self._inner, inner)):
            numbers = np.flatnonzero(mine).tolist()
            some = encoder.encode_batch([texts[i] for i in numbers], add_special_tokens=False)
            found |= zip(numbers, some, strict=True)
        return [found[i] for i in range(len(texts))]

    @cached_property
    def byte_lengths(self) -> Ints | None:
        """Bytes each token stands for, by id; None unless this is a lossless byte-level BPE."""
        if self._json["model"].get("type", "BPE") != "BPE" or not self._is_byte_level():
            return None
        vocabulary: dict[str, int] = self._json["model"]["vocab"]
        if not set(_byte_characters()) <= vocabulary.keys():
            return None
        table = np.zeros(self.vocabulary_size, np.int32)
        for token, number in vocabulary.items():
            table[number] = len(token)
        for blank in self._blanks:
            table[blank["id"]] = len(blank["content"].encode())
        return table

    def _is_byte_level(self) -> bool:
        steps = _steps(self._json.get("pre_tokenizer"), "pretokenizers")
        levels = [step for step in steps if step["type"] == "ByteLevel"]
        normalizers = _steps(self._json.get("normalizer"), "normalizers")
        known = all(step["type"] in ("NFC",) for step in normalizers)
        return known and len(levels) == 1 and not levels[0].get("add_prefix_space", False)

    @cached_property
    def composes(self) -> bool:
        """Whether texts are normalised to NFC first (Qwen does)."""
        return bool(_steps(self._json.get("normalizer"), "normalizers"))

    def keeps(self, text: str) -> bool:
        """Whether the tokenizer reads the text as it stands, without normalising it first."""
        return not self.composes or unicodedata.is_normalized("NFC", text)

    @cached_property
    def joins(self) -> bool:
        """Whether ids of parts can be joined exactly (see `is_border`); else messages are encoded whole."""
        return self.byte_lengths is not None and _left_to_right(self._json) and self._rules_hold()

    def _rules_hold(self) -> bool:
        """At every place that `is_border` names in the probe, a pre-token starts and ids can be joined."""
        step = self.library.pre_tokenizer
        named = np.flatnonzero(is_border(code_points(PROBE))).tolist()
        if step is None or not {start for _, (start, _) in step.pre_tokenize_str(PROBE)} >= {
            *named
        }:
            return False
        whole = self.encode([PROBE])[0]
        left = self.encode_open([PROBE[:place] for place in named])
        right = self.encode([PROBE[place:] for place in named])
        return all(
            np.array_equal(np.concatenate([left[i], right[i]]), whole) for i in range(len(named))
        )

    def agreeing(self, samples: Sequence[str]) -> Tokenizer:
        """This tokenizer with fastokens as encoder if it is installed and agrees on every sample."""
        texts = [*samples, PROBE, *self.control]
        slow = self.encode(texts)
        fast = replace(self, encoder="fastokens")
        # The same vocabulary is not parsed a second time.
        vars(fast).update(vars(self) | fast.__getstate__())
        try:
            quick = fast.encode(texts)
        except Exception:  # a missing package, or a tokenizer.json that fastokens cannot read
            return self
        same = np.array_equal(quick.offsets, slow.offsets)
        return fast if same and np.array_equal(quick.values, slow.values) else self


@lru_cache(maxsize=2)  # a build and the run that it opens at its end have the same one
def _parsed(source: str) -> dict[str, Any]:
    loaded: dict[str, Any] = orjson.loads(source)
    return loaded


@lru_cache(maxsize=2)
def _built(source: str) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_str(source)


def place_by_bytes(text: str, ids: Ragged, byte_lengths: Ints) -> Placed | None:
    """Where each token lies, from byte lengths alone; None where the bytes do not add up."""
    raw = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    sizes = byte_lengths[ids.values]
    ends = np.cumsum(sizes, dtype=np.int64)
    if (int(ends[-1]) if len(ends) else 0) != len(raw):
        return None
    starts = ends - sizes
    if len(raw) == len(text):
        return Placed(ids, starts, ends)
    # Half as wide as they are returned: what is summed and looked up here is memory, not arithmetic.
    kind = np.int32 if len(raw) < 1 << 31 else np.int64
    begun: NDArray[Any] = np.cumsum((raw & 0xC0) != 0x80, dtype=kind)
    first, last = begun[starts].astype(np.int64), begun[ends - 1].astype(np.int64)
    first -= 1
    return Placed(ids, first, last)


def _is_blank(token: dict[str, Any]) -> bool:
    return not token.get("special") and not token["content"].strip(" \t\r\n▁")


def _without(model: dict[str, Any], control: Collection[str]) -> dict[str, Any]:
    """The model with its control tokens spelled so that no text can match them; ids stay.

    Unigram finds any of its pieces in a text, so ``</s>`` in a document would end the turn; BPE
    reaches them by merges alone, of which control tokens have none.
    """
    if model.get("type", "BPE") == "BPE":
        return model
    vocabulary = model.get("vocab", {})
    if isinstance(vocabulary, list):
        hidden = [[_hidden(word) if word in control else word, score] for word, score in vocabulary]
        return model | {"vocab": hidden}
    if vocabulary.keys().isdisjoint(control):
        return model
    unknown = model.get("unk_token")
    return model | {
        "vocab": {
            _hidden(word) if word in control and word != unknown else word: number
            for word, number in vocabulary.items()
        }
    }


def _hidden(word: str) -> str:
    return f"\x00{word}"  # readers take NUL characters out of documents


def _steps(part: dict[str, Any] | None, inside: str) -> list[dict[str, Any]]:
    if part is None:
        return []
    return list(part[inside]) if part["type"] == "Sequence" else [part]


def _left_to_right(source: dict[str, Any]) -> bool:
    """No pattern of the pre-tokenizer looks behind, so a border fixes all that follows it."""
    patterns = re.findall(r'"Regex": "(.*?)"}', json.dumps(source.get("pre_tokenizer")))
    return not any("(?<" in pattern for pattern in patterns)


def _byte_characters() -> list[str]:
    """The 256 characters by which byte-level BPE writes bytes (GPT-2's bytes_to_unicode)."""
    return list(tokenizers.pre_tokenizers.ByteLevel.alphabet())
