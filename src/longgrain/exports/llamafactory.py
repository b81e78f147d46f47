"""A run > a tokenized dataset, ShareGPT or Alpaca files for LLaMA-Factory, with its config."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from longgrain.exports.columns import Row, Run, by_side
from longgrain.exports.hf import write_json, write_split
from longgrain.exports.tally import Tally
from longgrain.exports.turns import Turn, Words, write_lines, write_text
from longgrain.types import Side

PACKED = pa.schema(
    {
        "input_ids": pa.list_(pa.int32()),
        "attention_mask": pa.list_(pa.int32()),
        "position_ids": pa.list_(pa.int32()),
        "labels": pa.list_(pa.int32()),
    }
)
# The collator pads ids, mask and labels to a multiple of 8, but not position_ids: so rows come padded.
MULTIPLE = 8
# The names by which LLaMA-Factory asks for splits.
SPLITS = {"train": "train", "valid": "validation", "test": "test"}
TAGS = {"user": "human", "assistant": "gpt", "tool": "observation", "system": "system"}
CONFIG = """\
# llamafactory-cli train sft.yaml, in this folder; see README.md for what these settings keep.
model_name_or_path: {model}
stage: sft
do_train: true
finetuning_type: lora
template: {template}
cutoff_len: {length}
output_dir: tuned
"""
TOKENS = """\
tokenized_path: tokenized
dataset: tokenized  # must be given, and is not read where there is a tokenized_path
neat_packing: true
per_device_train_batch_size: 1
per_device_eval_batch_size: 1
"""
TEXT = """\
dataset_dir: .
dataset: train
mask_history: {mask}
packing: false
"""
README = """\
# {title} for LLaMA-Factory

```sh
llamafactory-cli train sft.yaml
```

{tally}.

"""
TOKEN_NOTES = """\
`tokenized` is a dataset that LLaMA-Factory opens by `tokenized_path`, with rows that are packed
already. `attention_mask` numbers the examples of a row from 1 and `position_ids` restart, so with
`neat_packing: true` and batches of one row they see only themselves; without it the numbers are
taken for ones and examples leak into each other. Rows have different lengths, hence one row in a
batch; they are padded to a multiple of 8 (id 0, mask 0), since the collator would not pad their
positions. `template` is not used for tokens.

`labels` hold the id of a learned token and -100 elsewhere. LLaMA-Factory knows no weights.
{rounded}
"""
TEXT_NOTES = """\
LLaMA-Factory makes the tokens itself, from a template of its own: `template: {template}` writes
what the template of this run writes if that is ChatML; for another model name its template, and
compare its tokens with the rows of this run (`longgrain explain RUN ID --tokens`). A template of
LLaMA-Factory may add a system message or a first token, and many learn the line feed behind the end of a turn.

- {rounded}
- With `mask_history: {mask}`, {read:,} tokens are learned that are meant to be read only, and
  {unlearned:,} that are meant to be learned are not (each text encoded by itself).
- {holding}
- {left_out}

