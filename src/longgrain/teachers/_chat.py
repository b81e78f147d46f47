"""A request > what to say to a chat model, turn by turn; its replies > an answer or the reason for none.

Nothing here sends anything: `conversation` is a generator that a live endpoint and a file of answers
drive alike.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal, NamedTuple

import orjson

from longgrain.errors import PlanError
from longgrain.teachers._structured import correction, extract, in_words, strict
from longgrain.teachers._usage import Prices, Usage, most_tokens, was_cut
from longgrain.types import Answered, Refused, Request, content_id

# Raise it whenever the same request would get another answer.
VERSION = "1"
# A correction names at most three faults, each with a short place and name.
A_CORRECTION = 1000
SHOWN = 200
_CHINESE = re.compile(r"[㐀-鿿]")

Messages = tuple[tuple[str, str], ...]
Form = Literal["json_schema", "json_object", "words"]
Limit = Literal["max_tokens", "max_completion_tokens"]


class Said(NamedTuple):
    """What a model said to a conversation; ``usage`` is None where the server does not tell."""

    text: str
    finish: str
    refusal: str
    usage: Usage | None


Conversation = Generator[Messages, Said | Refused, Answered | Refused]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a server wants to be spoken to: how it takes schemas, what it calls the limit of a reply."""

    form: Form = "json_schema"
    spoken: bool = False
    """Whether the schema is also said in words."""
    limit: Limit = "max_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat model, and what a call to it costs. Sampling settings left at None are the server's own.

    The model and the sampling settings are part of the key under which an answer is stored, prices
    and the address of a server are not: a model that moved keeps its answers.
    """

    prompted: ClassVar[bool] = True
    """It reads the prompts of requests."""

    model: str
    """Its name at the server."""
    temperature: float | None = None
    top_p: float | None = None
    max_reply_tokens: int = 1024
    """A longer reply is cut, and refused."""
    seed: int | None = None
    """Given to the server; a request's further samples count up from it."""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of a request, as the server knows them."""
    reasks: int = 2
    """How often a reply that does not meet its schema is asked for again, with the fault named."""
    tokenizer: str = ""
    """The model's tokenizer.json, for exact bounds on tokens; without it they come from characters."""
    judges: bool = False
    """Whether it takes a second look at hard distractors, one call each."""
    whole_replies: bool = True
    """Whether a reply that is cut or empty is refused; else it is taken as it is."""
    price_per_million_prompt: float = 0.0
    price_per_million_reply: float = 0.0
    price_per_million_cached: float | None = None
    currency: str = ""
    prices_of: date | None = None
    """The day the prices were looked up."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        prices = (self.price_per_million_prompt, self.price_per_million_reply)
        if not self.model or self.max_reply_tokens < 1 or self.reasks < 0 or min(prices) < 0:
            raise PlanError(
                f"teacher with model {self.model!r}, max_reply_tokens {self.max_reply_tokens}, "
                f"reasks {self.reasks}, prices {prices}: nothing could be asked; name the model, "
                "allow at least one token, and no number below 0"
            )

    @property
    def version(self) -> str:
        """Changes with every setting that changes answers."""
        sampling: list[Any] = [self.temperature, self.top_p, self.max_reply_tokens, self.seed]
        sampling.append(self.reasks)
        extra = dict(self.extra_body)
        if not self.whole_replies:
            sampling.append("any reply")
        return f"{VERSION}-{content_id(orjson.dumps([sampling, extra], option=_SORTED))[:8]}"

    @property
    def prices(self) -> Prices:
        """The plan's prices."""
        return Prices(
            prompt=self.price_per_million_prompt,
            reply=self.price_per_million_reply,
            cached=self.price_per_million_cached,
        )

    def most(self, request: Request) -> Answered:
        """An answer as dear as one can be: a token a byte, every reply too long, all asked again."""
        schema = len(orjson.dumps(request.schema, default=dict)) if request.schema else 0
        first = most_tokens([text for _, text in request.prompt], self.tokenizer) + 2 * schema
        turn = self.max_reply_tokens + A_CORRECTION + schema
        turns = 1 + self.reasks
        used = Usage(
            prompt=turns * first + turn * (turns * (turns - 1) // 2),
            reply=turns * self.max_reply_tokens,
        )
        dearest = max(self.price_per_million_prompt, self.price_per_million_cached or 0.0)
        prices = Prices(prompt=dearest, reply=self.price_per_million_reply, cached=None)
        return prices.answered("", used)

    def body(self, request: Request, messages: Messages, dialect: Dialect) -> dict[str, Any]:
        """The JSON of one chat call."""
        schema = request.schema
        if schema is not None and dialect.spoken:
            speaker, last = messages[len(request.prompt) - 1]
            said = f"{last}\n\n{in_words(schema, is_chinese(request))}"
            place = len(request.prompt) - 1
            messages = (*messages[:place], (speaker, said), *messages[place + 1 :])
        sampling = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "seed": None if self.seed is None else (self.seed + request.index) % 2**31,
            "response_format": _response_format(schema, dialect.form),
        }
        return {
            "model": self.model,
            "messages": [{"role": role, "content": text} for role, text in messages],
            dialect.limit: self.max_reply_tokens,
            **{name: value for name, value in sampling.items() if value is not None},
            **self.extra_body,
        }


