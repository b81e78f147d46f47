"""Raw text for continued pre-training: what is chosen, how it is mixed, in which order, and all of it learned."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.lines import read_lines
from longgrain.plan import Plan
from longgrain.recipes.pretrain import Pretrain
from longgrain.recipes.pretrain.cleaning import (
    BOILERPLATE,
    DAMAGED,
    PAGE,
    REPEATED,
    Shared,
    unwanted,
)
from longgrain.recipes.pretrain.quality import RULES, broken, measures
from longgrain.rows import Row, read_rows
from longgrain.run import Run
from longgrain.stages import pack_in_stages
from longgrain.tokens import Tokenizer
from longgrain.types import Answered, Draft, Dropped, Example, Refused, Request
from small import handbook, materials_of, small_plan

ZH_HARBOUR = (
    "港口{n}号码头的起重机在清晨检查缆绳，值班员把潮位{n}厘米记入航海日志，拖船随后驶出了外港。"
)
EN_BREAD = "Baker {n} let the sourdough dough rest for {n} minutes, and the crust of the loaf had turned brown when the oven was opened."


def varied(words: str, number: int, sentences: int) -> str:
    """A text about one thing, every sentence with a number of its own."""
    rng = np.random.default_rng(number)
    return " ".join(words.format(n=int(one)) for one in rng.integers(1000, 99999, sentences))


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def planned(folder: Path, files: Mapping[str, str], **settings: Any) -> Plan:
    """A plan of raw text alone over these files; what no setting speaks of is kept out of the way."""
    written(folder, files)
    more = settings.pop("plan", {})
    # The handbooks lack the words that hardly any prose lacks.
    plain = {"quality": {"stop-words": [0, 99]}}
    recipe = {"use": "pretrain", "examples": 10_000, **plain, **settings}
    layout = {"lengths": {"min": 256, "max": 512}}
    values = {"split": {"valid": 0.0, "test": 0.0}, "recipes": [recipe], "layout": layout, **more}
    return small_plan(folder, teacher=values.pop("teacher", "extractive"), **values)


def two_classes(english: int = 6, chinese: int = 6, chapters: int = 5) -> dict[str, str]:
    files = {f"en/{n}.md": handbook(n, chapters=chapters) for n in range(english)}
    return files | {
        f"zh/{n}.md": handbook(100 + n, language="zh", chapters=chapters) for n in range(chinese)
    }


def rows_of(run: Run, side: str = "train") -> list[Row]:
    return list(read_rows(sorted(run.folder.glob(f"rows-{side}-*.parquet"))))


def examples_of(run: Run) -> dict[str, Example]:
    return {example.id: example for example in run.examples("train")}


def learned_by(run: Run, name: str) -> Counter[str]:
    """Learned tokens of the rows by something that their examples say of themselves."""
    found: Counter[str] = Counter()
    known = examples_of(run)
    for row in rows_of(run):
        ends = np.cumsum(row.seq_lengths)
        for example, size, end in zip(row.example_ids, row.seq_lengths, ends, strict=True):
            learned = int((row.weights[end - size : end] > 0).sum())
            found[str(known[example].lineage.get(name))] += learned
    return found


def reasons(run: Run) -> Counter[str]:
    return Counter(one.reason for one in run.dropped())


def words(example: Example, texts: Mapping[str, str]) -> str:
    return "".join(span.words(texts) for one in example.trained for span in one.spans)  # type: ignore[union-attr]


# --- the row ----------------------------------------------------------------------------------------


def test_all_tokens_of_a_text_are_learned_and_texts_do_not_see_each_other(tmp_path: Path) -> None:
    run = build(planned(tmp_path, two_classes(2, 2, chapters=1)), tmp_path / "run")
    tokenizer, texts = Tokenizer.load("longgrain"), run.texts()
    known = examples_of(run)
    seen = 0
    for row in rows_of(run):
        at = 0
        for name, size in zip(row.example_ids, row.seq_lengths.tolist(), strict=True):
            expected = tokenizer.encode([words(known[name], texts)]).values
            assert row.input_ids[at : at + size - 1].tolist() == expected.tolist()
            # The end of the text is learned, too; the first token has nothing before it.
            assert row.weights[at : at + size].tolist() == [0.0] + [1.0] * (size - 1)
            assert row.position_ids[at : at + size].tolist() == list(range(size))
            at += size
            seen += 1
    assert seen == len(known) >= 4


def test_every_word_of_the_documents_is_trained_on_once(tmp_path: Path) -> None:
    files = two_classes(3, 3)
    run = build(planned(tmp_path, files, window=300), tmp_path / "run")
    texts = run.texts()
    held = Counter("".join(words(one, texts).split()) for one in run.examples("train"))
    assert max(held.values()) == 1
    assert sum(map(len, held)) == sum(len("".join(text.split())) for text in files.values())
    assert len(held) > len(files)  # texts longer than the window are cut


def test_a_piece_of_code_keeps_its_indent(tmp_path: Path) -> None:
    body = "".join(f"    total_{n} = weigh(cargo[{n}], crane=hook_{n})\n\n" for n in range(150))
    files = {"code/a.py": f"def unload(cargo):\n{body}"}
    run = build(planned(tmp_path, files, window=300), tmp_path / "run")
    said = [words(one, run.texts()) for one in run.examples("train")]
    assert len(said) > 3
    assert all(one.startswith(("def unload", "    total_")) for one in said)


def test_another_fact_in_a_document_is_another_text(tmp_path: Path) -> None:
    files = two_classes(2, 2, chapters=1)
    said = {}
    for name in ("before", "after"):
        run = build(planned(tmp_path / name, files), tmp_path / name / "run")
        said[name] = {words(one, run.texts()) for one in run.examples("train")}
        digits = next(one for one in files["en/0.md"].split() if one.isdigit() and len(one) > 2)
        files["en/0.md"] = files["en/0.md"].replace(f" {digits} ", " 777 ", 1)
    assert len(said["before"] - said["after"]) == len(said["after"] - said["before"]) == 1
    assert " 777 " in next(iter(said["after"] - said["before"]))


# --- what is chosen ---------------------------------------------------------------------------------

PROSE = "The keeper wrote a line about the weather of that day, number {}, and closed the book."


@pytest.mark.parametrize(
    ("line", "times", "reason"),
    [
        ("Subscribe to our weekly harbour letter", 1, BOILERPLATE),
        ("版权所有，未经许可不得转载", 1, BOILERPLATE),
        ("HARBOUR RULES OF THE NORTHERN COAST", 6, REPEATED),
        ("CafÃ© Ã la carte, crÃªpes and Ã©clairs", 1, DAMAGED),
    ],
)
def test_lines_that_teach_nothing_are_left_out_whole(line: str, times: int, reason: str) -> None:
    shared = Shared(share=0.1)
    if reason == BOILERPLATE:
        for number in range(8):
            shared.add([f"{PROSE.format(number)}\n{line}\n"])
    body = "\n".join(f"{PROSE.format(n)}\n{line if n < times else ''}" for n in range(20))
    left = unwanted(read_lines(body), shared)
    assert {one.reason for one in left} == {reason}
    assert {body[one.start : one.end].strip() for one in left} == {line}
    assert len(left) == (times - 1 if reason == REPEATED else times)  # the first of repeats stays


def test_page_numbers_go_and_single_lost_characters_go_alone() -> None:
    pages = "\n".join(f"{PROSE.format(n)}\n第 {n} 页\n" for n in range(1, 5))
    assert [one.words for one in unwanted(read_lines(pages), None)] == [
        f"第 {n} 页" for n in range(1, 5)
    ]
    assert {one.reason for one in unwanted(read_lines(pages), None)} == {PAGE}
    text = f"{PROSE.format(1)} Its name was Mar\ufffda. {PROSE.format(2)}"
    [one] = unwanted(read_lines(text), None)
    assert text[one.start : one.end] == "\ufffd"


@pytest.mark.parametrize(
    "line", ["\\begin{aligned} x = y", "> [!TIP] of the day", "} else if (a) {"]
)
def test_sentences_markup_and_formulas_may_come_back(line: str) -> None:
    body = "\n".join(f"{PROSE.format(n)}\n{line}" for n in range(30))
    assert unwanted(read_lines(body), None) == []


GOOD = {
    "en": " ".join(PROSE.format(n) for n in range(20)),
    "zh": "守夜人把灯点着以后，在本子上写下了当天的天气和风向，也记了潮水涨落的时刻。" * 2
    + "他不识几个字，写得很慢，可是一天也没有落下。村里的孩子都爱看这个本子，因为上面有画。"
    + "有一年冬天雪下得很大，路被封住了，粮食要靠小船运进来，大家就是按他记的潮时行船的。",
}
BAD = {
    ("en", "words"): "The keeper and the book have to be with that.",
    ("en", "word-length"): " ".join(["of", "to", "a", "be", "the"] * 40),
    ("en", "letters"): " ".join(f"they that have {n}777 {n}888 {n}9991" for n in range(100)),
    ("en", "stop-words"): " ".join(f"harbour crane number{n} lifts cargo" for n in range(40)),
    ("en", "symbols"): GOOD["en"].replace("the", "the #"),
    ("en", "bullets"): "\n".join(f"- {PROSE.format(n)}" for n in range(20)),
    ("en", "ellipses"): "\n".join(f"{PROSE.format(n)[:-1]} ..." for n in range(20)),
    ("en", "repeated-lines"): "\n".join([PROSE.format(1)] * 12),
    ("en", "repeated-runs"): " ".join([PROSE.format(1)] * 30),
    ("zh", "characters"): "守夜人的本子也在。",
    ("zh", "letters"): "的在了" * 60 + "｜１２３４５６７８９０＋－＝％＃＠！？；：" * 8,
    ("zh", "stop-words"): "码头起重机检查缆绳值班员记录潮位拖船驶出外港" * 8,
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_good_prose_breaks_no_rule(language: str) -> None:
    assert broken(measures(read_lines(GOOD[language]), language), language, {}) == ""


@pytest.mark.parametrize(("language", "rule"), BAD)
def test_each_rule_refuses_what_it_is_for(language: str, rule: str) -> None:
    found = measures(read_lines(BAD[language, rule]), language)
    assert broken(found, language, {}).split()[0] == rule
    assert not broken(found, language, dict.fromkeys(RULES[language], (0, 1000000000.0)))


def of_two_subjects(folder: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "seed.txt").write_text(varied(EN_BREAD, 999, 12), "utf-8")
    files = {f"bread/{n}.txt": varied(EN_BREAD, n, 12) for n in range(6)}
    return files | {f"other/{n}.md": handbook(n, chapters=1) for n in range(12)}


@pytest.mark.parametrize(
    "settings",
    [
        {"seeds": ["seed.txt"], "keep": 0.3},
        {"keywords": ["sourdough", "oven"], "keep": 0.3},
        {"keywords": ["sourdough", "oven"], "by": "classifier", "keep": 0.3},
        {"by": "label", "label": "labels.csv", "domain": ["baking"]},
    ],
)
def test_texts_of_the_domain_are_chosen(tmp_path: Path, settings: dict[str, Any]) -> None:
    files = of_two_subjects(tmp_path)
    labels = [f"{name},{'baking' if 'bread' in name else 'sea'}" for name in files]
    (tmp_path / "labels.csv").write_text("\n".join(["document,label", *labels]), "utf-8")
    run = build(planned(tmp_path, files, **settings), tmp_path / "run")
    assert {one.lineage["class"] for one in run.examples("train")} == {"bread"}
    away = (
        "of another domain by its label" if settings.get("by") == "label" else "far from the domain"
    )
    assert reasons(run)[away] == 12


# --- the mix ----------------------------------------------------------------------------------------


def shares_of(run: Run) -> dict[str, float]:
    found = learned_by(run, "class")
    return {name: tokens / sum(found.values()) for name, tokens in found.items()}


@pytest.mark.parametrize("more", [{"undersample": True}, {"repeats": 5}, {}])
def test_classes_have_their_shares_of_learned_tokens_or_the_shortfall_is_listed(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    files = two_classes(8, 3)
    wished = {"en": 0.5, "zh": 0.5}
    run = build(planned(tmp_path, files, balance=wished, **more), tmp_path / "run")
    found = shares_of(run)
    missed = [one for one in run.dropped() if one.reason == "a share of the mix is missed"]
    if more:
        assert found == pytest.approx(wished, abs=0.01)
        assert not missed
    else:
        assert abs(found["zh"] - 0.5) > 0.1
        assert any("zh, " in one.detail and "50.0% wished for" in one.detail for one in missed)


def test_no_text_comes_twice_but_by_oversampling_and_then_it_is_counted(tmp_path: Path) -> None:
    files = two_classes(8, 3)
    plan = planned(tmp_path, files, balance="even", repeats=5)
    run = build(plan, tmp_path / "run")
    drafts = [*pq.read_table(run.folder / "drafts.parquet").to_pylist()]
    used: dict[int, Counter[int]] = {}
    for draft in drafts:
        repeat = json.loads(draft["meta"]).get("repeat", 0)
        used.setdefault(repeat, Counter()).update(draft["evidence"])
    assert set(used) == set(range(len(used)))
    assert 1 < len(used) <= 5
    assert all(set(held.values()) == {1} for held in used.values())  # each time round, once
    assert len({one["id"] for one in drafts}) == len(drafts)


def general(folder: Path, count: int = 40) -> list[str]:
    """Texts about other things, in a file of the user's."""
    texts = [varied(EN_BREAD if n % 2 else ZH_HARBOUR, n, 8) for n in range(count)]
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "general.jsonl").write_text("\n".join([*lines, '{"n": 1}', "{"]), "utf-8")
    return texts


