"""A run > JSONL files for OpenAI's fine-tuning API, with the body of the call that starts the job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from longgrain.exports.columns import Run
from longgrain.exports.hf import write_json
from longgrain.exports.tally import Tally
from longgrain.exports.turns import Turn, Words, write_lines, write_text

LEAST = 10  # examples of a training file, by the guide
README = """\
# Fine-tuning files for OpenAI

Upload `train.jsonl` (and `valid.jsonl`) with purpose `fine-tune`, put the ids of the uploads into
`job.json`, and send that to `POST /v1/fine_tuning/jobs`:

```python
import json
from openai import OpenAI

client, job = OpenAI(), json.load(open("job.json"))
for key in ("training_file", "validation_file"):
    if key in job:
        job[key] = client.files.create(file=open(job[key], "rb"), purpose="fine-tune").id
client.fine_tuning.jobs.create(**job)
```

{tally}, counted with the tokenizer of this run; OpenAI counts with its own.

Each line is `{{"messages": [{{"role", "content"}}]}}`; an assistant message has `weight` 1 if any of
its words is learned, else 0. What this cannot express:

- OpenAI writes the conversation with a template and a tokenizer of its own: no token, no packing
  and no place of this run is kept, only the words.
- {rounded}
- A message is learned whole: {read:,} tokens are learned that are meant to be read only.
- Only assistant messages can be learned: {unlearned:,} tokens of others are meant to be.
- Models have a limit for the length of an example and cut what is longer; the longest has {longest:,}
  tokens of this run's tokenizer. A training file needs at least {least} examples.
- {holding}
- {left_out}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAI:
    """Writes ``train.jsonl`` and so on, ``job.json`` and a README.md; ``model`` stands in the job."""

    name: ClassVar[str] = "openai"

    model: str = "MODEL"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has no examples that fit."""
        folder = Path(folder)
        words = Words(run=run)

        def line(turns: tuple[Turn, ...]) -> dict[str, Any] | None:
            return _line(turns, words)

        paths = write_lines(folder, words, line)
        tally = Tally.of(run)
        job: dict[str, Any] = {"model": self.model, "training_file": "train.jsonl"}
        if any(path.stem == "valid" for path in paths):
            job["validation_file"] = "valid.jsonl"
        job["method"] = {"type": "supervised"}
        readme = README.format(
            tally=tally.said,
            rounded=tally.rounded,
            read=words.read,
            unlearned=words.unlearned,
            longest=max(tally.longest_example, words.longest),
            least=LEAST,
            holding=words.holding_said,
            left_out=words.left_out_said,
        )
        job_path = write_json(folder / "job.json", job)
        return [*paths, job_path, write_text(folder / "README.md", readme)]


def _line(turns: tuple[Turn, ...], words: Words) -> dict[str, Any] | None:
    if any(turn.speaker == "tool" for turn in turns):
        words.leave_out("with a turn of a tool, which would need the call that it answers")
        return None
    if not any(turn.learned and turn.speaker == "assistant" for turn in turns):
        words.leave_out("without a learned turn of the assistant")
        return None
    for turn in turns:
        if turn.speaker == "assistant":
            words.read += words.tokens(turn.read)
        else:
            words.unlearned += words.tokens(*(text for text, loss in turn.parts if loss > 0))
    return {"messages": [_message(turn) for turn in turns]}


def _message(turn: Turn) -> dict[str, Any]:
    said: dict[str, Any] = {"role": turn.speaker, "content": turn.text}
    return said | {"weight": int(turn.learned)} if turn.speaker == "assistant" else said
