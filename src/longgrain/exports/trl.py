"""A run > packed rows or prompts and completions as TRL's SFTTrainer takes them, with its config."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from longgrain.exports.columns import IDS, Row, Run, by_side, write_parquet
from longgrain.exports.tally import Tally
from longgrain.exports.turns import Turn, Words, write_lines, write_text
from longgrain.types import Side

CONFIG = """\
# trl sft --config sft.yaml, in this folder; see README.md for what these settings keep.
model_name_or_path: {model}
datasets:
  - path: {kind}
    data_files: {file}
output_dir: tuned
packing: false
max_length: null
"""
PACKED = """\
padding_free: true
attn_implementation: flash_attention_2
per_device_train_batch_size: 1
"""
PROMPTS = """\
completion_only_loss: true
chat_template_path: chat_template.jinja
"""
README = """\
# {title} for TRL

```sh
trl sft --config sft.yaml
```

or in Python:

```python
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

rows = load_dataset("{kind}", data_files={files})
settings = SFTConfig(output_dir="tuned", {settings})
trainer = SFTTrainer("{model}", args=settings, train_dataset=rows["{first}"])
```

{tally}.

"""
PACKED_NOTES = """\
The examples of a row see only themselves with `padding_free=True`, `packing=False` and an attention
that knows `position_ids` (flash attention, or sdpa and eager for short rows); with other settings
they leak into each other without a warning. `max_length=None` keeps TRL from cutting rows. On a CPU
set `bf16=False` and leave out `attn_implementation`.

`labels` hold the token id where a token is learned and -100 elsewhere; TRL averages the loss over
the learned tokens of a step. It knows no weights: {weighted:,} tokens have a weight other than 0
and 1, and TRL learns them as if it were 1.
"""
PROMPT_NOTES = """\
TRL makes the tokens itself, from `chat_template.jinja` (the template of this run) and the model's
tokenizer, and learns all that follows the prompt. Other than in the rows of this run:

- {trailing:,} tokens that the template writes behind the last learned token are learned too.
- {rounded}
- {read:,} tokens of completions are meant to be read only, and are learned.
- {unlearned:,} tokens of earlier assistant turns are meant to be learned, and are not.
- {holding}
- {left_out}
{date}
The three counts of words are of the words alone, each encoded by itself. `max_length=None` keeps
TRL from cutting examples; the longest has {longest:,} tokens. With `packing=True` examples would be
cut or leak into each other.
"""
DATE = """\
- The template asks for today's date, so its words change from day to day; in the rows it is frozen.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trl:
    """Writes the data, ``sft.yaml`` for `trl sft --config`, and a README.md.

    ``form`` "packed" writes ``train.parquet`` and so on with TRL's three columns alone;
    "prompt_completion" writes ``train.jsonl`` and so on, ``{"prompt": [...], "completion": [...]}``
    with messages in both, and the run's template as ``chat_template.jinja``. ``model`` stands in
    the config.
    """

    name: ClassVar[str] = "trl"

    form: Literal["packed", "prompt_completion"] = "packed"
    model: str = "MODEL"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has nothing to export."""
        return (self._packed if self.form == "packed" else self._prompts)(run, Path(folder))

    def _packed(self, run: Run, folder: Path) -> list[Path]:
        tally = Tally()

        def counted(side: Side) -> Iterator[Row]:
            return tally.over(run.rows(side))

        paths = [
            write_parquet(folder / f"{side}.parquet", IDS, found)
            for side, found in by_side(counted, IDS)
        ]
        settings = "padding_free=True, packing=False, max_length=None"
        notes = PACKED_NOTES.format(weighted=tally.fractional)
        return [*paths, *self._beside(paths, folder, tally, PACKED, settings, notes)]

    def _prompts(self, run: Run, folder: Path) -> list[Path]:
        words = Words(run=run)

        def line(turns: tuple[Turn, ...]) -> dict[str, Any] | None:
            return _line(turns, words)

        paths = write_lines(folder, words, line)
        tally = Tally.of(run)
        template = write_text(folder / "chat_template.jinja", run.template.source)
        settings = "packing=False, max_length=None,\n    completion_only_loss=True, "
        settings += 'chat_template_path="chat_template.jinja"'
        notes = PROMPT_NOTES.format(
            trailing=tally.trailing,
            rounded=tally.rounded,
            read=words.read,
            unlearned=words.unlearned,
            holding=words.holding_said,
            left_out=words.left_out_said,
            date=DATE if "strftime_now" in run.template.source else "",
            longest=max(tally.longest_example, words.longest),
        )
        return [*paths, template, *self._beside(paths, folder, tally, PROMPTS, settings, notes)]

    def _beside(
        self, paths: list[Path], folder: Path, tally: Tally, more: str, settings: str, notes: str
    ) -> list[Path]:
        packed = self.form == "packed"
        first, kind = paths[0], "parquet" if packed else "json"
        readme = README.format(
            title="Packed rows" if packed else "Prompts and completions",
            kind=kind,
            files={path.stem: path.name for path in paths},
            settings=settings,
            model=self.model,
            first=first.stem,
            tally=tally.said,
        )
        config = CONFIG.format(model=self.model, kind=kind, file=first.name) + more
        return [
            write_text(folder / "sft.yaml", config),
            write_text(folder / "README.md", readme + notes),
        ]


def _line(turns: tuple[Turn, ...], words: Words) -> dict[str, Any] | None:
    if turns[-1].speaker != "assistant" or not turns[-1].learned:
        words.leave_out("whose last turn is not a learned one of the assistant")
        return None
    earlier = [words_ for turn in turns[:-1] for words_, loss in turn.parts if loss > 0]
    words.unlearned += words.tokens(*earlier)
    words.read += words.tokens(turns[-1].read)
    messages = [{"role": turn.speaker, "content": turn.text} for turn in turns]
    return {"prompt": messages[:-1], "completion": messages[-1:]}
