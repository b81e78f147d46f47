"""A review for tests: served in a thread, with texts and pairs to work on."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from longgrain.review.decision import Decision
from longgrain.review.items import Items
from longgrain.review.label_spec import LabelSpec
from longgrain.review.labelling import Labelling
from longgrain.review.queue import Queue
from longgrain.review.serving import Asked, Opened, opened, server_of
from longgrain.review.store import FILE, Store
from longgrain.run import Run

HOSTILE = (
    "</textarea></script><script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>"
)


def copied(run: Run, folder: Path) -> Path:
    """A copy of a finished run, to which decisions may be written."""
    shutil.copytree(run.folder, folder)
    return folder


def rows(path: Path, found: Sequence[dict[str, Any]]) -> Path:
    """A JSONL file."""
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found), "utf-8")
    return path


def spec_file(folder: Path, words: str, texts: Sequence[str]) -> Path:
    """A label file beside its texts."""
    rows(folder / "texts.jsonl", [{"text": text} for text in texts])
    path = folder / "labels.yaml"
    path.write_text(f"texts: texts.jsonl\n{words}", "utf-8")
    return path


def queue_of_texts(folder: Path, count: int = 40, **how: Any) -> Queue:
    """A queue over made-up texts."""
    texts = rows(folder / "texts.jsonl", [{"text": f"text {number}"} for number in range(count)])
    task = Labelling(spec=LabelSpec(name="made", texts=str(texts), classes={"yes": "", "no": ""}))
    return Queue(items=Items(Store(folder / FILE), task), **how)


@contextmanager
def served(asked: Asked) -> Iterator[Opened]:
    """A review that answers on its port as long as the block lasts."""
    one = opened(asked)
    server = server_of(one)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [one.bound.socket]}, daemon=True
    )
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield one
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def kept(folder: Path) -> list[Decision]:
    """All decisions in a folder."""
    return list(Store(folder / FILE).decisions())
