"""A run, a model and a folder > whether they fit each other; an error before the first step, not a bad model after the last."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from longgrain import masks
from longgrain.errors import TokenizerError, TrainError
from longgrain.rows import Row
from longgrain.run import Run
from longgrain.tokens import Tokenizer

# Tokenizers in forms that we do not read.
OTHERS = ("tokenizer.model", "spiece.model", "vocab.json", "vocab.txt", "tiktoken.model")
# Texts of the run that both tokenizers encode, and code points of each.
SAMPLES, SAMPLE = 8, 2000
# By how much of the largest logit two computations may differ that are alike but for tokens which
# nobody sees: dense models do not differ at all, mixtures of experts sum in another order.
NOISE = {"float32": 1e-5, "mixed": 1e-2, "bfloat16": 1e-2}


@dataclass(frozen=True, kw_only=True)
class Size:
    """What the rows of a side need of a model."""

    rows: int
    examples: int
    tokens: int
    learned: int
    longest_row: int
    longest_example: int
    longest_name: str
    largest_id: int

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Size:
        """Counts of rows, of which there is at least one."""
        longest = max(rows, key=lambda row: int(row.seq_lengths.max()))
        place = int(longest.seq_lengths.argmax())
        return cls(
            rows=len(rows),
            examples=sum(len(row.seq_lengths) for row in rows),
            tokens=sum(len(row.input_ids) for row in rows),
            learned=sum(int(np.count_nonzero(row.weights)) for row in rows),
            longest_row=max(len(row.input_ids) for row in rows),
            longest_example=int(longest.seq_lengths[place]),
            longest_name=longest.example_ids[place],
            largest_id=max(int(row.input_ids.max()) for row in rows),
        )


def learnable(run: Run, size: Size) -> None:
    """TrainError where no token of the rows is learned."""
    if not size.learned:
        raise TrainError(
            f"of the {size.tokens:,} tokens of {run.folder} none is learned, so training would change "
            "nothing; look at the losses of its spans with `longgrain explain`"
        )


def positions(config: Any, size: Size, model: str) -> None:
    """TrainError where an example is longer than the model's positions, which begin anew in each."""
    most = getattr(config.get_text_config(), "max_position_embeddings", None)
    if most and size.longest_example > most:
        raise TrainError(
            f"example {size.longest_name} has {size.longest_example:,} tokens, {model} has {most:,} "
            "positions, so what stands behind them could not be learned; stretch them with --rope "
            "yarn --rope-factor N (or set --positions), or build shorter examples "
            "(layout.lengths.max)"
        )


def vocabulary(config: Any, size: Size, model: str) -> None:
    """TrainError where a row has an id that the model has no embedding for."""
    known = config.get_text_config().vocab_size
    if size.largest_id >= known:
        raise TrainError(
            f"the rows have a token with id {size.largest_id:,}, {model} has a vocabulary of "
            f"{known:,}: they were made with another tokenizer; build the run again with `tokenizer` "
            "set to this model, or train the model that the run was built for"
        )


def tokenizer(run: Run, model: str, revision: str) -> Tokenizer | None:
    """The model's own tokenizer, once it says what that of the run says; None if it has none.

    TrainError where a token has another id, or a text of the run other ids.
    """
    folder = Path(model)
    if not model or (folder.is_dir() and not (folder / "tokenizer.json").is_file()):
        if other := next((name for name in OTHERS if model and (folder / name).is_file()), None):
            raise TrainError(
                f"{model} has {other} and no tokenizer.json, so nobody can compare it with that of the "
                "run; write it anew with AutoTokenizer.from_pretrained(...).save_pretrained(...)"
            )
        return None
    try:
        own = Tokenizer.load(_place(model, revision))
    except TokenizerError as error:
        raise TrainError(
            f"the tokenizer of {model!r} cannot be read ({error}), so nobody knows whether the rows "
            "say to this model what was meant; add its tokenizer.json to the folder"
        ) from error
    if own.sha256 != run.manifest["tokenizer"]["sha256"]:
        _same(run.tokenizer, own, _some_texts(run), f"{run.folder}", model)
    return own