def test_replay_has_its_share_of_learned_tokens(tmp_path: Path) -> None:
    general(tmp_path)
    plan = planned(tmp_path, two_classes(), replay=["general.jsonl"], replay_share=0.1)
    run = build(plan, tmp_path / "run")
    assert shares_of(run)["replay"] == pytest.approx(0.1, abs=0.01)
    assert not reasons(run)["a share of the mix is missed"]
    assert reasons(run)["replay: a row without a text"] == 2


def test_replay_that_falls_short_is_listed(tmp_path: Path) -> None:
    general(tmp_path, 2)
    plan = planned(tmp_path, two_classes(), replay=["general.jsonl"], replay_share=0.5)
    run = build(plan, tmp_path / "run")
    assert 0 < shares_of(run)["replay"] < 0.4
    [missed] = [one for one in run.dropped() if one.reason == "a share of the mix is missed"]
    assert missed.detail.startswith("replay, ")


def changed(text: str, each: int = 9) -> str:
    """A copy with every so many-th word another."""
    return " ".join(f"x{n}" if n % each == 0 else one for n, one in enumerate(text.split()))


def test_near_duplicates_of_what_is_held_out_never_enter_a_mix(tmp_path: Path) -> None:
    files = two_classes(8, 6, chapters=3)
    texts = general(tmp_path)
    bench = "A grey heron stood on one leg by the weir until the miller opened both gates at noon."
    (tmp_path / "bench.txt").write_text(bench, "utf-8")
    copies = [changed(text) for text in files.values()]
    rows = [*texts, *copies, f"{varied(ZH_HARBOUR, 77, 6)} {bench}"]
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in rows]
    (tmp_path / "general.jsonl").write_text("\n".join(lines), "utf-8")
    more = {"split": {"valid": 0.15, "test": 0.15}, "decontaminate": ["bench.txt"]}
    settings = {"replay": ["general.jsonl"], "replay_share": 0.5}
    run = build(planned(tmp_path, files, plan=more, **settings), tmp_path / "run")
    counted = reasons(run)
    assert counted["replay: near-duplicate of a document of another side"] >= 3
    assert counted["replay: shares ten words in a row with a benchmark"] == 1
    learned = [words(one, run.texts()) for one in run.examples("train")]
    assert learned
    assert not any(bench[:60] in text for text in learned)
    for name, text in files.items():
        on_train = any("".join(text.split())[:200] in "".join(one.split()) for one in learned)
        copied = any(changed(text)[100:300] in one for one in learned)
        assert not copied or on_train, name


