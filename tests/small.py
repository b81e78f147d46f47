"""Made-up handbooks, a teacher that works by a plain rule, and plans that build in a second."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import orjson

from longgrain.calls import Ledger
from longgrain.corpus import sources
from longgrain.ingest import IngestShard, ingest
from longgrain.make import component, side_shares
from longgrain.materials import SideMaterials
from longgrain.plan import Plan
from longgrain.prompts import Prompts
from longgrain.sides import assign
from longgrain.store import merge
from longgrain.tokens import Tokenizer
from longgrain.types import SIDES, Answered, Refused, Request, Side


def _words(line: str) -> list[str]:
    return line.split()


PLACES = _words("Orlan Brisk Tarn Velm Quayle Imber Sorrel Haddon Pell Marsk Ferrow Lind Osk Dray")
SEASONS = _words("spring summer autumn winter January March May July September November")
LOOKS = _words(
    "old narrow green wooden crooked silent broken painted heavy distant round hollow pale rusty"
)
THINGS = _words(
    "valve lamp ladder pump kettle drum winch gauge rope barrel lantern shutter crate mill anchor "
    "bell cart door engine fence garden hammer jetty keel lock mast net oar plank quarry raft sail"
)
DEEDS = _words("shaded blocked crossed guarded warmed faced joined hid served passed moved touched")
ZH_PLACES = _words("东港 西渡 南闸 北坝 青石 白沙 金山 银湖 古桥 新村 上洼 下滩")
ZH_SEASONS = _words("春天 夏天 秋天 冬天 正月 三月 五月 七月 九月 腊月")
ZH_LOOKS = _words("老旧 狭窄 青色 木制 弯曲 安静 破损 彩绘 沉重 遥远 圆形 空心 苍白 生锈")
ZH_THINGS = _words(
    "水泵 阀门 灯笼 梯子 缆绳 木桶 铁锚 船桨 帆布 油灯 绞盘 量规 磨坊 大钟 马车 门板 引擎 篱笆 花园 锤子"
)
ZH_DEEDS = _words("遮住 挡住 穿过 守护 温暖 面对 连接 藏起 服务 经过 搬走 碰到")


def _drawn(rng: np.random.Generator, *lists: list[str]) -> list[str]:
    return [words[int(rng.integers(len(words)))] for words in lists]


def english(rng: np.random.Generator, number: int) -> str:
    """One sentence with one number."""
    season, look, thing, place, held, other, third, deed, last = _drawn(
        rng, SEASONS, LOOKS, THINGS, PLACES, THINGS, LOOKS, THINGS, DEEDS, THINGS
    )
    return (
        f"In {season} the {look} {thing} near {place} held {number} {held}s, "
        f"while one {other} {third} {deed} the {last}."
    )


def chinese(rng: np.random.Generator, number: int) -> str:
    """The same in Chinese."""
    place, look, thing, season, held, other, third, deed, last = _drawn(
        rng, ZH_PLACES, ZH_LOOKS, ZH_THINGS, ZH_SEASONS, ZH_THINGS, ZH_LOOKS, ZH_THINGS, ZH_DEEDS,
        ZH_THINGS,
    )  # fmt: skip
    return (
        f"{place}的{look}{thing}在{season}存有{number}件{held}，{other}{third}后来{deed}了{last}。"
    )


# Stands in every chapter with another number, so a question about it fits many sentences.
REFRAINS = {
    "en": "In winter the watch near the gate counted {} birds, while no lamp burned.",
    "zh": "大门旁的守夜人在冬天数出{}只飞鸟，当时没有点灯。",
}


def handbook(number: int, *, language: str = "en", chapters: int = 5, sentences: int = 14) -> str:
    """Markdown with chapters; another number is another handbook."""
    rng = np.random.default_rng([number, len(language)])
    write = english if language == "en" else chinese
    lines = [f"# Handbook {number}" if language == "en" else f"# 手册{number}"]
    for chapter in range(chapters):
        name = PLACES[(number + chapter) % len(PLACES)]
        lines.append(f"## {name} station" if language == "en" else f"## 第{chapter + 1}章")
        said = [write(rng, int(n)) for n in rng.integers(100, 9999, sentences)]
        said.append(REFRAINS[language].format(int(rng.integers(100, 9999))))
        lines += [" ".join(said[i : i + 3]) for i in range(0, sentences, 3)]
    return "\n\n".join(lines) + "\n"


def shelve(folder: Path, *, english: int = 8, chinese: int = 6) -> Path:
    """A folder of handbooks in both languages."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(english):
        (folder / f"handbook-{number}.md").write_text(handbook(number), "utf-8")
    for number in range(chinese):
        text = handbook(100 + number, language="zh")
        (folder / f"手册-{number}.md").write_text(text, "utf-8")
    return folder