`cutoff_len` cuts longer examples without a word: the longest of this run has {longest:,} tokens.
"""


Entry = Callable[[str, tuple[Turn, ...]], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class _Packed:
    """A row in the columns of a tokenized dataset, padded as the collator pads."""

    row: Row

    @property
    def input_ids(self) -> NDArray[np.int32]:
        return _padded(self.row.input_ids, 0)

    @property
    def attention_mask(self) -> NDArray[np.int32]:
        lengths = self.row.seq_lengths
        return _padded(np.repeat(np.arange(1, len(lengths) + 1), lengths), 0)

    @property
    def position_ids(self) -> NDArray[np.int32]:
        return _padded(self.row.position_ids, 0)

    @property
    def labels(self) -> NDArray[np.int32]:
        return _padded(self.row.labels, -100)


def _padded(values: NDArray[np.integer[Any]], by: int) -> NDArray[np.int32]:
    more = -len(values) % MULTIPLE
    return np.pad(values, (0, more), constant_values=by).astype(np.int32)


@dataclass(slots=True)
class _History:
    """What is learned of assistant turns before the last one, to choose ``mask_history``."""

    learned: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaFactory:
    """Writes the data, ``sft.yaml`` for `llamafactory-cli train`, and a README.md.

    ``form`` "tokens" writes a tokenized dataset with the exact ids and labels; "sharegpt" and
    "alpaca" write ``train.jsonl`` and so on with ``dataset_info.json``. ``model`` and ``template``
    stand in the config.
    """

    name: ClassVar[str] = "llamafactory"

    form: Literal["tokens", "sharegpt", "alpaca"] = "tokens"
    model: str = "MODEL"
    template: str = "chatml"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has nothing to export."""
        return (self._tokens if self.form == "tokens" else self._text)(run, Path(folder))

    def _tokens(self, run: Run, folder: Path) -> list[Path]:
        tally = Tally()

        def packed(side: Side) -> Iterator[_Packed]:
            return (_Packed(row) for row in tally.over(run.rows(side)))

        paths: list[Path] = []
        splits = []
        for side, found in by_side(packed, PACKED):
            splits.append(SPLITS[side])
            paths += write_split(folder / "tokenized" / SPLITS[side], PACKED, found)
        paths.append(write_json(folder / "tokenized" / "dataset_dict.json", {"splits": splits}))
        notes = TOKEN_NOTES.format(rounded=tally.rounded)
        # One more than the longest: LLaMA-Factory takes one off under neat_packing.
        return [*paths, *self._beside(folder, tally, tally.longest_row + 1, TOKENS, notes)]

    def _text(self, run: Run, folder: Path) -> list[Path]:
        words, history = Words(run=run), _History()
        entry = _sharegpt if self.form == "sharegpt" else _alpaca

        def line(turns: tuple[Turn, ...]) -> dict[str, Any] | None:
            return _line(turns, words, history, entry)

        paths = write_lines(folder, words, line)
        tally = Tally.of(run)
        info = {path.stem: _info(path.name, self.form) for path in paths}
        paths.append(write_json(folder / "dataset_info.json", info))
        masks = history.read > history.learned
        longest = max(tally.longest_example, words.longest)
        notes = TEXT_NOTES.format(
            template=self.template,
            rounded=tally.rounded,
            mask=str(masks).lower(),
            read=words.read + (0 if masks else history.read),
            unlearned=history.learned if masks else 0,
            holding=words.holding_said,
            left_out=words.left_out_said,
            longest=longest,
        )
        more = TEXT.format(mask=str(masks).lower())
        # Room for what a template of LLaMA-Factory adds to an example.
        return [*paths, *self._beside(folder, tally, longest + 256, more, notes)]

    def _beside(self, folder: Path, tally: Tally, length: int, more: str, notes: str) -> list[Path]:
        titles = {"tokens": "Packed rows", "sharegpt": "ShareGPT", "alpaca": "Alpaca"}
        config = CONFIG.format(model=self.model, template=self.template, length=length)
        readme = README.format(title=titles[self.form], tally=tally.said)
        return [
            write_text(folder / "sft.yaml", config + more),
            write_text(folder / "README.md", readme + notes),
        ]


def _line(
    turns: tuple[Turn, ...], words: Words, history: _History, entry: Entry
) -> dict[str, Any] | None:
    """The line of one conversation, if its turns take turns; what is lost of it is counted."""
    system = turns[0].text if turns[0].speaker == "system" else ""
    rest = turns[1:] if turns[0].speaker == "system" else turns
    sides = [turn.speaker == "assistant" for turn in rest]
    if len(rest) % 2 or sides != [False, True] * (len(rest) // 2) or not rest[-1].learned:
        words.leave_out("whose turns are not question and answer with a learned one at the end")
        return None
    found = entry(system, rest)
    if found is None:
        words.leave_out("with a turn of a tool, which Alpaca files cannot hold")
        return None
    words.read += words.tokens(*(turn.read for turn in rest))
    for turn in rest[1:-1:2]:
        size = words.tokens(turn.text)
        history.learned += size if turn.learned else 0
        history.read += 0 if turn.learned else size
    return found


def _sharegpt(system: str, turns: tuple[Turn, ...]) -> dict[str, Any] | None:
    said = [{"from": TAGS[turn.speaker], "value": turn.text} for turn in turns]
    return {"conversations": said, "system": system}


def _alpaca(system: str, turns: tuple[Turn, ...]) -> dict[str, Any] | None:
    if any(turn.speaker == "tool" for turn in turns):
        return None
    *earlier, asked, answer = [turn.text for turn in turns]
    history = [list(pair) for pair in zip(earlier[::2], earlier[1::2], strict=True)]
    return {
        "instruction": asked,
        "input": "",
        "output": answer,
        "system": system,
        "history": history,
    }


def _info(file: str, form: str) -> dict[str, Any]:
    if form == "sharegpt":
        columns = {"messages": "conversations", "system": "system"}
        return {"file_name": file, "formatting": "sharegpt", "columns": columns}
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    columns |= {"system": "system", "history": "history"}
    return {"file_name": file, "formatting": "alpaca", "columns": columns}