def _place(model: str, revision: str) -> str:
    """Where the tokenizer is: a folder, a name on the hub, or what was fetched of one of its commits."""
    if Path(model).is_dir() or revision == "main":
        return model
    from huggingface_hub import snapshot_download

    try:
        patterns = ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"]
        return str(snapshot_download(model, revision=revision, allow_patterns=patterns))
    except Exception as error:  # whatever the hub and the way to it have to say
        raise TokenizerError(f"{model!r} at {revision!r}: {error}") from error


def _some_texts(run: Run) -> list[str]:
    texts = run.texts()
    names = list(texts)[:: max(1, len(texts) // SAMPLES)][:SAMPLES]
    return [texts[name][:SAMPLE] for name in names]


def _same(ours: Tokenizer, own: Tokenizer, texts: Sequence[str], run: str, model: str) -> None:
    asked, known = (one.library.get_vocab(with_added_tokens=True) for one in (ours, own))
    if wrong := _first_other(asked, known):
        word, id_, other = wrong
        raise TrainError(
            f"in {run} the token {word!r} has id {id_}, in {model} "
            f"{'there is none' if other is None else f'it has id {other}'}, so the model would read "
            "other words than the run has; build the run again with `tokenizer` set to this model"
        )
    both = ours.encode(texts), own.encode(texts)
    for number, text in enumerate(texts):
        one, other_ids = both[0][number], both[1][number]
        if not np.array_equal(one, other_ids):
            at = int(np.argmax(one[: len(other_ids)] != other_ids[: len(one)])) if len(one) else 0
            raise TrainError(
                f"the tokenizers of {run} and {model} have the same tokens but cut {text[:40]!r} "
                f"differently (from token {at} on), so the model would see words cut as it never has; "
                "build the run again with `tokenizer` set to this model"
            )


def _first_other(
    asked: Mapping[str, int], known: Mapping[str, int]
) -> tuple[str, int, int | None] | None:
    """The token with the smallest id in the first vocabulary that is another one in the second."""
    for word, id_ in sorted(asked.items(), key=lambda item: item[1]):
        if known.get(word) != id_:
            return word, id_, known.get(word)
    return None


def room(folder: Path, needed: int) -> None:
    """TrainError where the disk of a folder has fewer bytes than checkpoints and model will take."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise TrainError(
            f"the model and its checkpoints take about {needed / 1e9:,.1f} GB, the disk of {folder} "
            f"has {free / 1e9:,.1f} GB, so training would die while it saves; free some, name another "
            "folder with --out, or keep fewer checkpoints with --keep"
        )


def bytes_on_disk(trained: int, whole: int, keep: int) -> int:
    """Bytes of ``keep`` + 1 checkpoints and the model, of so many trained weights of a whole.

    A checkpoint holds the trained weights and two moments of AdamW, 4 bytes each; one more than are
    kept is there while the next is written.
    """
    return (keep + 1) * 12 * trained + 4 * whole


def window_of(config: Any) -> int | None:
    """Tokens that some layers of the model see at most, or None where all see everything."""
    inner = config.get_text_config()
    kinds = getattr(inner, "layer_types", None)
    window = getattr(inner, "sliding_window", None)
    if kinds is not None and "sliding_attention" not in kinds:
        return None
    if getattr(inner, "use_sliding_window", True) is False:
        return None
    return int(window) if window else None


def layers(config: Any, mask: masks.Mask, model: str) -> None:
    """TrainError where a mask of our own would take the place of one that the model has."""
    window = window_of(config)
    if window and not mask.isolates:
        raise TrainError(
            f"{model} has layers that see {window:,} tokens; mask {mask.name!r} would take their place "
            "in every layer, and the model would not be the one that was asked for; use --mask block"
        )


def isolated(forward: Callable[[Any], Any], ids: Any, first: int, precision: str) -> None:
    """TrainError where what a model says of the second example of a row depends on the first.

    ``forward`` takes ids of shape (1, tokens), of which the first ``first`` are one example, and
    gives logits. Both computations are alike but for the ids of the first example.
    """
    other = ids.clone()
    other[:, :first] = other[:, :first].flip(1).roll(1, 1) + 1
    with torch.no_grad():
        said = forward(ids)[:, first:]
        differ = float((said - forward(other)[:, first:]).abs().max())
    if differ > NOISE[precision] * float(said.abs().max()):
        raise TrainError(
            f"in a packed row this model lets one example see another (its output changes by "
            f"{differ:.3g}), so rows would not be learned as meant; use --batching sorted "
            "--batch 1, which takes the rows apart, or another --attention"
        )
