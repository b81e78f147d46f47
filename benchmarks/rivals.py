"""A corpus and drafted questions > packed rows in Parquet, made the way they are mostly made today.

    python benchmarks/rivals.py usual|offsets|fast|arrow JOB.json

``usual`` is JSONL, LangChain's splitter, joined strings, ``datasets.map`` with the Hugging Face
tokenizer, TRL's ``pack_dataset`` (best fit decreasing), Parquet. It encodes prompts and answers
apart, so that the mask costs nothing; ``offsets`` encodes each conversation as one string and takes
the mask from the offsets of its tokens, as trainers do that mask by role. ``fast`` is ``usual`` with
fastokens put in by hand; ``arrow`` goes on from there and makes Arrow tables in place of Python
lists. All mask everything but the answer and the end of its turn. Needs `requirements.txt`, not
longgrain; `build.py` writes the job and calls this.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import fastokens
import numpy as np
import pyarrow as pa
from contestant import Clock
from datasets import Dataset, load_dataset
from langchain_text_splitters import RecursiveCharacterTextSplitter
from transformers import PreTrainedTokenizerFast
from trl import pack_dataset

# Characters of about 128 tokens.
CHUNK = {"en": 540, "zh": 185}
BREAKS = ["\n\n", "\n", "。", "！", "？", ". ", "! ", "? ", " ", ""]
IGNORED = -100
# Examples of up to 32K tokens: a thousand at a time, as is the default, would take gigabytes.
ASKED = ["prompt", "answer"]
BATCHES = {"batched": True, "batch_size": 128, "remove_columns": ASKED}
Ids = list[list[int]]
PACKAGES = (
    "datasets", "fastokens", "langchain-text-splitters", "pyarrow", "tokenizers", "torch",
    "transformers", "trl",
)  # fmt: skip


def main(way: str, job_path: str = "") -> None:
    """Runs one way and prints what it took as one line of JSON."""
    if way == "versions":
        print(json.dumps({name: version(name) for name in PACKAGES}))
        return
    job = json.loads(Path(job_path).read_text())
    folder = Path(job["folder"]) / way
    folder.mkdir(parents=True, exist_ok=True)
    encoder = {"usual": usual, "offsets": offsets, "fast": fast, "arrow": arrow}[way](
        job["tokenizer"]
    )
    clock = Clock()
    chunks = split([Path(path) for path in job["texts"]])
    clock.mark("split")
    write_examples(folder / "examples.jsonl", Path(job["drafts"]), chunks, job["seed"])
    clock.mark("join strings, write JSONL")
    rows = pack(load(folder, encoder), job["row_length"], clock)
    rows.to_parquet(folder / "rows.parquet")
    clock.mark("write Parquet")
    clock.report(tokens=tokens_of(rows), rows=len(rows))


def split(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Every text cut into chunks of about 128 tokens, by language."""
    splitters = {
        language: RecursiveCharacterTextSplitter(
            chunk_size=size, chunk_overlap=0, separators=BREAKS, keep_separator="end"
        )
        for language, size in CHUNK.items()
    }
    chunks: dict[str, list[str]] = {language: [] for language in CHUNK}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        language = "zh" if sum(map("\u4e00".__le__, text[:5000])) > 1000 else "en"
        chunks[language] += splitters[language].split_text(text)
    return chunks


def write_examples(
    path: Path, drafts: Path, chunks: Mapping[str, Sequence[str]], seed: int
) -> None:
    """One line for each drafted question: its prompt, as long as it should be, and its answer."""
    draw = random.Random(seed)
    with drafts.open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as file:
        for line in lines:
            draft = json.loads(line)
            context = "\n\n".join(drawn(chunks[draft["language"]], draft, draw))
            prompt = (
                f"<|im_start|>user\n{draft['instruction']}\n\n{context}\n\n{draft['question']}"
                "<|im_end|>\n<|im_start|>assistant\n"
            )
            example = {"prompt": prompt, "answer": f"{draft['answer']}<|im_end|>\n"}
            file.write(json.dumps(example, ensure_ascii=False) + "\n")


def drawn(chunks: Sequence[str], draft: Mapping[str, Any], draw: random.Random) -> Iterator[str]:
    """Chunks at random up to the draft's characters; which one is the evidence costs nothing."""
    room = draft["characters"]
    while room > 0:
        chunk = chunks[int(draw.random() * len(chunks))]
        room -= len(chunk) + 2
        yield chunk


