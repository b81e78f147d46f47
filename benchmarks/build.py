"""A folder of texts > tokens a CPU-second, bytes and memory of longgrain, its limit, and rivals.

    python benchmarks/build.py --corpus FOLDER [--tokens 60e6] [--parts warm,cold,size,memory]
        [--rivals PYTHON] [--out FOLDER] [--tiny]

Each contestant runs in a process of its own, one after the other; CPU seconds are user and system
time of it and its children. ``--rivals`` names the Python of an environment with
`requirements.txt`; without it the rivals and their thresholds are left out, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq

from longgrain import Run
from longgrain.drafts import messages_of
from longgrain.tokens import Tokenizer
from longgrain.types import Message, Role, Span

HERE = Path(__file__).parent
PARTS = ("warm", "cold", "size", "memory")
RIVALS = {
    "usual": "the usual way",
    "offsets": "the usual way, mask from offsets",
    "fast": "the usual way with fastokens",
    "arrow": "the same without Python lists",
}
SUFFIXES = (".md", ".txt", ".tex")
WARM_STEPS = ("laying out contexts", "packing", "writing rows")
# The rivals' last chunk ends behind the length asked for, and TRL cuts what is longer than a row.
CAUTION = 0.985
# Tokens of an example that are not its context.
SHELL = 120
MB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Size:
    """How long examples are, in tokens, and how many the two builds of the test of memory ask for.

    Asked for 20,000, these recipes get 18,000 out of 20 MB of texts: 12 times the first make over 10.
    """

    low: int = 4096
    high: int = 32_768
    few: int = 1_600
    many: int = 19_200

    def examples(self, tokens: float) -> int:
        """How many examples have so many tokens."""
        return max(8, round(tokens / ((self.low + self.high) / 2)))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the table: a figure, and the least or most that it should be."""

    part: str
    what: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the figure is as it should be; None where nothing is asked of it."""
        if self.least is None and self.most is None:
            return None
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)


@dataclass(frozen=True, kw_only=True)
class Race:
    """One benchmark: its corpus, size and folder."""

    texts: tuple[Path, ...]
    tokens: float
    size: Size
    folder: Path
    rivals: str

    def plan(self, name: str, examples: int) -> Path:
        """A plan file for so many examples, all of them with long contexts."""
        path = self.folder / f"{name}.json"
        length = {"min": self.size.low, "max": self.size.high}
        recipe = {"use": "in2", "examples": examples, "shares": {"fine": 0.8, "integration": 0.2}}
        plan = {
            "name": name,
            "sources": [str(text) for text in self.texts],
            "layout": {"lengths": length},
            "recipes": [recipe],
        }
        path.write_text(json.dumps(plan))
        return path

    def ours(self, way: str, plan: Path | str, run: Path) -> dict[str, Any]:
        """What longgrain's contestant says."""
        return _ran([sys.executable, str(HERE / "ours.py"), way, str(plan), str(run)])

    def rival(self, way: str, run: Path) -> dict[str, Any]:
        """What a rival says, on the same corpus, questions, lengths and tokenizer."""
        job = self.folder / "job.json"
        drafts = self.folder / "drafts.jsonl"
        drafts.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in _drafts(Run(run))))
        tokenizer = self.folder / "tokenizer.json"
        tokenizer.write_text(Tokenizer.load("longgrain").source, "utf-8")
        job.write_text(
            json.dumps(
                {
                    "texts": [str(text) for text in self.texts],
                    "drafts": str(drafts),
                    "folder": str(self.folder),
                    "tokenizer": str(tokenizer),
                    "row_length": self.size.high,
                    "seed": 17,
                }
            )
        )
        found = _ran([self.rivals, str(HERE / "rivals.py"), way, str(job)])
        shutil.rmtree(self.folder / way)
        return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the parts, prints the table, writes the results; 1 if a threshold is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--tokens", type=float, default=60e6)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--rivals", default="")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument(
        "--tiny", action="store_true", help="short examples, nothing is asked of speed"
    )
    asked = parser.parse_args(arguments)
    size = Size(low=512, high=2048, few=20, many=240) if asked.tiny else Size()
    with tempfile.TemporaryDirectory() as folder:
        race = Race(
            texts=tuple(_texts(asked.corpus)),
            tokens=asked.tokens,
            size=size,
            folder=Path(folder),
            rivals=asked.rivals,
        )
        lines, said = measured(race, asked.parts.split(","))
    if asked.tiny:  # so few tokens say nothing about speed
        lines = [replace(line, least=None, most=None) for line in lines]
    _print(lines)
    _write(asked.out, lines, said, race, arguments or sys.argv[1:])
    return int(any(line.met is False for line in lines))


