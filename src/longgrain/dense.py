"""Texts and whatever embeds them > the units nearest to a query by cosine, by looking at all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from longgrain.errors import PlanError
from longgrain.similarity import Floats, Units, best

Embed = Callable[[Sequence[str]], ArrayLike]
# A question and a number of units > the nearest of them, best first, with their scores.
Ranker = Callable[[str, int], list[tuple[int, float]]]
BATCH = 256  # texts an endpoint is sent at once
# The last bits of a product depend on the shape of the matrices that it is part of.
DIGITS = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Dense:
    """Unit vectors, one row a unit."""

    vectors: NDArray[np.float32]
    keys: NDArray[np.uint64]

    def top(
        self, vector: NDArray[np.float32], k: int, shut: Units | None = None
    ) -> tuple[Units, Floats]:
        """The ``k`` units outside ``shut`` with the highest cosine above 0, best first."""
        scores: Floats = (self.vectors @ vector).astype(np.float64)
        return best(scores.round(DIGITS), k, self.keys, shut)

    def between(self, units: Units) -> Callable[[int], Floats]:
        """Of one of some units, by its place, the cosine with each of them."""
        rows = self.vectors[units].astype(np.float64)
        return lambda one: np.einsum("ij,j->i", rows, rows[one])


def vectors(embed: Embed, texts: Sequence[str]) -> NDArray[np.float32]:
    """One unit vector a text. Raises PlanError where ``embed`` gives anything else."""
    found = np.asarray(embed(texts), np.float32) if texts else np.zeros((0, 0), np.float32)
    if found.ndim != 2 or len(found) != len(texts) or not np.isfinite(found).all():
        raise PlanError(
            f"the embedder gave an array of shape {found.shape} for {len(texts)} texts, or numbers "
            "that are not finite, so nothing can be compared; it must give one vector a text"
        )
    lengths = np.sqrt(np.einsum("ij,ij->i", found, found))[:, None]
    out: NDArray[np.float32] = found / np.maximum(lengths, np.float32(1e-12))
    return out


def ranker(embed: Embed, texts: Sequence[str]) -> Ranker:
    """Ranks the texts by cosine with a question; of equal ones the earlier comes first."""
    keys = np.arange(len(texts), dtype=np.uint64)
    found = Dense(vectors=vectors(embed, texts), keys=keys)

    def rank(words: str, k: int) -> list[tuple[int, float]]:
        units, scores = found.top(vectors(embed, [words])[0], k)
        return list(zip(units.tolist(), scores.tolist(), strict=True))

    return rank


def embedder(name: str, base_url: str = "") -> Embed:
    """The model ``name`` of an OpenAI-compatible endpoint, ``module:name``, or a local model."""
    if base_url:
        return _endpoint(name, base_url)
    module, colon, inside = name.partition(":")
    if colon:
        try:
            found: Embed = getattr(import_module(module), inside)
        except (ImportError, AttributeError) as error:
            raise PlanError(
                f"embedder {name!r}: {error}, so nothing can be embedded; give module:name of a "
                "function from texts to vectors"
            ) from error
        return found
    return _local(name)


def _local(name: str) -> Embed:
    try:
        library: Any = import_module("sentence_transformers")
    except ImportError as error:
        raise PlanError(
            f"embedder {name!r} needs sentence-transformers, which is not installed; "
            "`pip install 'longgrain[embed]'`, or give an endpoint or module:name"
        ) from error
    try:
        model = library.SentenceTransformer(name)
    except Exception as error:
        raise PlanError(
            f"embedder {name!r} could not be loaded ({type(error).__name__}: {error}); give a "
            "folder with a model, or a name that the Hugging Face hub knows"
        ) from error
    return lambda texts: model.encode(list(texts), show_progress_bar=False)


def _endpoint(model: str, base_url: str) -> Embed:
    """The key comes from OPENAI_API_KEY; a server of your own needs none."""
    import os

    import openai

    client = openai.OpenAI(
        base_url=base_url, api_key=os.environ.get("OPENAI_API_KEY") or "none", max_retries=5
    )

    def embed(texts: Sequence[str]) -> ArrayLike:
        found: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            some = list(texts[start : start + BATCH])
            try:
                reply = client.embeddings.create(model=model, input=some, encoding_format="float")
            except openai.OpenAIError as error:
                raise PlanError(
                    f"the endpoint {base_url} did not embed with {model!r} ({error}), so nothing "
                    "can be compared; look whether it serves /embeddings and the model's name"
                ) from error
            found += [one.embedding for one in sorted(reply.data, key=lambda one: one.index)]
        return np.array(found, np.float32)

    return embed
