"""A run with pairs of replies > prompts, chosen and rejected turns as TRL's DPOTrainer takes them, with its config."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.exports.columns import Run
from longgrain.exports.tally import Tally
from longgrain.exports.turns import Line, Turn, Words, turns, write_jsonl, write_sides, write_text
from longgrain.types import Example, Side

CHOSEN, REJECTED = "chosen", "rejected"
TURNS = pa.list_(pa.struct({"role": pa.string(), "content": pa.string()}))
SCHEMA = pa.schema({"prompt": TURNS, CHOSEN: TURNS, REJECTED: TURNS})
# Pairs of a group of Parquet rows: of 32K tokens each they take about 10 MB.
GROUP = 64
CONFIG = """\
# trl dpo --config dpo.yaml, in this folder; see README.md for what these settings keep.
model_name_or_path: {model}
datasets:
  - path: {kind}
    data_files: {file}
output_dir: tuned
max_length: null
loss_type: [sigmoid]
beta: {beta}
learning_rate: 1.0e-6
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
precompute_ref_log_probs: true
"""
README = """\
# Preference pairs for TRL

```sh
trl dpo --config dpo.yaml
```

or in Python:

```python
from datasets import load_dataset
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer

rows = load_dataset("{kind}", data_files={files})
tokenizer = AutoTokenizer.from_pretrained("{model}")
tokenizer.chat_template = open("chat_template.jinja").read()
settings = DPOConfig(output_dir="tuned", max_length=None, beta={beta}, precompute_ref_log_probs=True)
trainer = DPOTrainer(
    "{model}", args=settings, train_dataset=rows["{first}"], processing_class=tokenizer
)
```

{pairs:,} pairs. A line has `prompt`, `chosen` and `rejected`, each a list of messages; the prompt is
all turns before the last, the same for both replies. {lengths}

What is compared, and how that differs from the rows of this run:

- TRL makes the tokens itself, with the chat template of the model's tokenizer. The command line takes
  the template as it is; in Python the template of this run is put in its place (see above).
- The whole last turn counts, of the chosen reply and of the rejected one. {read:,} tokens of chosen
  replies are meant to be read only, and count all the same. Rows learn nothing of a rejected reply.
- {trailing:,} tokens that the template writes behind the last learned token count too.
- DPO knows no weights of tokens. {rounded}
- {holding}
- {left_out}

`max_length=None` keeps TRL from cutting: its default of 1,024 leaves out every pair whose prompt is
that long. The longest pair has {longest:,} tokens, prompt and longer reply. Both replies are run over
the prompt, so a step takes twice the memory of the same example in supervised tuning;
`precompute_ref_log_probs` saves holding the reference model beside the one that is tuned. On a CPU set
`bf16=False`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dpo:
    """Writes ``train.jsonl`` and so on, ``dpo.yaml``, ``chat_template.jinja`` and a README.md.

    Of each example with a ``rejected`` view: ``{"prompt", "chosen", "rejected"}``, each a list of
    messages. ``form`` "parquet" writes the same as Parquet. ``model`` and ``beta`` stand in the
    config.
    """

    name: ClassVar[str] = "dpo"

    form: Literal["jsonl", "parquet"] = "jsonl"
    model: str = "MODEL"
    beta: float = 0.1

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has no pairs."""
        folder, pairs = Path(folder), Pairs(words=Words(run=run))
        packed = self.form == "parquet"
        write, suffix = (_write_parquet, ".parquet") if packed else (write_jsonl, ".jsonl")
        paths = write_sides(folder, pairs.words, pairs.lines, suffix, write)
        kind, tally, words = "parquet" if packed else "json", Tally.of(run), pairs.words
        readme = README.format(
            kind=kind,
            files={path.stem: path.name for path in paths},
            model=self.model,
            beta=self.beta,
            first=paths[0].stem,
            pairs=len(pairs.sizes),
            lengths=pairs.lengths_said,
            read=words.read,
            trailing=tally.trailing,
            rounded=tally.rounded,
            holding=words.holding_said,
            left_out=words.left_out_said,
            longest=pairs.longest,
        )
        config = CONFIG.format(model=self.model, kind=kind, file=paths[0].name, beta=self.beta)
        return [
            *paths,
            write_text(folder / "chat_template.jinja", run.template.source),
            write_text(folder / "dpo.yaml", config),
            write_text(folder / "README.md", readme),
        ]


@dataclass(slots=True, kw_only=True)
class Pairs:
    """What was counted in the pairs of a run; ``sizes`` are the tokens of each pair's two replies."""

    words: Words
    longest: int = 0
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def lines(self, side: Side) -> Iterator[Line]:
        """The pairs of a side; examples that are none are counted out."""
        texts = self.words.run.texts()
        for example, chosen in self.words.over(side):
            other = turns(example.views.get(REJECTED, ()), texts)
            if reason := _unpaired(chosen, other):
                self.words.leave_out(reason)
            else:
                self._count(example, chosen[-1], other[-1])
                prompt = [_message(turn) for turn in chosen[:-1]]
                yield {
                    "prompt": prompt,
                    CHOSEN: [_message(chosen[-1])],
                    REJECTED: [_message(other[-1])],
                }

    def _count(self, example: Example, chosen: Turn, other: Turn) -> None:
        right, wrong = (self.words.tokens(one.text) for one in (chosen, other))
        self.sizes.append((right, wrong))
        self.words.read += self.words.tokens(chosen.read)
        known = int(example.lineage.get("tokens") or 0)
        self.longest = max(self.longest, known + max(0, wrong - right))

    @property
    def lengths_said(self) -> str:
        """How well length alone tells the better reply."""
        right, wrong = np.array(self.sizes).T
        return (
            f"Chosen\nreplies have {right.mean():,.0f} tokens on average, rejected ones "
            f"{wrong.mean():,.0f}; the chosen one is the longer in {(right > wrong).sum():,}\npairs, "
            f"the shorter in {(right < wrong).sum():,}, as long in {(right == wrong).sum():,}. Told by "
            f"length alone, over all pairs, a reply is\nknown for a chosen one with an AUC of "
            f"{auc(right, wrong):.3f} (0.5 is chance)."
        )


def auc(right: NDArray[np.int64], wrong: NDArray[np.int64]) -> float:
    """How often a number of ``right`` is larger than one of ``wrong``; ties count half."""
    ordered = np.sort(wrong)
    below = np.searchsorted(ordered, right, "left") + np.searchsorted(ordered, right, "right")
    return float(below.mean() / (2 * len(wrong)))


def _unpaired(chosen: tuple[Turn, ...], other: tuple[Turn, ...]) -> str:
    """Why two views are no pair for DPO, or ""."""
    if not other:
        return "without a rejected reply"
    if chosen[-1].speaker != "assistant" or other[-1].speaker != "assistant":
        return "whose last turn is not the assistant's"
    said = [[(turn.speaker, turn.text) for turn in view[:-1]] for view in (chosen, other)]
    if said[0] != said[1] or not said[0]:
        return "whose two views differ before the last turn"
    return ""


def _message(turn: Turn) -> dict[str, Any]:
    return {"role": turn.speaker, "content": turn.text}


def _write_parquet(path: Path, lines: Iterator[Line]) -> None:
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        while some := list(islice(lines, GROUP)):
            writer.write_table(pa.Table.from_pylist(some, SCHEMA))
