"""Requests with prompts > answers of a language model in this process, for those without a server."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.teachers._causal import Causal, contents
from longgrain.teachers._chat import Chat, Messages, Said, advance, conversation
from longgrain.types import Answered, Refused, Request

# Raise it whenever the same request would get another answer.
VERSION = "1"


@dataclass(slots=True, kw_only=True)
class Transformers:
    """A causal language model with a chat template, run by the transformers library (extra ``train``).

    Prompts that do not fit the model's context are refused, never cut. In 16-bit types a reply may
    depend on the others of its batch.
    """

    prompted: ClassVar[bool] = True

    model: str
    """A folder, or a name on the Hugging Face hub."""
    revision: str = "main"
    """Commit on the hub; "main" is whatever was last put there."""
    device: str = ""
    """cpu, cuda, cuda:1, mps; by default a GPU where there is one."""
    dtype: str = "auto"
    """float32, bfloat16, float16, or "auto" for that of the files."""
    max_reply_tokens: int = 1024
    """A longer reply is cut, and refused."""
    reasks: int = 1
    """How often a reply that does not meet its schema is asked for again, with the fault named."""
    judges: bool = True
    """Whether it takes a second look at hard distractors."""
    whole_replies: bool = True
    """Whether a reply that is cut or empty is refused; else it is taken as it is."""
    batch_size: int = 8
    """Prompts answered at a time."""
    temperature: float = 0.0
    """0 takes the likeliest token each time."""
    _chat: Chat = field(init=False, repr=False, compare=False)
    _version: str = field(default="", init=False, repr=False, compare=False)
    _causal: Causal | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if self.batch_size < 1:
            raise PlanError(
                f"teacher transformers with batch_size {self.batch_size}: give 1 or more"
            )
        self._chat = Chat(
            model=self.model,
            temperature=self.temperature,
            max_reply_tokens=self.max_reply_tokens,
            reasks=self.reasks,
            whole_replies=self.whole_replies,
        )

    @property
    def name(self) -> str:
        """The model's name; of a folder its last part."""
        folder = Path(self.model)
        return f"transformers:{folder.resolve().name if folder.is_dir() else self.model}"

    @property
    def version(self) -> str:
        """Changes with a folder's files or the revision, and with the settings that tell on replies."""
        if not self._version:
            folder = Path(self.model)
            digest = hashlib.sha256(f"{self._chat.version} {self.dtype}".encode())
            for part in contents(folder) if folder.is_dir() else [self.revision.encode()]:
                digest.update(hashlib.sha256(part).digest())
            self._version = f"{VERSION}-{digest.hexdigest()[:12]}"
        return self._version

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """One answer or refusal for each request, in order. TeacherError if there is no model."""
        talks = [conversation(self._chat, request) for request in requests]
        turns = {number: advance(talk, None) for number, talk in enumerate(talks)}
        found: dict[int, Answered | Refused] = {}
        while turns:
            open_ = {}
            for number, turn in turns.items():
                if isinstance(turn, Answered | Refused):
                    found[number] = turn
                else:
                    open_[number] = turn
            said = self._said(list(open_.values()))
            turns = {n: advance(talks[n], one) for n, one in zip(open_, said, strict=True)}
        return [found[number] for number in range(len(requests))]

    def _said(self, chats: Sequence[Messages]) -> Sequence[Said | Refused]:
        if not chats:
            return []
        if self._causal is None:
            self._causal = Causal.load(self.model, self.revision, self.device, self.dtype)
        return self._causal.said(
            chats,
            most=self.max_reply_tokens,
            temperature=self.temperature,
            batch=self.batch_size,
        )
