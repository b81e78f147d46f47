"""A folder > files in the form of published benchmarks, made up, in English and Chinese, small."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from small import DEEDS, LOOKS, PLACES, THINGS, ZH_DEEDS, ZH_LOOKS, ZH_PLACES, ZH_THINGS

BENCH = Path(__file__).resolve().parents[2] / "shared" / "data" / "bench"
Row = Mapping[str, Any]


def data(folder: Path, language: str) -> Path:
    """Questions with passages, pieces of VaL Probing, passages with summaries."""
    rng = np.random.default_rng(7)
    write(folder / "qa_data" / "nq-open-oracle.jsonl.gz", questions(rng, language))
    write(folder / "pieces" / "code_functions.jsonl", functions(rng))
    write(folder / "pieces" / "database_entities.jsonl", entities(rng, language))
    write(folder / "passage_retrieval_zh_1.json", summaries(rng, language))
    return folder


def write(path: Path, rows: Iterator[Row]) -> None:
    """JSONL, packed where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


def passage(rng: np.random.Generator, language: str, answer: str) -> str:
    """One to three sentences, the first with the answer."""
    looks, things, deeds = (
        (LOOKS, THINGS, DEEDS) if language == "en" else (ZH_LOOKS, ZH_THINGS, ZH_DEEDS)
    )
    said = []
    for number in range(int(rng.integers(1, 4))):
        look, thing, deed, other = (
            words[int(rng.integers(len(words)))] for words in (looks, things, deeds, things)
        )
        told = answer if number == 0 else thing
        if language == "en":
            said.append(f"The {look} {thing} of {told} {deed} the {other} every morning.")
        else:
            said.append(f"{told}的{look}{thing}每天早上{deed}了{other}。")
    return (" " if language == "en" else "").join(said)


def questions(rng: np.random.Generator, language: str) -> Iterator[Row]:
    for number in range(300):
        places = PLACES if language == "en" else ZH_PLACES
        answer = f"{places[number % len(places)]} {'ABCDEFG'[number % 7]}{number:03}"
        asked = f"Who owns thing {number}?" if language == "en" else f"第{number}件东西归谁？"
        gold = {"title": f"T{number}", "text": passage(rng, language, answer), "isgold": True}
        yield {"question": asked, "answers": [answer], "ctxs": [gold]}


def functions(rng: np.random.Generator) -> Iterator[Row]:
    for number in range(300):
        word = THINGS[int(rng.integers(len(THINGS)))]
        lines = [f"    {word}_{i} = load_{number}_{i}('{word}')" for i in range(3)]
        name = f"run_{word}_{number}x"
        yield {
            "function_name": name,
            "function_define": "\n".join(lines),
            "piece": lines[1].strip(),
        }


def entities(rng: np.random.Generator, language: str) -> Iterator[Row]:
    things = THINGS if language == "en" else ZH_THINGS
    for number in range(300):
        label = f"{things[int(rng.integers(len(things)))]} {number:03}"
        described = f"made in {1500 + number}" if language == "en" else f"造于{1500 + number}年"
        yield {"id": f"Q{number * 7919}", "label": label, "dcpt": described}


def summaries(rng: np.random.Generator, language: str) -> Iterator[Row]:
    for number in range(40):
        texts = [
            passage(rng, language, f"{'ABCDEFGHIJ'[number % 10]}{i}{number}") for i in range(5)
        ]
        context = "\n\n".join(f"[{i}] {text}" for i, text in enumerate(texts, start=1))
        said = "What is owned" if language == "en" else "讲的是归属"
        yield {
            "input": f"{said} {'abcdefghij'[number % 10] * (1 + number // 10)}",
            "context": context,
            "pos_ids": [1],
        }
