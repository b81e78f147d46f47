"""The user's files of general data > texts of this side to mix in, and the rows that are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from longgrain.errors import PlanError
from longgrain.facts import language_of
from longgrain.protocols import Materials
from longgrain.recipes.pretrain.texts import RECIPE, Text
from longgrain.recipes.rows import SUFFIXES, TEXTS, Bad, records
from longgrain.types import Dropped, content_id

PLAIN = (".txt", ".md", ".text")
TAKEN = ("text", "content", "正文", "文本", *TEXTS)
REPLAY = "replay"


def replayed(files: Sequence[str], materials: Materials) -> Iterator[Text | Dropped]:
    """The texts of the files that go to this side; near-duplicates among them go together, once."""
    found: list[Text] = []
    for item in _texts(files, materials):
        if isinstance(item, Dropped):
            yield item
        else:
            found.append(item)
    kin = materials.kin(one.own for one in found)
    counts = materials.tokens([one.own for one in found]) if found else ()
    for number, (text, (first, barred), tokens) in enumerate(zip(found, kin, counts, strict=True)):
        if not materials.takes(content_id(RECIPE, found[first].own)):
            continue
        reason = barred or ("near-duplicate of an earlier text" if first != number else "")
        if reason:
            yield Dropped(step="draft", id=text.name, reason=f"replay: {reason}")
        else:
            yield _with_tokens(text, tokens)


def _with_tokens(text: Text, tokens: int) -> Text:
    return Text(
        name=text.name,
        source=text.source,
        language=text.language,
        start=0,
        end=text.end,
        own=text.own,
        tokens=tokens,
        group=REPLAY,
    )


def _texts(files: Sequence[str], materials: Materials) -> Iterator[Text | Dropped]:
    for name in files:
        path = materials.path(name)
        if not path.is_file():
            raise PlanError(
                f"pretrain replay: there is no file {path}, so no general data can be mixed in; "
                "correct its name or take it out"
            )
        for row, words in _rows(path):
            if isinstance(words, Dropped):
                yield words
            elif words.strip():
                yield Text(
                    name=row,
                    source=name,
                    language=language_of(words[:4000]),
                    start=0,
                    end=len(words),
                    own=words,
                )


def _rows(path: Path) -> Iterator[tuple[str, str | Dropped]]:
    """Name and words of each row; a plain text file is one row."""
    if path.suffix.lower() in PLAIN:
        yield path.name, path.read_text("utf-8", "replace").replace("\0", "")
        return
    if path.suffix.lower() not in SUFFIXES:
        raise PlanError(
            f"pretrain replay: {path.name} is no kind of file that can be mixed in; give "
            f"{', '.join((*SUFFIXES, *PLAIN))}"
        )
    for name, record in records(path):
        words = _words(record)
        yield name, words or Dropped(step="draft", id=name, reason="replay: a row without a text")


def _words(record: object) -> str:
    if isinstance(record, Bad) or not isinstance(record, Mapping):
        return ""
    held = (record[key] for key in TAKEN if isinstance(record.get(key), str))
    return next((text.replace("\0", "") for text in held if text.strip()), "")