def small_plan(folder: Path, **changes: Any) -> Plan:
    """A plan over the documents in ``folder/documents`` (written where they are missing)."""
    if not (folder / "documents").exists():
        shelve(folder / "documents")
    values: dict[str, Any] = {
        "name": "small",
        "sources": ["documents"],
        "teacher": {"use": "small:Rule"},
        "recipes": [{"use": "in2", "examples": 60, "shares": SHARES}],
        "split": {"valid": 0.15, "test": 0.15},
        "layout": {"lengths": {"min": 512, "max": 1024}, "depths": 5, "short": 256},
        "grains": {"size": 64},
        "pack": {"length": 2048},
    }
    return Plan.of({**values, **changes}, folder=str(folder))


def balanced_plan(folder: Path, **changes: Any) -> Plan:
    """A small plan of two recipes and two languages whose learned tokens are to be balanced."""
    recipes = [
        {"use": "in2", "share": 0.6, "shares": {"fine": 0.5, "integration": 0.3, "short": 0.2}},
        {"use": "pam", "share": 0.4},
    ]
    values = {"examples": 90, "recipes": recipes, "teacher": "extractive", "balance": MIX}
    return small_plan(folder, **{**values, **changes})


MIX = {"language": {"en": 0.6, "zh": 0.4}, "recipe": {"in2": 0.5, "pam": 0.5}}
SHARES = {"fine": 0.6, "integration": 0.25, "short": 0.15}
_SENTENCE = re.compile(r"In [^.]+\.|[^\s。]+。")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Asks for the number of a sentence, or of two sentences for their sum.

    Each request that it is asked is written down in the file ``receipts``, where one is given.
    """

    name: ClassVar[str] = "rule"
    version: ClassVar[str] = "1"

    receipts: str = ""

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """A list of candidates for each request, as JSON."""
        if self.receipts:
            lines = [
                json.dumps([one.task, one.material, one.index], ensure_ascii=False)
                for one in requests
            ]
            with open(self.receipts, "a", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
        return [self._answer(one) for one in requests]

    def _answer(self, request: Request) -> Answered | Refused:
        found = [list(_numbered(text)) for text in request.material]
        if request.task == "in2.fine":
            candidates = [_one(*said) for said in found[0]]
        elif len(found) > 1 and found[0] and any(found[1:]):
            other = next(i for i, said in enumerate(found) if i and said)
            candidates = [_sum(request, other, found[0][-1], found[other][-1])]
        else:
            candidates = []
        if not candidates:
            return Refused(reason="no sentence with a number")
        return Answered(text=orjson.dumps(candidates).decode(), reply_tokens=10, money=0.25)


def _numbered(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Start and end of each sentence, its number, and the sentence with a blank."""
    for match in _SENTENCE.finditer(text):
        if number := _NUMBER.search(match[0]):
            blank = match[0][: number.start()] + "____" + match[0][number.end() :]
            yield match.start(), match.end(), number[0], blank


def _one(start: int, end: int, number: str, blank: str) -> dict[str, Any]:
    return {
        "form": "number",
        "template": "small-one",
        "question": f"{blank} ?",
        "answer": number,
        "reply": number,
        "evidence": [[0, start, end]],
        "facts": [[0, start, end, "number"]],
        "cues": [blank],
    }


def _sum(
    request: Request,
    piece: int,
    one: tuple[int, int, str, str],
    other: tuple[int, int, str, str],
) -> dict[str, Any]:
    asked = f"{one[3]} + {other[3]} ?"
    return {
        "form": "sum",
        "template": "small-sum",
        "question": asked,
        "answer": str(int(one[2]) + int(other[2])),
        "reply": f"{one[2]} + {other[2]} = {int(one[2]) + int(other[2])}",
        "evidence": [[0, one[0], one[1]], [piece, other[0], other[1]]],
        "facts": [[0, one[0], one[1], "number"], [piece, other[0], other[1], "number"]],
        "operands": [one[2], other[2]],
        "cues": [asked],
        "language": request.settings["language"],
        "statements": [
            dict(zip(("before", "after"), blank.split("____"), strict=True), kind="number")
            for blank in (one[3], other[3])
        ],
    }


def materials_of(plan: Plan, work: Path) -> dict[Side, SideMaterials]:
    """What a recipe drafts from, made of the plan's documents; files go to ``work``."""
    tokenizer = Tokenizer.load(plan.tokenizer_path)
    found = tuple(sources(*(str(plan.path(name)) for name in plan.sources)))
    shard = IngestShard(number=0, sources=found, folder=work, plan=plan, tokenizer=tokenizer)
    store = merge([ingest(shard)], work / "store")
    sides = assign(store, plan).sides
    shares = side_shares(plan)
    teacher = component("teachers", plan.teacher.use, plan.teacher.settings)
    return {
        side: SideMaterials(
            side=side,
            seed=plan.seed,
            store=store,
            usable=sides == SIDES.index(side),
            sides=sides,
            languages=store.document("language"),
            teacher=teacher,
            ledger=Ledger(work / f"calls-{side}.sqlite"),
            folder=Path(plan.folder),
            shares=shares,
            prompts=Prompts(plan.prompts) if getattr(teacher, "prompted", False) else None,
            longest=plan.row_length,
            layout=plan.layout,
            benchmarks=[plan.path(name) for name in plan.decontaminate],
        )
        for side in shares
    }
