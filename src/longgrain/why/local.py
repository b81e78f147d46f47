"""A model in this process, a case > the log-probability of its answer without some grains, batch by batch."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from longgrain.errors import TeacherError
from longgrain.teachers._causal import Causal
from longgrain.why.case import Case, Chat


@dataclass(frozen=True, kw_only=True)
class Local:
    """A causal language model with its tokenizer and chat template."""

    causal: Causal
    batch: int = 8

    unit = "nats"

    @classmethod
    def load(cls, name: str, *, device: str = "", dtype: str = "auto", batch: int = 8) -> Local:
        """The model in a folder or of the hub. TeacherError if it cannot be loaded."""
        return cls(causal=Causal.load(name, "main", device, dtype), batch=batch)

    def own_answer(self, chat: Chat, most: int) -> str:
        """What the model says, greedily. TeacherError where it cannot."""
        (said,) = self.causal.said([chat], most=most, temperature=0.0, batch=1)
        text = getattr(said, "text", None)
        if text is None:
            raise TeacherError(
                f"the model gives no answer ({getattr(said, 'reason', '')}), so there is nothing to "
                "explain: choose a shorter context"
            )
        return str(text)

    def scores(self, case: Case, without: Sequence[frozenset[int]]) -> list[float]:
        """The log-probability of the answer's tokens, summed, without each of these sets of grains."""
        answer = self.answer_ids(case)
        prompts = [self.ids(self.rendered(case.chat(one))) for one in without]
        order = sorted(range(len(prompts)), key=lambda at: -len(prompts[at]))
        found = [0.0] * len(prompts)
        for start in range(0, len(order), self.batch):
            some = order[start : start + self.batch]
            values = self._batch([prompts[at] for at in some], answer)
            for at, value in zip(some, values, strict=True):
                found[at] = value
        return found

    def rendered(self, chat: Chat) -> str:
        """The words of the chat up to where the answer begins. TeacherError if the template refuses."""
        turns = [{"role": role, "content": text} for role, text in chat]
        try:
            words = self.causal.tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
        except Exception as error:  # a template is a program of the model's maker
            raise TeacherError(
                f"the model's chat template refuses the conversation ({error}), so it cannot be asked"
            ) from error
        return str(words)

    def ids(self, text: str) -> list[int]:
        """The tokens of words, without any that the tokenizer would add."""
        found: list[int] = self.causal.tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    def answer_ids(self, case: Case) -> list[int]:
        """The tokens of the answer. TeacherError for an answer of none, and for what does not fit."""
        answer = self.ids(case.answer)
        longest = len(self.ids(self.rendered(case.chat())))
        if not answer:
            raise TeacherError(
                f"the answer of {case.id} is empty, so there is nothing to explain: choose another one"
            )
        if longest + len(answer) > self.causal.context:
            raise TeacherError(
                f"{longest:,} tokens of context and {len(answer):,} of the answer do not fit the "
                f"model's {self.causal.context:,}: choose a shorter one"
            )
        return answer

    def _batch(self, prompts: Sequence[list[int]], answer: list[int]) -> list[float]:
        """Left-padded, so that the answer ends every row."""
        torch, model = self.causal.torch, self.causal.model
        width = max(map(len, prompts))
        rows = [[0] * (width - len(one)) + one + answer for one in prompts]
        mask = [[0] * (width - len(one)) + [1] * (len(one) + len(answer)) for one in prompts]
        kind = {"dtype": torch.long, "device": model.device}
        ids, seen = torch.tensor(rows, **kind), torch.tensor(mask, **kind)
        asked: dict[str, Any] = {"input_ids": ids, "attention_mask": seen, "use_cache": False}
        parameters = inspect.signature(model.forward).parameters
        if "position_ids" in parameters:
            asked["position_ids"] = (seen.cumsum(-1) - 1).clamp(min=0)
        if "logits_to_keep" in parameters:  # else logits of the whole context are made
            asked["logits_to_keep"] = len(answer) + 1
        try:
            with torch.inference_mode():
                logits = model(**asked).logits[:, -len(answer) - 1 : -1].float()
        except torch.OutOfMemoryError as error:
            raise TeacherError(
                f"there is no memory for {len(prompts)} contexts of {width:,} tokens at a time: lower "
                "--batch"
            ) from error
        told = torch.log_softmax(logits, -1).gather(-1, ids[:, -len(answer) :, None])
        values: list[float] = told.squeeze(-1).sum(-1).tolist()
        return values