@pytest.mark.parametrize("repeats", [1, 3])
def test_long_texts_get_their_share_of_each_class(tmp_path: Path, repeats: int) -> None:
    files = {f"en/{n}.md": handbook(n, chapters=1 if n % 3 else 6) for n in range(9)}
    settings = {"long_share": 0.8, "long": 1500, "repeats": repeats, "window": 1000}
    run = build(planned(tmp_path, files, **settings), tmp_path / "run")
    sizes = {one.id: len(one.text) for one in run.documents()}
    tokens: Counter[bool] = Counter()
    for row in rows_of(run):
        for name, size in zip(row.example_ids, row.seq_lengths.tolist(), strict=True):
            [doc_id] = examples_of(run)[name].doc_ids
            tokens[sizes[doc_id] > 5000] += size
    assert tokens[True] / sum(tokens.values()) >= 0.79


# --- the order --------------------------------------------------------------------------------------


def test_a_curriculum_shows_in_the_order_of_the_rows(tmp_path: Path) -> None:
    general(tmp_path, 120)
    settings = {
        **{"replay": ["general.jsonl"], "replay_share": 0.2, "fade": 1.0},
        **{"stages": 5, "first_window": 128, "window": 1024},
    }
    files = two_classes(8, 8, chapters=8)
    run = build(planned(tmp_path, files, **settings), tmp_path / "run")
    known = examples_of(run)
    stages, longest, share = [], list[int](), list[float]()
    for row in rows_of(run):
        mine = {known[name].lineage["stage"] for name in row.example_ids}
        assert len(mine) == 1  # no row mixes two stages
        stages += mine
    assert stages == sorted(stages)
    assert run.manifest["packing"]["train"]["stages"] == 5
    assert set(stages) == set(range(5))
    for stage in range(5):
        sizes: Counter[bool] = Counter()
        most = 0
        for row in rows_of(run):
            for name, size in zip(row.example_ids, row.seq_lengths.tolist(), strict=True):
                if known[name].lineage["stage"] == stage:
                    sizes[known[name].lineage["class"] == "replay"] += size
                    most = max(most, size)
        longest.append(most)
        share.append(sizes[False] / sum(sizes.values()))
    assert longest[0] <= 129
    assert longest[:4] == sorted(longest[:4])
    assert min(longest[3:]) > 700  # by then the window is whole
    assert share[-1] - share[0] > 0.2
    assert all(later > earlier - 0.06 for earlier, later in pairwise(share))