_SORTED = orjson.OPT_SORT_KEYS


def conversation(chat: Chat, request: Request) -> Conversation:
    """Yields messages, takes what was said to them, or why nothing was; returns what came of it."""
    messages: Messages = tuple((_ROLES.get(who, who), text) for who, text in request.prompt)
    used, wrong = Usage(), ""
    if not messages:
        return Refused(reason=f"a language model needs a prompt, and {request.task!r} has none")
    for _ in range(1 + chat.reasks):
        said = yield messages
        if isinstance(said, Refused):
            return chat.prices.refused(said.reason, used, final=said.final)
        texts = [text for _, text in messages]
        # A server that does not count is taken to have used as much as it can have.
        used += said.usage or Usage(
            prompt=most_tokens(texts, chat.tokenizer), reply=chat.max_reply_tokens
        )
        if said.usage and (cut := was_cut(texts, said.usage.prompt, chat.tokenizer)):
            return chat.prices.refused(cut, used, final=False)
        if reason := _unusable(said, chat):
            return chat.prices.refused(reason, used)
        text, wrong = _read(said, request)
        if text or not chat.whole_replies:
            return chat.prices.answered(text or said.text, used)
        if request.schema is not None and said.text.strip():
            again = correction(wrong, request.schema, is_chinese(request))
            messages = (*messages, ("assistant", said.text), ("user", again))
    return chat.prices.refused(f"no usable reply in {1 + chat.reasks} turns: {wrong}", used)


def advance(talk: Conversation, said: Said | Refused | None) -> Messages | Answered | Refused:
    """The next messages of a conversation, or what came of it."""
    try:
        return talk.send(said) if said is not None else next(talk)
    except StopIteration as end:
        found: Answered | Refused = end.value
        return found


# What a prompt may be spoken by, and what a chat endpoint calls it.
_ROLES = {"text": "user"}


def _unusable(said: Said, chat: Chat) -> str:
    """Why a reply is none, whatever it says; asking again would not help."""
    if said.refusal:
        return f"the model refused: {said.refusal[:SHOWN]}"
    if said.finish == "content_filter":
        return "the server's content filter withheld the reply"
    if said.finish == "length" and chat.whole_replies:
        return f"the reply was cut at max_reply_tokens: {chat.max_reply_tokens:,}"
    return ""


def _read(said: Said, request: Request) -> tuple[str, str]:
    """The text of an answer, or what is wrong with it."""
    if not said.text.strip():
        return "", "the reply is empty"
    if request.schema is None:
        return said.text, ""
    return extract(said.text, request.schema)


def is_chinese(request: Request) -> bool:
    """Whether a prompt is to be gone on with in Chinese: a tenth of it is."""
    words = "".join(text for _, text in request.prompt)
    return len(_CHINESE.findall(words)) * 10 > len(words)


def _response_format(schema: Mapping[str, Any] | None, form: Form) -> dict[str, Any] | None:
    """What a server is told of the schema, besides words."""
    if schema is None or form == "words":
        return None
    if form == "json_object":
        return {"type": "json_object"} if schema.get("type") == "object" else None
    named: dict[str, Any] = {"name": "reply", "schema": dict(schema)}
    return {
        "type": "json_schema",
        "json_schema": {**named, "strict": True} if strict(schema) else named,
    }


def said_in(body: Any) -> Said:
    """What a chat completion says. ValueError if it is none, such as one cut off on its way."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        return Said(
            text=_text(message.get("content")),
            finish=str(choice.get("finish_reason") or ""),
            refusal=str(message.get("refusal") or ""),
            usage=usage_of(body.get("usage")),
        )
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError("the reply is no chat completion") from error


def _text(content: Any) -> str:
    """A message's words; some servers give them in parts."""
    if isinstance(content, Sequence) and not isinstance(content, str):
        return "".join(str(part.get("text") or "") for part in content)
    return content if isinstance(content, str) else ""


def usage_of(told: Any) -> Usage | None:
    """What a server says that a call used; None where it does not tell."""
    if not isinstance(told, Mapping) or not told.get("prompt_tokens"):
        return None
    details = told.get("prompt_tokens_details") or {}
    prompt = int(told["prompt_tokens"])
    return Usage(
        prompt=prompt,
        reply=int(told.get("completion_tokens") or 0),
        cached=min(prompt, int(details.get("cached_tokens") or 0)),
    )
