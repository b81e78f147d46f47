"""A run > token ids, segments or messages with `train_detail` for Axolotl, with its config."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow as pa

from longgrain.exports.columns import Run, by_side, write_parquet
from longgrain.exports.tally import Alone, Tally, alone
from longgrain.exports.turns import Turn, Words, segments, write_lines, write_text
from longgrain.types import Side

TOKENS = pa.schema(
    {
        "input_ids": pa.list_(pa.int32()),
        "attention_mask": pa.list_(pa.int8()),
        "labels": pa.list_(pa.int32()),
    }
)
Form = Literal["tokens", "segments", "detail"]
CONFIG = """\
# axolotl train axolotl.yaml, in this folder; see README.md for what these settings keep.
base_model: {model}
datasets:
{train}{test}sequence_len: {length}
excess_length_strategy: raise
sample_packing: true
flash_attention: true
train_on_inputs: false
output_dir: tuned
"""
ENTRY = {
    "tokens": "    ds_type: parquet\n    type:\n",
    "segments": "    ds_type: json\n    type: input_output\n",
    "detail": (
        "    ds_type: json\n    type: chat_template\n    field_messages: messages\n"
        "    chat_template: jinja\n    chat_template_jinja: chat_template.jinja\n"
        "    roles_to_train: []\n    train_on_eos: turn\n    message_field_training: train\n"
        "    message_field_training_detail: train_detail\n"
    ),
}
TITLES = {
    "tokens": "Token ids and labels",
    "segments": "Segments of text",
    "detail": "Messages with train_detail",
}
README = """\
# {title} for Axolotl

```sh
axolotl train axolotl.yaml
```

{tally}.

One line holds one example. `sample_packing: true` packs them again and, with flash attention, keeps
the examples of a pack apart; without flash attention turn it off. `excess_length_strategy: raise`
stops where `sequence_len` ({length:,}, the longest example) is made shorter: by default Axolotl drops
longer examples.

"""
NOTES = {
    "tokens": """\
The columns are `input_ids`, `attention_mask` and `labels` (-100 where nothing is learned): the ids
and labels of the run, with nothing left to Axolotl's own tokenizer. It knows no weights. {rounded}
""",
    "segments": """\
Each line is `{{"segments": [{{"label", "text"}}]}}`: the conversation as the run's template writes
it, control tokens spelled out, cut where learned words begin and end. Axolotl encodes each segment
by itself, so a token over the border of two segments comes out as two. It adds no token of its own.

- {rounded}
- {holding}
- {left_out}
""",
    "detail": """\
Each line is `{{"messages": [{{"role", "content", "train", "train_detail"}}]}}`; `train_detail` stands
where only a part of a message is learned, in code points, its ends inclusive. Axolotl makes the
tokens itself, from `chat_template.jinja` (the template of this run) and the model's tokenizer.

- {rounded}
- Axolotl learns the tokenizer's end-of-text token behind a learned message: name the token that ends
  a turn as `eos_token` under `special_tokens`, else the end of a turn is not learned.
- A token that is learned in part is learned or not as Axolotl decides; it moves the borders to
  whole tokens.
- {holding}
- {left_out}
""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Axolotl:
    """Writes the data, ``axolotl.yaml`` and a README.md.

    ``form`` "tokens" writes ``train.parquet`` and so on, an example a line, with the exact ids and
    labels; "segments" writes ``train.jsonl`` in the format `input_output`; "detail" writes messages
    with `train` and `train_detail`. ``model`` stands in the config.
    """

    name: ClassVar[str] = "axolotl"

    form: Form = "tokens"
    model: str = "MODEL"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has nothing to export."""
        return (self._tokens if self.form == "tokens" else self._text)(run, Path(folder))

    def _tokens(self, run: Run, folder: Path) -> list[Path]:
        tally = Tally()

        def lines(side: Side) -> Iterator[Alone]:
            return alone(tally.over(run.rows(side)))

        paths = [
            write_parquet(folder / f"{side}.parquet", TOKENS, found)
            for side, found in by_side(lines, TOKENS)
        ]
        notes = NOTES["tokens"].format(rounded=tally.rounded)
        return [*paths, *self._beside(paths, folder, tally, tally.longest_example, notes)]

    def _text(self, run: Run, folder: Path) -> list[Path]:
        words = Words(run=run)

        def line(turns: tuple[Turn, ...]) -> dict[str, Any]:
            if self.form == "detail":
                return {"messages": [_message(turn) for turn in turns]}
            frame = run.template.frame(tuple(turn.speaker for turn in turns))
            cut = segments(turns, frame)
            return {"segments": [{"label": loss > 0, "text": text} for text, loss in cut]}

        paths = write_lines(folder, words, line)
        tally = Tally.of(run)
        said = {"holding": words.holding_said, "left_out": words.left_out_said}
        notes = NOTES[self.form].format(rounded=tally.rounded, **said)
        more = []
        if self.form == "detail":
            more.append(write_text(folder / "chat_template.jinja", run.template.source))
        length = max(tally.longest_example, words.longest)
        return [*paths, *more, *self._beside(paths, folder, tally, length, notes)]

    def _beside(
        self, paths: list[Path], folder: Path, tally: Tally, length: int, notes: str
    ) -> list[Path]:
        files = {path.stem: path.name for path in paths}
        train = f"  - path: {files.get('train', paths[0].name)}\n{ENTRY[self.form]}"
        test = ""
        if "valid" in files:
            test = (
                f"test_datasets:\n  - path: {files['valid']}\n    split: train\n{ENTRY[self.form]}"
            )
        config = CONFIG.format(model=self.model, train=train, test=test, length=length)
        readme = README.format(title=TITLES[self.form], tally=tally.said, length=length)
        return [
            write_text(folder / "axolotl.yaml", config),
            write_text(folder / "README.md", readme + notes),
        ]


def _message(turn: Turn) -> dict[str, Any]:
    said: dict[str, Any] = {"role": turn.speaker, "content": turn.text, "train": turn.learned}
    if turn.read:
        said["train_detail"] = _detail(turn)
        del said["train"]
    return said


def _detail(turn: Turn) -> list[dict[str, Any]]:
    found, at = [], 0
    for text, loss in turn.parts:
        end = at + len(text) - 1
        found.append({"begin_offset": at, "end_offset": end, "train": loss > 0})
        at = end + 1
    return found