def measured(race: Race, parts: Sequence[str]) -> tuple[list[Line], dict[str, Any]]:
    """The table, and what every contestant said."""
    said: dict[str, Any] = {}
    lines: list[Line] = []
    if {"warm", "cold", "size"} & set(parts):
        run = race.folder / "run"
        plan = race.plan("run", race.size.examples(race.tokens))
        said["start"] = race.ours("start", plan, run)
        said["finish"] = race.ours("finish", plan, run)
        ways = [way for way in RIVALS if "warm" in parts or ("cold" in parts and way == "usual")]
        said |= {way: race.rival(way, run) for way in ways if race.rivals}
        if "warm" in parts:
            said["limit"] = race.ours("limit", "-", run)
            lines += _warm(said)
        lines += _size(run) if "size" in parts else []
        shutil.rmtree(run)
    if "cold" in parts:
        said["whole"] = _whole(race, "whole", race.size.examples(race.tokens))
        lines += _cold(said)
    if "memory" in parts:
        said["few"] = _whole(race, "few", race.size.few)
        said["many"] = _whole(race, "many", race.size.many)
        lines += _memory(said)
    return lines, said


def _whole(race: Race, name: str, examples: int) -> dict[str, Any]:
    """A whole build in one process, of so many examples if the texts hold them."""
    plan = race.plan(name, examples)
    found = race.ours("whole", plan, race.folder / name)
    shutil.rmtree(race.folder / name)
    return found


def _warm(said: Mapping[str, Any]) -> list[Line]:
    """Laying out, packing and writing rows, where token store and drafts are there."""
    finish = said["finish"]
    speed = finish["tokens"] / sum(finish["parts"][step] for step in WARM_STEPS) / 1e6
    limit = _speed(said["limit"])
    bare = said["limit"]["tokens"] / said["limit"]["parts"]["copy, write"] / 1e6
    return [
        Line(part="warm", what="longgrain", value=speed, unit="Mtok/CPU-s"),
        *_rival_lines(
            said, "warm", speed, {"usual": 60, "offsets": None, "fast": 12, "arrow": None}
        ),
        Line(part="warm", what="limit: encode, copy, write", value=limit, unit="Mtok/CPU-s"),
        Line(part="warm", what="of the limit", value=100 * speed / limit, unit="%", least=50),
        Line(part="warm", what="of copying and writing alone", value=100 * speed / bare, unit="%"),
    ]


def _cold(said: Mapping[str, Any]) -> list[Line]:
    """The whole build, from texts to the report."""
    whole = said["whole"]
    speed, drafting = _speed(whole), whole["parts"]["drafting"]
    rest = whole["cpu_seconds"] - drafting
    return [
        Line(part="cold", what="longgrain", value=speed, unit="Mtok/CPU-s"),
        *_rival_lines(said, "cold", speed, {"usual": 10}),
        Line(part="cold", what="longgrain, drafting", value=drafting, unit="CPU-s"),
        Line(part="cold", what="longgrain, all else", value=rest, unit="CPU-s"),
    ]


def _rival_lines(
    said: Mapping[str, Any], part: str, speed: float, asked: Mapping[str, float | None]
) -> Iterator[Line]:
    for way, least in asked.items():
        if way in said:
            own, name = _speed(said[way]), RIVALS[way]
            yield Line(part=part, what=name, value=own, unit="Mtok/CPU-s")
            yield Line(part=part, what=f"times {name}", value=speed / own, unit="x", least=least)


def _speed(found: Mapping[str, Any]) -> float:
    return float(found["tokens"] / found["cpu_seconds"] / 1e6)


