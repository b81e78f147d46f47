"""Chat templates: what a template writes around messages, rendered here a second time by plain Jinja."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
import pytest
from tokenizers import AddedToken
from tokenizers import Tokenizer as Library

from kinds import CONTROL, Kinds, trial_plan
from longgrain.build import build
from longgrain.chat import ChatTemplate, Control
from longgrain.encode import encode, pieces
from longgrain.errors import TokenizerError
from longgrain.tokens import Tokenizer
from longgrain.types import Message
from trial import span

CHATML = """{% for message in messages %}{{ '<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
' }}{% endfor %}"""
LLAMA3 = """{% set loop_messages = messages %}{% for message in loop_messages %}
{%- set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>

'+ message['content'] | trim + '<|eot_id|>' %}
{%- if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}
{{- content }}{% endfor %}"""
LLAMA2 = """{% for message in messages %}
{%- if message['role'] == 'user' %}{{ bos_token + '[INST] ' + message['content'].strip() + ' [/INST]' }}
{%- else %}{{ ' '  + message['content'].strip() + ' ' + eos_token }}{% endif %}{% endfor %}"""
PLAIN = """{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}"""
PHI = """{% for message in messages %}{{'<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}
{%- endfor %}"""
GENERATION = """{% for m in messages %}{% if m.role == 'assistant' %}<|im_start|>assistant
{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}

{% else %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endif %}{% endfor %}"""
TODAY = "Today is {{ strftime_now('%d %b %Y') }}.\n\n" + CHATML
QWEN3 = """{% for message in messages %}{% set content = message.content %}
{%- if message.role == 'assistant' and '</think>' in content %}
{%- set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}
{%- if message.role == 'assistant' %}<|im_start|>assistant
<think>

</think>

{{ content.lstrip('\\n') }}<|im_end|>
{% else %}<|im_start|>{{ message.role }}
{{ content }}<|im_end|>
{% endif %}{% endfor %}"""
TEMPLATES = {
    "chatml": CHATML,
    "llama 3": LLAMA3,
    "llama 2": LLAMA2,
    "plain": PLAIN,
    "phi": PHI,
    "today": TODAY,
    "qwen 3": QWEN3,
}
DROPS_SYSTEM = (
    "{% for m in messages %}{% if m.role != 'system' %}<s>{{ m.content }}{% endif %}{% endfor %}"
)
MOVES = "{% for m in messages | reverse %}<s>{{ m.content }}</s>{% endfor %}"
REPEATS = "{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}"
ESCAPES = "{% for m in messages %}<s>{{ m.content | e }}</s>{% endfor %}"
SQUEEZES = "{% for m in messages %}<s>{{ m.content.replace('\\n', ' ') }}</s>{% endfor %}"
REFUSES = "{{ raise_exception('only tools here') }}"
BROKEN = "{% for m in messages %}"
MARKS = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
SWALLOWING = ("<|user|>", "<|assistant|>", "<|system|>", "<|end|>")


@pytest.fixture(scope="module")
def tokenizer(kinds: Kinds, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """With all control tokens that the templates use; Phi's swallow the blanks behind them."""
    made = Library.from_file(str(kinds.file("qwen")))
    made.add_special_tokens([AddedToken(c, special=True, normalized=False) for c in MARKS])
    made.add_special_tokens(
        [AddedToken(c, special=True, normalized=False, rstrip=True) for c in SWALLOWING]
    )
    folder = tmp_path_factory.mktemp("chat")
    made.save(str(folder / "tokenizer.json"))
    config = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template": LLAMA2}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    return Tokenizer.load(str(folder))


def template(source: str, tokenizer: Tokenizer, day: date = date(2026, 3, 4)) -> ChatTemplate:
    own = {"bos_token": "<s>", "eos_token": "</s>"}
    return ChatTemplate(name="t", source=source, tokenizer=tokenizer, day=day, variables=own)


def rendered(source: str, messages: Sequence[dict[str, str]]) -> str:
    """By Jinja alone, as transformers does it."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["strftime_now"] = lambda pattern: date(2026, 3, 4).strftime(pattern)
    made = environment.from_string(source)
    return made.render(messages=messages, bos_token="<s>", eos_token="</s>")


def said(speakers: Sequence[str], words: Sequence[Sequence[str]]) -> tuple[Message, ...]:
    return tuple(
        Message(speaker=s, spans=tuple(span("answer", w, float(s == "assistant")) for w in some))  # type: ignore[arg-type]
        for s, some in zip(speakers, words, strict=True)
    )


TALKS: list[tuple[tuple[str, ...], list[list[str]]]] = [
    (("user", "assistant"), [["How many", " bells?"], ["Three", " bells."]]),
    (("user", "assistant") * 2, [["多少？", ""], ["三个。"], ["为什么？\n\n"], ["因为", "如此。"]]),
    (("user", "assistant"), [["\n  spaced\n\n", " \n"], ["\n\n", "  blank first", "\n "]]),
    (
        ("user", "assistant"),
        [["\tTab and\u3000full width\u3000"], [" {{ braces }} <b>&amp;</b> '\""]],
    ),
]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("talk", range(len(TALKS)))
def test_ids_are_those_of_the_rendered_conversation(
    name: str, talk: int, tokenizer: Tokenizer
) -> None:
    speakers, words = TALKS[talk]
    contents = ["".join(some) for some in words]
    turns = [{"role": s, "content": c} for s, c in zip(speakers, contents, strict=True)]
    frame = template(TEMPLATES[name], tokenizer).frame(speakers)
    [found] = encode([pieces(said(speakers, words), frame, {})], tokenizer)
    whole = Library.from_str(tokenizer.source)
    expected = whole.encode(rendered(TEMPLATES[name], turns), add_special_tokens=False)
    assert found.ids.tolist() == expected.ids


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("chatml", ["<|im_end|>"]),
        ("llama 3", ["<|eot_id|>"]),
        ("llama 2", [" ", "</s>"]),
        ("phi", ["<|end|>"]),
        ("plain", []),
    ],
)
def test_the_end_of_a_learned_turn_is_learned(
    name: str, ends: list[str], tokenizer: Tokenizer
) -> None:
    frame = template(TEMPLATES[name], tokenizer).frame(("user", "assistant"))
    listed = pieces(said(("user", "assistant"), [["Q?"], ["A."]]), frame, {})
    assert [p.text for p in listed if p.loss > 0 and p.role == "glue"] == ends


def test_generation_tags_are_passed_through(tokenizer: Tokenizer) -> None:
    made = template(GENERATION, tokenizer)
    plain = rendered(
        CHATML, [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    )
    assert made.render(("user", "assistant"), ("a", "b")) == plain


def test_the_date_of_a_template_is_frozen_in_the_plan(tokenizer: Tokenizer) -> None:
    for day, says in ((date(2026, 3, 4), "04 Mar 2026"), (date(2031, 12, 25), "25 Dec 2031")):
        made = template(TODAY, tokenizer, day)
        assert made.render(("user",), ("x",)).startswith(f"Today is {says}.")


@pytest.mark.parametrize(
    ("source", "speakers", "says"),
    [
        (DROPS_SYSTEM, ("system", "user"), "writes the system message 0 times"),
        (MOVES, ("user", "assistant"), "changes the order of the turns"),
        (REPEATS, ("user",), "2 times"),
        (ESCAPES, ("user",), "changes"),
        (SQUEEZES, ("user",), "changes"),
        (REFUSES, ("user",), "only tools here"),
        (BROKEN, ("user",), "not valid Jinja"),
    ],
)
def test_a_template_that_does_not_keep_contents_is_refused(
    source: str, speakers: tuple[str, ...], says: str, tokenizer: Tokenizer
) -> None:
    with pytest.raises(TokenizerError, match=says):
        template(source, tokenizer).frame(speakers)


def test_a_template_that_drops_the_system_message_is_fine_without_one(tokenizer: Tokenizer) -> None:
    assert template(DROPS_SYSTEM, tokenizer).frame(("user",))


@pytest.mark.parametrize(
    ("source", "watched"),
    [
        (CHATML, ()),
        (QWEN3, ("</think>",)),
        ("{% for m in messages %}{{ m.content.split('||')[0] }}{% endfor %}", ("||",)),
        ("{% for m in messages %}{{ m.content | replace('<u>', '') }}{% endfor %}", ("<u>",)),
        (
            "{% for m in messages %}{% if 'tool_calls' in m %}!{% endif %}{{ m.content }}{% endfor %}",
            (),
        ),
    ],
)
def test_words_that_a_template_acts_upon_are_found(
    source: str, watched: tuple[str, ...], tokenizer: Tokenizer
) -> None:
    made = template(source, tokenizer)
    assert made.watched == watched
    assert all(made.alters(f"a {word} b") for word in watched)
    assert not made.alters("ordinary words, 普通的话")


def test_templates_are_loaded_by_name_from_the_tokenizer_or_from_a_file(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    day = date(2026, 1, 1)
    assert ChatTemplate.load("tokenizer", tokenizer, day).source == LLAMA2
    assert ChatTemplate.load("tokenizer", tokenizer, day).variables["eos_token"] == "</s>"
    (tmp_path / "t.jinja").write_text(PLAIN, "utf-8")
    assert ChatTemplate.load(str(tmp_path / "t.jinja"), tokenizer, day).source == PLAIN
    with pytest.raises(TokenizerError, match="no such file"):
        ChatTemplate.load("nowhere.jinja", tokenizer, day)
    with pytest.raises(TokenizerError, match="brings no chat template"):
        ChatTemplate.load("tokenizer", Tokenizer.load("longgrain"), day)


def test_a_chat_template_beside_the_tokenizer_comes_before_its_settings(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    (tmp_path / "tokenizer.json").write_text(tokenizer.source, "utf-8")
    (tmp_path / "chat_template.jinja").write_text(PLAIN, "utf-8")
    found = Tokenizer.load(str(tmp_path / "tokenizer.json"))
    assert ChatTemplate.load("tokenizer", found, date(2026, 1, 1)).source == PLAIN


def test_raw_text_has_no_frame_but_the_end_of_a_text(tokenizer: Tokenizer) -> None:
    _, end = template(CHATML, tokenizer).frame(("text",))
    assert isinstance(end, Control)
    assert (end.text, end.ends) == ("</s>", 0)
    assert "<|endoftext|>" in CONTROL


def build_with(template: str, tmp_path: Path, kinds: Kinds, **settings: Any) -> Any:
    (tmp_path / "t.jinja").write_text(template, "utf-8")
    (tmp_path / "doc.md").write_text(
        "\n\n".join(
            f"Paragraph {n} speaks of bells and ropes" + (" and ends </think> here" * (n % 9 == 0))
            + f", {n} in all, counted twice before noon." for n in range(300)
        ),
        "utf-8",
    )  # fmt: skip
    plan = trial_plan(
        sources=[str(tmp_path / "doc.md")],
        tokenizer=str(kinds.file("qwen")),
        template=str(tmp_path / "t.jinja"),
        examples=8,
        layout={"lengths": {"min": 512, "max": 1024}},
        **settings,
    )
    return build(plan, tmp_path / "run")


def test_grains_that_the_template_would_change_are_kept_out_and_counted(
    tmp_path: Path, kinds: Kinds
) -> None:
    run = build_with(QWEN3, tmp_path, kinds)
    reason = "holds words that the chat template acts upon"
    assert sum(one.reason == reason for one in run.dropped()) >= 5
    texts = run.texts()
    for example in run.examples("train"):
        words = "".join(s.words(texts) for m in example.views["train"] for s in m.spans)
        assert "</think>" not in words


def test_a_build_with_a_template_that_drops_the_system_message_is_refused(
    tmp_path: Path, kinds: Kinds
) -> None:
    with pytest.raises(TokenizerError, match="system"):
        build_with(DROPS_SYSTEM, tmp_path, kinds, recipe={"system": "Be kind."})
