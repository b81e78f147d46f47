"""A local model and a case > how much its answer's tokens attend to each grain, over all heads and layers.

The context is read as the model does it; then the last token before the answer and the answer's own are
read once more with eager attention, which gives its weights: layers x heads x answer x context of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from longgrain.errors import TeacherError
from longgrain.why.case import Case
from longgrain.why.local import Local

GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """The share of attention that goes to each grain, and to what is none; together 1."""

    grains: tuple[float, ...]
    rest: float


def memory(local: Local, context: int, answer: int) -> int:
    """Bytes that the weights take."""
    config: Any = local.causal.model.config.get_text_config()
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    return int(4 * layers * heads * answer * (context + answer))


def attention(local: Local, case: Case, *, most: float) -> Attention:
    """Averaged over the answer's tokens, heads and layers. TeacherError where it cannot be had.

    ``most`` bounds the GiB of the weights, which are known before.
    """
    words = local.rendered(case.chat())
    context, answer = local.ids(words), local.answer_ids(case)
    size = memory(local, len(context), len(answer))
    if size > most * GIB:
        raise TeacherError(
            f"attention of {len(answer):,} tokens to {len(context):,} takes {size / GIB:.2f} GiB, more "
            f"than the {most:g} GiB that it may have: allow it more with --attention-memory"
        )
    owners = _owners(local, case, words, context)
    weights = _weights(local, context, answer)
    sums = [0.0] * (case.grains + 1)
    for owner, weight in zip(owners, weights, strict=False):
        sums[owner] += weight
    sums[-1] += sum(weights[len(owners) :])
    return Attention(grains=tuple(sums[:-1]), rest=sums[-1])


def _weights(local: Local, context: Sequence[int], answer: Sequence[int]) -> list[float]:
    """The mean weight on each token of the context, and of the answer so far."""
    torch, model = local.causal.torch, local.causal.model
    usual = model.config._attn_implementation
    kind = {"dtype": torch.long, "device": model.device}
    asking = [context[-1], *answer[:-1]]
    try:
        with torch.inference_mode():
            past = None
            if len(context) > 1:
                read = torch.tensor([context[:-1]], **kind)
                past = model(input_ids=read, use_cache=True, logits_to_keep=1).past_key_values
            model.set_attn_implementation("eager")
            found = model(
                input_ids=torch.tensor([asking], **kind),
                past_key_values=past,
                output_attentions=True,
                use_cache=True,
            ).attentions
    except (ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise TeacherError(
            f"this model gives no attention weights ({type(error).__name__}: {error}); use "
            "--no-attention"
        ) from error
    finally:
        model.set_attn_implementation(usual)
    return _mean(found, len(context) + len(answer) - 1)


def _mean(found: Any, length: int) -> list[float]:
    """Over layers, heads and rows. TeacherError where a layer does not look at the whole context."""
    if not found or any(one is None or one.shape[-1] != length for one in found):
        raise TeacherError(
            "this model's layers do not all keep the whole context (a sliding window, or no attention "
            "at all), so weights cannot be laid on grains; use --no-attention"
        )
    total = sum(one.float().mean(dim=(0, 1, 2)) for one in found)
    values: list[float] = (total / len(found)).tolist()
    return values


def _owners(local: Local, case: Case, words: str, context: Sequence[int]) -> list[int]:
    """The grain of each token of the context, the last number for none: by its first character."""
    encoded = local.causal.tokenizer(words, add_special_tokens=False, return_offsets_mapping=True)
    places = encoded["offset_mapping"]
    owner = [case.grains] * (len(words) + 1)
    at = 0
    for _, parts in case.turns:
        for part in parts:
            text = part.text.strip()
            start = words.find(text, at)
            if start < 0:
                raise TeacherError(
                    "the chat template changes the words of the context, so tokens cannot be laid on "
                    "grains; use --no-attention"
                )
            at = start + len(text)
            if part.grain is not None:
                owner[start:at] = [part.grain] * len(text)
    return [owner[start] for start, _ in places[: len(context)]]