def load(folder: Path, encoder: Any) -> Dataset:
    """The JSONL file as ids and labels."""
    cache = str(folder / "cache")
    read = load_dataset(
        "json", data_files=str(folder / "examples.jsonl"), split="train", cache_dir=cache
    )
    return encoder(read)


def usual(tokenizer: str) -> Any:
    """The Hugging Face tokenizer; its threads share a batch."""
    encode = PreTrainedTokenizerFast(tokenizer_file=tokenizer)

    def ids_of(texts: Sequence[str]) -> Ids:
        kwargs = {"add_special_tokens": False, "return_attention_mask": False}
        found: Ids = encode(texts, **kwargs)["input_ids"]
        return found

    return listed(ids_of)


def offsets(tokenizer: str) -> Any:
    """The Hugging Face tokenizer over whole conversations; a token is learned if it starts in the answer."""
    encode = PreTrainedTokenizerFast(tokenizer_file=tokenizer)
    kwargs = {"add_special_tokens": False, "return_attention_mask": False}

    def some(batch: Mapping[str, list[str]]) -> dict[str, Ids]:
        texts = [
            prompt + answer for prompt, answer in zip(*(batch[name] for name in ASKED), strict=True)
        ]
        found = encode(texts, return_offsets_mapping=True, **kwargs)
        each = zip(found["input_ids"], found["offset_mapping"], batch["prompt"], strict=True)
        labels = [
            [
                number if at[0] >= len(prompt) else IGNORED
                for number, at in zip(ids, places, strict=True)
            ]
            for ids, places, prompt in each
        ]
        return {"input_ids": found["input_ids"], "labels": labels}

    return lambda read: read.map(some, new_fingerprint="offsets", **BATCHES)


def fast(tokenizer: str) -> Any:
    """fastokens in its place."""
    encode = fastokens.Tokenizer.from_json_str(Path(tokenizer).read_text("utf-8"))
    return listed(lambda texts: [one.ids for one in encode.encode_batch(texts)])


def listed(ids_of: Callable[[Sequence[str]], Ids]) -> Any:
    """Prompts and answers encoded apart, so no offset is asked for; a control token lies between."""

    def some(batch: Mapping[str, list[str]]) -> dict[str, Ids]:
        both = list(zip(ids_of(batch["prompt"]), ids_of(batch["answer"]), strict=True))
        return {
            "input_ids": [prompt + answer for prompt, answer in both],
            "labels": [[IGNORED] * len(prompt) + answer for prompt, answer in both],
        }

    def whole(read: Dataset) -> Dataset:
        return read.map(some, new_fingerprint="listed", **BATCHES)

    return whole


def arrow(tokenizer: str) -> Any:
    """fastokens, whose flat ids go into Arrow without a Python list."""
    encode = fastokens.Tokenizer.from_json_str(Path(tokenizer).read_text("utf-8"))

    def some(table: pa.Table) -> pa.Table:
        prompts, answers = (table.column(name).to_pylist() for name in ("prompt", "answer"))
        texts = [text for pair in zip(prompts, answers, strict=True) for text in pair]
        values, offsets = encode.encode_batch_flat(texts)
        ids = np.frombuffer(values, np.uint32).astype(np.int32)
        borders = np.frombuffer(offsets, np.uint64).astype(np.int32)
        lengths = np.diff(borders)
        answered = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
        labels = np.where(answered, ids, IGNORED).astype(np.int32)
        lists = [pa.ListArray.from_arrays(borders[::2], pa.array(one)) for one in (ids, labels)]
        return pa.table(lists, names=["input_ids", "labels"])

    def whole(read: Dataset) -> Dataset:
        return read.with_format("arrow").map(some, new_fingerprint="arrow", **BATCHES)

    return whole


def pack(examples: Dataset, row_length: int, clock: Clock) -> Dataset:
    """Rows by TRL's best fit decreasing, its batches as large as it takes them."""
    clock.mark("read JSONL, encode")
    rows = pack_dataset(examples, seq_length=row_length, strategy="bfd")
    clock.mark("pack")
    return rows


def tokens_of(rows: Dataset) -> int:
    """Tokens of all rows."""
    column = rows.with_format("arrow")[:]["seq_lengths"].combine_chunks()
    return int(np.asarray(column.flatten()).sum())


if __name__ == "__main__":
    main(*sys.argv[1:])