def test_a_build_with_stages_gives_the_same_bytes_again_and_by_two_processes(
    tmp_path: Path,
) -> None:
    files = two_classes(4, 4)
    made = []
    for name, workers in (("one", 1), ("two", 2)):
        plan = planned(tmp_path / name, files, stages=3, first_window=128)
        run = build(plan, tmp_path / name / "run", workers=workers)
        made.append({path.name: path.read_bytes() for path in run.folder.glob("*.parquet")})
    assert made[0] == made[1]


def test_stages_keep_every_item_once_and_none_is_as_before() -> None:
    lengths = np.random.default_rng(1).integers(10, 900, 500)
    stages = np.random.default_rng(2).integers(-1, 4, 500).astype(np.int32)
    plain = pack_in_stages(lengths, 1000, 7, None)
    free = pack_in_stages(lengths, 1000, 7, np.full(500, -1, np.int32))
    assert plain.items.tolist() == free.items.tolist()
    staged = pack_in_stages(lengths, 1000, 7, stages)
    assert sorted(staged.items.tolist()) == list(range(500))
    held = [{int(stages[item]) for item in row} - {-1} for row in staged]
    order = [one.pop() for one in held if len(one) == 1]
    assert order == sorted(order)
    assert max(map(len, held)) == 0
    free_rows = [n for n, row in enumerate(staged) if any(stages[item] == -1 for item in row)]
    assert min(free_rows) < len(staged) / 4 < 3 * len(staged) / 4 < max(free_rows)


