"""Chats > the words that a causal language model adds to them, batch by batch, left-padded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from longgrain.errors import TeacherError
from longgrain.teachers._chat import Messages, Said
from longgrain.teachers._usage import Usage
from longgrain.types import Refused

# Files up to this size are hashed whole; of larger ones so much at the start, middle and end.
WHOLE, PART = 64 << 20, 1 << 20
FILES = ("*.json", "*.jinja", "*.model", "*.txt", "*.safetensors", "*.bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Causal:
    """A model and its tokenizer, loaded; ``torch`` is the library, imported where it is needed."""

    torch: Any
    tokenizer: Any
    model: Any
    context: int
    """tokens that prompt and reply may have together"""

    @classmethod
    def load(cls, name: str, revision: str, device: str, dtype: str) -> Causal:
        """The model in a folder or of the hub. TeacherError if anything it needs is missing."""
        torch, transformers = _library("torch"), _library("transformers")
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(name, revision=revision)
            model = transformers.AutoModelForCausalLM.from_pretrained(
                name, revision=revision, dtype=dtype
            )
            model = model.to(device or ("cuda" if torch.cuda.is_available() else "cpu")).eval()
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise TeacherError(
                f"the model {name!r} cannot be loaded, so nothing can be asked: {error}; give a "
                "folder with config.json, tokenizer and weights, or a name on the hub"
            ) from error
        if not tokenizer.chat_template:
            raise TeacherError(
                f"the model {name!r} has no chat template, so it cannot be told anything: choose one "
                "that was tuned to follow instructions"
            )
        lengths = (getattr(model.config.get_text_config(), "max_position_embeddings", None),)
        context = min(one for one in (*lengths, tokenizer.model_max_length) if one)
        return cls(torch=torch, tokenizer=tokenizer, model=model, context=int(context))

    def said(
        self, chats: Sequence[Messages], *, most: int, temperature: float, batch: int
    ) -> list[Said | Refused]:
        """What is said to each chat in at most so many tokens, in order, or why nothing can be."""
        prompts = [self._prompt(chat, most) for chat in chats]
        found = {n: one for n, one in enumerate(prompts) if isinstance(one, Refused)}
        ids = {n: one for n, one in enumerate(prompts) if not isinstance(one, Refused)}
        # Prompts of like length share a batch: less padding.
        order = sorted(ids, key=lambda number: (-len(ids[number]), number))
        said: dict[int, Said | Refused] = dict(found)
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            replies = self._batch([ids[number] for number in some], most, temperature)
            said.update(zip(some, replies, strict=True))
        return [said[number] for number in range(len(chats))]

    def _prompt(self, chat: Messages, most: int) -> list[int] | Refused:
        """The token ids of a chat up to where the reply begins; refused if they do not fit."""
        turns = [{"role": role, "content": text} for role, text in chat]
        try:
            words = self.tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
        except Exception as error:  # a template is a program of the model's maker
            return Refused(reason=f"the model's chat template refuses the prompt ({error})")
        ids: list[int] = self.tokenizer(words, add_special_tokens=False)["input_ids"]
        if len(ids) + most <= self.context:
            return ids
        return Refused(
            reason=f"the prompt of {len(ids)} tokens and a reply of {most} do not fit the model's "
            f"context of {self.context}"
        )

    def _batch(
        self, prompts: Sequence[list[int]], most: int, temperature: float
    ) -> Sequence[Said | Refused]:
        width = max(map(len, prompts))
        ends = self._ends()
        pad = self.tokenizer.pad_token_id
        pad = next(iter(ends), 0) if pad is None else pad
        # Right padding would stand between prompt and reply and change it.
        ids = [[pad] * (width - len(one)) + one for one in prompts]
        mask = [[0] * (width - len(one)) + [1] * len(one) for one in prompts]
        # Sampling depends on nothing but the prompts of the batch.
        self.torch.manual_seed(int(hashlib.sha256(repr(prompts).encode()).hexdigest()[:15], 16))
        warmth = (
            {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
        )
        tensor = {"dtype": self.torch.long, "device": self.model.device}
        try:
            with self.torch.inference_mode():
                rows = self.model.generate(
                    input_ids=self.torch.tensor(ids, **tensor),
                    attention_mask=self.torch.tensor(mask, **tensor),
                    max_new_tokens=most,
                    pad_token_id=pad,
                    **warmth,
                )
        except self.torch.OutOfMemoryError:
            reason = f"no memory for {len(prompts)} prompts at a time; lower batch_size"
            return [Refused(reason=reason, final=False)] * len(prompts)
        replies = [row[width:].tolist() for row in rows]
        return [self._said(len(one), ids, ends) for one, ids in zip(prompts, replies, strict=True)]

    def _ends(self) -> set[int]:
        """The tokens that end a reply."""
        given = self.model.generation_config.eos_token_id
        given = self.tokenizer.eos_token_id if given is None else given
        return set(given) if isinstance(given, list) else {given} - {None}

    def _said(self, read: int, ids: list[int], ends: set[int]) -> Said:
        end = next((place for place, one in enumerate(ids) if one in ends), len(ids))
        return Said(
            text=self.tokenizer.decode(ids[:end], skip_special_tokens=True).strip(),
            finish="stop" if end < len(ids) else "length",
            refusal="",
            usage=Usage(prompt=read, reply=min(end + 1, len(ids))),
        )


def _library(name: str) -> Any:
    """A library of the extra ``train``. TeacherError if it is missing."""
    try:
        return import_module(name)
    except ImportError as error:
        raise TeacherError(
            f"{name} is not installed, so no model can run here ({error}): pip install "
            "'longgrain[train]', or use the teacher openai with a server"
        ) from error


def contents(folder: Path) -> Iterator[bytes]:
    """Names, sizes and bytes of a model's files in order, of large ones a part: what it is.

    Of an adapter also those of its base, where that is a folder.
    """
    base = _base(folder)
    if base is not None:
        yield from contents(base)
    paths = {path for pattern in FILES for path in folder.glob(pattern)}
    for path in sorted(paths):
        size = path.stat().st_size
        yield f"{path.name} {size}".encode()
        with path.open("rb") as file:
            for place in (0, size // 2, size - PART) if size > WHOLE else (0,):
                file.seek(place)
                yield file.read(PART if size > WHOLE else WHOLE)


def _base(folder: Path) -> Path | None:
    """The folder of an adapter's base; None for a whole model, and for a base on the hub."""
    try:
        known = json.loads((folder / "adapter_config.json").read_text("utf-8"))
        found = Path(known["base_model_name_or_path"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.is_dir() and found.resolve() != folder.resolve() else None
