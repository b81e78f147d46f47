"""A run > messages with a `loss_scale` each for ms-swift, with its config."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from longgrain.exports.columns import Run
from longgrain.exports.tally import Tally
from longgrain.exports.turns import Turn, Words, write_lines, write_text

# What ms-swift replaces in any text, besides control tokens.
TAGS = ("<image>", "<video>", "<audio>", "<bbox>", "<ref-object>", "<cot-process>", "<start-image>")
CONFIG = """\
# swift sft sft.yaml, in this folder; see README.md for what these settings keep.
model: {model}
template: {template}
system: ''
dataset: train.jsonl
{valid}split_dataset_ratio: 0
strict: true
loss_scale: default
is_binary_loss_scale: {binary}
max_length: {length}
truncation_strategy: delete
packing: false
output_dir: tuned
"""
README = """\
# Messages with loss_scale for ms-swift

```sh
swift sft sft.yaml
```

{tally}.

Each line is `{{"messages": [{{"role", "content", "loss_scale"}}]}}`. A reply of which only a part is
learned, or parts with different weights, stands as several assistant messages in a row: ms-swift
joins them to one reply and weighs each part by its `loss_scale`. With `is_binary_loss_scale: false`
weights between 0 and 1 are kept; {fractional:,} tokens of this run have one.

What it cannot express:

- ms-swift makes the tokens itself, from a template of its own: `template: {template}` writes what
  the template of this run writes if that is ChatML. For another model name its template, and
  compare its tokens with the rows of this run (`longgrain explain RUN ID --tokens`): it may add a
  system message or a first token.
- Each part is encoded by itself, so a token over the border of two parts comes out as two.
- Behind every learned reply it learns all that its template ends a turn with, at weight 1; under
  ChatML that is a line feed more than the rows learn, and there are {replies:,} such replies.
- Words of other speakers cannot be learned; {unlearned:,} tokens of theirs are meant to be.
- {holding}
- {left_out}

With `strict: true` ms-swift stops at an example longer than `max_length` ({length:,}); without it
`truncation_strategy: delete` drops the example. `packing: true` needs flash attention and then keeps examples apart.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MsSwift:
    """Writes ``train.jsonl`` and so on, ``sft.yaml`` for `swift sft`, and a README.md.

    ``model`` and ``template`` (the name of a template of ms-swift) stand in the config.
    """

    name: ClassVar[str] = "ms_swift"

    model: str = "MODEL"
    template: str = "chatml"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has no examples that are conversations."""
        folder = Path(folder)
        words, replies = Words(run=run, dangerous=TAGS), 0

        def line(turns: tuple[Turn, ...]) -> dict[str, Any]:
            nonlocal replies
            replies += sum(turn.speaker == "assistant" and turn.learned for turn in turns)
            others = [turn for turn in turns if turn.speaker != "assistant"]
            learned = [text for turn in others for text, loss in turn.parts if loss > 0]
            words.unlearned += words.tokens(*learned)
            return {"messages": [said for turn in turns for said in _messages(turn)]}

        paths = write_lines(folder, words, line)
        tally = Tally.of(run)
        return [*paths, *self._beside(paths, folder, words, tally, replies)]

    def _beside(
        self, paths: list[Path], folder: Path, words: Words, tally: Tally, replies: int
    ) -> list[Path]:
        # Room for what a template of ms-swift adds to an example.
        length = max(tally.longest_example, words.longest) + 256
        valid = "val_dataset: valid.jsonl\n" if any(p.stem == "valid" for p in paths) else ""
        config = CONFIG.format(
            model=self.model,
            template=self.template,
            valid=valid,
            binary=str(not tally.fractional).lower(),
            length=length,
        )
        readme = README.format(
            tally=tally.said,
            fractional=tally.fractional,
            template=self.template,
            replies=replies,
            unlearned=words.unlearned,
            holding=words.holding_said,
            left_out=words.left_out_said,
            length=length,
        )
        return [write_text(folder / "sft.yaml", config), write_text(folder / "README.md", readme)]


def _messages(turn: Turn) -> Iterator[dict[str, Any]]:
    if turn.speaker != "assistant":
        yield {"role": turn.speaker, "content": turn.text}
        return
    for text, loss in turn.parts:
        yield {"role": "assistant", "content": text, "loss_scale": loss}