@pytest.mark.parametrize("related", ["splice", "path"])
def test_related_texts_share_an_example_and_it_says_so(tmp_path: Path, related: str) -> None:
    subjects = {"bread": EN_BREAD, "sea": PROSE.replace("{}", "{n}")}
    files = {
        f"mixed/{n}-{name}.txt": varied(pattern, n, 6)
        for n in range(8)
        for name, pattern in subjects.items()
    }
    run = build(planned(tmp_path, files, related=related, window=700), tmp_path / "run")
    sources = {one.id: one.source for one in run.documents()}
    joined = [one for one in run.examples("train") if one.lineage["texts"] > 1]
    assert joined
    alike = 0
    for one in joined:
        assert one.lineage["attention"] == "crosses texts"
        assert len(one.doc_ids) == one.lineage["texts"]
        alike += len({sources[name].partition("-")[2] for name in one.doc_ids}) == 1
    assert alike == len(joined)
    held = Counter(name for one in run.examples("train") for name in one.doc_ids)
    assert set(held.values()) == {1}


# --- rewriting --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """A prompted teacher that rewrites, or does what no rewrite may do."""

    name: ClassVar[str] = "author"
    version: ClassVar[str] = "1"
    prompted: ClassVar[bool] = True

    does: str = "rewrite"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """A reply for each request."""
        assert all(one.prompt and one.schema for one in requests)
        return [Answered(text=self._said(one.material[0])) for one in requests]

    def _said(self, text: str) -> str:
        is_chinese = any("\u4e00" <= one <= "\u9fff" for one in text)
        told = ("就是说：" if is_chinese else "That is to say:") + f"\n\n{turned(text)}"
        replies = {
            "rewrite": told,
            "lie": told + (" 另有98765件。" if is_chinese else " There were 98765 more."),
            "forget": "".join(one for one in told if not one.isdigit()),
            "refuse": ("抱歉，我无法完成。" if is_chinese else "I'm sorry, I cannot do that. ")
            * 20,
            "switch": GOOD["en" if is_chinese else "zh"] * 2,
            "copy": text,
            "talk": "Here is the rewritten text: " + told
            if not is_chinese
            else "以下是改写：" + told,
        }
        whole = json.dumps({"text": replies.get(self.does, told)}, ensure_ascii=False)
        return whole[: len(whole) // 2] if self.does == "half" else whole


def turned(text: str) -> str:
    """The sentences of a text in another order."""
    sentences = text.replace("。", "。|").replace(". ", ".| ").split("|")
    return "".join(reversed(sentences))


def rewrites(folder: Path, does: str) -> tuple[list[Draft], Counter[str]]:
    files = two_classes(2, 2, chapters=2)
    teacher = {"use": f"{__name__}:Author", "does": does}
    plan = planned(folder, files, plan={"teacher": teacher})
    materials = materials_of(plan, folder / "work")["train"]
    items = list(
        islice(
            Pretrain(rewrite=0.5, quality={"stop-words": (0, 99)}).draft(
                "pretrain-rewrite", materials, 6
            ),
            60,
        )
    )
    return (
        [one for one in items if isinstance(one, Draft)],
        Counter(one.reason for one in items if isinstance(one, Dropped)),
    )


def test_a_rewrite_is_learned_in_the_words_of_the_teacher(tmp_path: Path) -> None:
    made, _ = rewrites(tmp_path, "rewrite")
    assert len(made) == 6
    assert {draft.meta["language"] for draft in made} == {"en", "zh"}
    for draft in made:
        [message] = draft.messages
        [span] = message.spans
        assert message.speaker == "text"
        assert span.loss == 1.0  # type: ignore[union-attr]
        assert span.text.startswith(("That is to say:", "就是说："))  # type: ignore[union-attr]
        assert draft.meta["template"] in ("plain", "lesson", "dialogue")
        assert draft.evidence


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("lie", "the rewrite has numbers that its source does not have"),
        ("forget", "the rewrite has lost numbers of its source"),
        ("refuse", "the reply refuses"),
        ("switch", "the rewrite is in another language than its source"),
        ("copy", "the rewrite says the same words as its source"),
        ("talk", "the rewrite speaks of itself"),
        ("half", "the reply holds no whole JSON object"),
    ],
)
def test_a_reply_that_is_no_rewrite_is_dropped_with_a_reason(
    tmp_path: Path, does: str, reason: str
) -> None:
    made, dropped = rewrites(tmp_path, does)
    assert not made
    assert dropped[reason] == sum(dropped.values()) > 0