def _size(run: Path) -> list[Line]:
    """Bytes of rows, and of the same examples by reference, without and with their drafts."""
    rows, examples, drafts = (
        sum(path.stat().st_size for path in run.glob(names))
        for names in ("rows-*.parquet", "examples-*.parquet", "drafts.parquet")
    )
    both = rows / (examples + drafts)
    return [
        Line(part="size", what="rows", value=rows / MB, unit="MB"),
        Line(
            part="size",
            what="rows to examples by reference",
            value=rows / examples,
            unit="x",
            least=40,
        ),
        Line(part="size", what="rows to examples and drafts", value=both, unit="x"),
    ]


def _memory(said: Mapping[str, Any]) -> list[Line]:
    """The peak of a whole build, and of one of at least ten times the examples."""
    few, many = said["few"], said["many"]
    times, ratio = (many[name] / few[name] for name in ("examples", "peak_mb"))
    return [
        *(
            Line(
                part="memory", what=f"{one['examples']:,} examples", value=one["peak_mb"], unit="MB"
            )
            for one in (few, many)
        ),
        Line(part="memory", what="examples, second to first", value=times, unit="x", least=10),
        Line(part="memory", what="peak, second to first", value=ratio, unit="x", most=1.2),
    ]


def _ran(command: Sequence[str]) -> dict[str, Any]:
    """What a contestant says in its last line."""
    quiet = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=os.environ | quiet, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _texts(corpus: Path) -> Iterator[Path]:
    """Plain texts in UTF-8, which the rivals can read too."""
    for path in sorted(path for path in corpus.rglob("*") if path.suffix in SUFFIXES):
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield path.resolve()


def _drafts(run: Run) -> Iterator[dict[str, Any]]:
    """The words around every context, and the characters of a context as long as ours."""
    texts = pq.read_table(run.folder / "documents.parquet", columns=["text", "language", "tokens"])
    characters: dict[str, float] = {}
    for language in set(texts["language"].to_pylist()):
        some = [one for one in texts.to_pylist() if one["language"] == language]
        characters[language] = sum(len(one["text"]) for one in some) / sum(
            o["tokens"] for o in some
        )
    drafts = pq.read_table(
        run.folder / "drafts.parquet", columns=["messages", "language"]
    ).to_pylist()
    for path in sorted(run.folder.glob("examples-*.parquet")):
        for example in pq.read_table(path, columns=["draft", "tokens"]).to_pylist():
            draft = drafts[example["draft"]]
            messages = messages_of(draft["messages"])
            room = (example["tokens"] - SHELL) * CAUTION * characters[draft["language"]]
            yield {
                "instruction": _words(messages, "instruction"),
                "question": _words(messages, "question"),
                "answer": _words(messages, "answer"),
                "language": draft["language"],
                "characters": int(room),
            }


def _words(messages: Sequence[Message], role: Role) -> str:
    spans = [span for message in messages for span in message.spans]
    return "".join(one.text or "" for one in spans if isinstance(one, Span) and one.role == role)


def _print(lines: Sequence[Line]) -> None:
    print(f"{'':8}{'':44}{'':>12} {'':12}{'asked':>12}")
    for line in lines:
        asked = f">= {line.least:g}" if line.least is not None else ""
        asked = f"<= {line.most:g}" if line.most is not None else asked
        mark = {True: "met", False: "MISSED", None: ""}[line.met]
        print(f"{line.part:8}{line.what:44}{line.value:12,.2f} {line.unit:12}{asked:>12} {mark}")


def _write(
    out: Path, lines: Sequence[Line], said: Mapping[str, Any], race: Race, command: Sequence[str]
) -> None:
    """results/build.json: figures, what every contestant said, versions and the command."""
    out.mkdir(parents=True, exist_ok=True)
    packages = ("longgrain", "numpy", "pyarrow", "tokenizers", "fastokens")
    found = {
        "command": ["benchmarks/build.py", *(w if w != race.rivals else "PYTHON" for w in command)],
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "rivals": _ran([race.rivals, str(HERE / "rivals.py"), "versions"]) if race.rivals else {},
        "lines": [asdict(line) | {"met": line.met} for line in lines],
        "contestants": said,
    }
    (out / "build.json").write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
