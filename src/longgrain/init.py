"""A folder of documents > a commented plan.yaml with numbers that suit what was found."""

from __future__ import annotations

import json
import os
import re
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from longgrain import shelf
from longgrain.corpus import documents, sources
from longgrain.doubts import Ground
from longgrain.engine import atomic
from longgrain.errors import RunError, SourceError
from longgrain.ingest import IngestShard, ingest
from longgrain.make import side_shares
from longgrain.plan import CHECKS, Plan, Splitting
from longgrain.sides import assign
from longgrain.store import merge
from longgrain.tokens import SHIPPED, Tokenizer
from longgrain.types import Document

# Characters of each language on which characters per token are measured.
MEASURED = 100_000
# Below so many tokens, documents are split for real to see how much each side gets.
FEW_TOKENS = 4_000_000
LONGEST, SHORTEST = 32_768, 512
MOST_EXAMPLES = 2_000
# The first share to hold out that gives every side enough tokens is taken; the largest share may
# give little, and below that nothing is held out.
HELD_OUT, ENOUGH, LITTLE = (0.05, 0.1, 0.2, 0.0), 8_192, 1_024
# One question for so many grains of text.
GRAINS_AN_EXAMPLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lies in a folder; ``tokens`` by language, ``dropped`` by reason."""

    sources: int
    documents: int
    tokens: Mapping[str, int]
    dropped: Mapping[str, int]

    @property
    def total(self) -> int:
        """Tokens of all documents."""
        return sum(self.tokens.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The settings that depend on what was found; lengths in tokens."""

    held_out: float
    longest: int
    depths: int
    examples: int

    @property
    def shortest(self) -> int:
        """The shortest context."""
        return max(256, self.longest // 8)


def init(folder: str | Path, out: str | Path = "plan.yaml", *, force: bool = False) -> Path:
    """Writes a plan for the documents at ``folder`` that `build` takes as it is; gives its path.

    Raises SourceError if there is nothing to read, RunError if ``out`` is there and not ``force``.
    """
    out = Path(out)
    if out.exists() and not force:
        raise RunError(
            f"{out} is already there and was left as it is; give another path with --out, or "
            "--force to write over it"
        )
    found = look(folder)
    numbers = suiting(found, folder)
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic(out) as part:
        part.write_text(written(folder, out, found, numbers), "utf-8")
    Plan.load(out)
    return out


def look(folder: str | Path) -> Found:
    """Reads the documents once and estimates their tokens."""
    listed = sources(folder)
    characters: Counter[str] = Counter()
    samples: dict[str, str] = {}
    dropped: Counter[str] = Counter()
    count = 0
    for source in listed:
        for item in documents(source):
            if not isinstance(item, Document):
                dropped[item.reason] += 1
                continue
            language = str(item.meta["language"])
            count += 1
            characters[language] += len(item.text)
            kept = samples.get(language, "")
            samples[language] = kept + item.text[: max(0, MEASURED - len(kept)) // 4 + 1]
    if not count:
        reasons = "; ".join(f"{number} x {reason}" for reason, number in dropped.items())
        raise SourceError(
            f"{str(folder)!r} holds no document that can be read ({reasons or 'no files'}), so "
            "there is nothing to plan for; give a folder of txt, md, jsonl, csv or parquet files"
        )
    tokenizer = Tokenizer.load(SHIPPED)
    return Found(
        sources=len(listed),
        documents=count,
        tokens={
            language: _tokens(characters[language], samples[language], tokenizer)
            for language in sorted(characters)
        },
        dropped=dropped,
    )


def _tokens(characters: int, sample: str, tokenizer: Tokenizer) -> int:
    return round(characters * len(tokenizer.encode([sample]).values) / max(len(sample), 1))


def suiting(found: Found, folder: str | Path) -> Numbers:
    """Numbers whose longest context the smallest side's pool can fill, twice over if it can be."""
    if found.total >= FEW_TOKENS:
        held_out, pool = HELD_OUT[0], int(HELD_OUT[0] * found.total / 2)
    else:
        held_out, pool = split_for_real(folder)
    if pool < SHORTEST:
        raise SourceError(
            f"{str(folder)!r} holds about {found.total:,} tokens, too few to lay out contexts of "
            f"{SHORTEST} tokens; give more or longer documents"
        )
    longest = min(LONGEST, 1 << max(pool // 2, SHORTEST).bit_length() - 1)
    return Numbers(
        held_out=held_out,
        longest=longest,
        depths=max(1, min(10, longest // 8 // 128)),
        examples=max(20, min(MOST_EXAMPLES, found.total // 128 // GRAINS_AN_EXAMPLE)),
    )


def split_for_real(folder: str | Path) -> tuple[float, int]:
    """The share to hold out, and the tokens of the smallest side that it gives."""
    with tempfile.TemporaryDirectory(prefix="longgrain-init-") as work:
        shard = IngestShard(
            number=0,
            sources=tuple(sources(folder)),
            folder=Path(work),
            plan=Plan(sources=(str(folder),)),
            tokenizer=Tokenizer.load(SHIPPED),
        )
        store = merge([ingest(shard)], Path(work) / "store")
        for held_out in HELD_OUT:
            split = Splitting(valid=held_out, test=held_out)
            plan = shard.plan.model_copy(update={"split": split})
            ground = Ground.of(store, assign(store, plan))
            pool = min(ground.pool(side) for side in side_shares(plan))
            if pool >= (ENOUGH if held_out != HELD_OUT[-2] else LITTLE):
                break
    return held_out, pool


def written(folder: str | Path, out: Path, found: Found, numbers: Numbers) -> str:
    """The plan as YAML, a line of explanation for every setting."""
    settings = TEMPLATE.format(
        others=_others(),
        name=re.sub(r"[^\w.-]+", "-", Path(folder).resolve().name) or "run",
        place=json.dumps(_place(folder, out), ensure_ascii=False),
        held_out=numbers.held_out,
        shortest=numbers.shortest,
        longest=numbers.longest,
        depths=numbers.depths,
        examples=numbers.examples,
        checks=", ".join(CHECKS),
    )
    lines = (line.partition(" # ") for line in settings.splitlines())
    aligned = [f"{key.rstrip():27} # {why}" if why else key for key, _, why in lines]
    return "\n".join([*_heading(out, found), "", *aligned]) + "\n"


def _others() -> str:
    """The recipes beside the one that is chosen, as a comment of lines that a terminal holds."""
    names = ", ".join(name for name in shelf.names("recipes") if name != "in2")
    return textwrap.fill(
        f"recipes beside in2: {names}", 96, initial_indent="# ", subsequent_indent="#   "
    )


def _place(folder: str | Path, out: Path) -> str:
    """The folder as seen from the plan's own, or in full where that is shorter."""
    relative, full = os.path.relpath(folder, out.parent), os.path.abspath(folder)
    return min(relative, full, key=len)


def _heading(out: Path, found: Found) -> Iterator[str]:
    held = " and ".join(f"{tokens:,} tokens of {name}" for name, tokens in found.tokens.items())
    yield f"# Found {found.documents:,} document{'s' * (found.documents != 1)}: about {held}."
    for reason, count in found.dropped.items():
        yield f"# Not read: {count:,} x {reason}."
    yield "#"
    yield f"#   longgrain preview {out}    shows a few examples and what a build will take"
    yield f"#   longgrain build {out}      builds the whole set"


TEMPLATE = """\
name: {name} # the run's folder is runs/NAME
seed: 17 # another seed draws other questions, contexts and sides
sources: [{place}] # files, folders, globs and URLs, seen from this file's folder
readers: {{}} # settings of readers, as in {{jsonl: {{text: story}}}}

tokenizer: longgrain # take your model's own: a tokenizer.json or a Hugging Face model name
template: chatml # or "tokenizer" for the model's own chat template, or a Jinja file
day: 2026-01-01 # what a template that asks for the date is told
system: "" # a system message before every example

grains: # documents are cut into grains, of which contexts are made
  size: 128 # tokens of a grain
  mode: sentence # ends at sentence ends where possible; "exact" cuts at the size

split: # every context is made of one side alone, so nothing leaks
  valid: {held_out} # share of the tokens that is held out to watch training
  test: {held_out} # share of the tokens that is held out to the end
  by: auto # whole documents, or chapters where documents are too few
decontaminate: [] # files of benchmarks; what shares ten words in a row with them is left out

teacher: extractive # asks by rule about facts of the text: offline and free

examples: null # of all recipes below that name a share (share: 0.6) instead of a number
{others}
recipes:
  - use: in2 # information-intensive training: questions about grains in long contexts
    examples: {examples} # over all sides

augment: # drafts in other words, no fact or answer changed
  share: 0.0 # of the drafts, such as 0.3

layout: # how contexts are laid out
  lengths: # tokens of a whole example, spread evenly between the two
    min: {shortest}
    max: {longest}
  depths: {depths} # the evidence lies in each of so many parts of the context equally often
  distractors: # shares of the other grains of a context
    random: 0.8 # any of the same side
    hard: 0.1 # those nearest to the question that do not answer it
    same_document: 0.1 # those of the evidence's own document
  metadata: [] # what stands before a grain: title, heading, date, position
  in_order: 0.1 # share of contexts that are one document as it stands
  short: 1024 # tokens of a short context

checks: [{checks}] # what an example must pass

balance: null # a wished mix by share of learned tokens, such as {{language: equal, difficulty: equal}}

review: null # what people judge by and decided, such as {{decisions: [runs/demo], rule: majority}}

pack: # examples are packed whole into rows
  length: null # tokens of a row; null takes the longest example
"""