def test_a_teacher_that_works_by_rule_cannot_rewrite(tmp_path: Path) -> None:
    plan = planned(tmp_path, two_classes(2, 2, chapters=1), rewrite=0.5)
    with pytest.raises(PlanError, match="cannot rewrite"):
        build(plan, tmp_path / "run")


# --- settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"keep": 1.5}, "keep 1.5"),
        ({"by": "label"}, "by label"),
        ({"by": "classifier"}, "by classifier"),
        ({"classes": "label"}, "classes label"),
        ({"quality": {"wit": (0, 1)}}, "wit"),
        ({"quality": {"words": (9, 1)}}, "smaller first"),
        ({"balance": {"law": 0.8, "gov": 0.4}}, "make up 1"),
        ({"repeats": 0}, "repeats 0"),
        ({"replay_share": 1.0}, "replay_share 1.0"),
        ({"tokens": -1}, "tokens"),
        ({"styles": ("rhymed",)}, "rhymed"),
        ({"rewrite_tokens": 3}, "rewrite_tokens 3"),
        ({"stages": 0}, "stages 0"),
        ({"fade": 0.5}, "give stages"),
        ({"first_window": 512}, "give stages"),
        ({"first_window": 8, "stages": 4}, "first_window 8"),
        ({"window": 256, "first_window": 512, "stages": 4}, "window 256"),
        ({"reached": 0.0}, "reached 0.0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        Pretrain(**settings)


@pytest.mark.parametrize(
    "settings", [{"seeds": ["none.txt"]}, {"replay": ["none.jsonl"]}, {"replay": ["en/0.docx"]}]
)
def test_a_file_that_is_not_there_or_of_no_known_kind_stops_the_build(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "0.docx").write_text("x", "utf-8")
    with pytest.raises(PlanError, match="pretrain"):
        build(planned(tmp_path, two_classes(1, 1, chapters=1), **settings), tmp_path / "run")
