"""One document > one packed row, from top to bottom without abstractions: read this file first."""

import sys
from pathlib import Path

import numpy as np
import orjson

from longgrain.chat import ChatTemplate
from longgrain.encode import encode, pieces
from longgrain.grains import cut
from longgrain.pack import pack
from longgrain.plan import Plan
from longgrain.teachers.extractive import Extractive
from longgrain.tokens import Ints, Tokenizer
from longgrain.types import Answered, Document, Given, Message, Request, Span


def walk(place: str) -> tuple[Ints, Ints]:
    """Input ids and labels of one row with up to four questions about a text; prints its steps."""
    document = Document.of(Path(place).read_text("utf-8"), source=place)
    grains = cut(document, size=128, kinds=["cut"])
    words = [document.text[grain.start : grain.end] for grain in grains]
    print(f"cut     {len(document.text):,} characters > {len(grains)} grains: {words[0][:60]!r}")

    replies = Extractive().ask([Request(task="in2.fine", material=(text,)) for text in words])
    found = [(i, orjson.loads(a.text)[0]) for i, a in enumerate(replies) if isinstance(a, Answered)]
    drafts = found[:: max(1, len(found) // 4)][:4]
    print(f"draft   {drafts[0][1]['question']} > {drafts[0][1]['answer']}")

    given = Given(source="walk", id="words")
    gap, examples = Span(role="glue", origin=given, text="\n\n"), []
    for number, (own, draft) in enumerate(drafts):
        laid = [Span(role="distractor", origin=one) for one in grains[:12] if one != grains[own]]
        laid.insert(4 * number, Span(role="evidence", origin=grains[own]))
        asked = Span(role="question", origin=given, text=draft["question"])
        reply = Span(role="answer", origin=given, text=draft["reply"], loss=1.0)
        user = Message(speaker="user", spans=(*(s for one in laid for s in (one, gap)), asked))
        examples.append((user, Message(speaker="assistant", spans=(reply,))))
    print(f"lay     {len(examples)} contexts of 12 grains, the evidence further back in each")

    template = ChatTemplate.of(Plan(sources=(place,)), Tokenizer.load("longgrain"))
    frame = template.frame(("user", "assistant"))
    listed = [pieces(turns, frame, {document.id: document.text}) for turns in examples]
    encoded = encode(listed, template.tokenizer)
    lengths = np.array([len(one.ids) for one in encoded])
    row = max(pack(lengths, 4096, seed=17), key=len)
    print(f"encode  {lengths.tolist()} tokens\npack    examples {row.tolist()} into one row")

    ids = np.concatenate([encoded[i].ids for i in row])
    losses = [np.repeat([one.loss for one in listed[i]], encoded[i].counts) for i in row]
    labels = np.where(np.concatenate(losses) > 0, ids, -100).astype(np.int32)
    print(f"row     {len(ids):,} tokens, {(labels >= 0).sum()} of them learned from")
    return ids, labels


if __name__ == "__main__":
    walk(sys.argv[1])
