"""A request of a recipe > the same request with the words for a language model, their version and a schema.

A prompt is a file ``TASK.LANGUAGE.txt``: front matter (``name``, ``language``, and ``schema``, a JSON
file beside it, or "none" for a reply in free words) between lines of three dashes, then a Jinja template. Material is put in as a value, so
braces in it are never parsed, and between marks that do not occur in it, so it cannot end them.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from longgrain.errors import PlanError
from longgrain.facts import language_of
from longgrain.types import Request

OWN = Path(__file__).parent / "prompts"
# Spoken where a folder has no prompt in the language of the material.
FALLBACK = "en"
FORM = re.compile(r"---\n(?P<front>.*?)\n---\n(?P<words>.+)", re.DOTALL)
# What chat templates put around turns. Servers would read it in a document as the end of a turn, so
# it is broken by a word joiner, which is not seen and is passed over when quotes are looked for.
CONTROL = re.compile(
    r"<(?=\|[^|<>\n]{1,40}\|>|/?s>|[be]os>|(?:start|end)_of_turn>|｜)|\[(?=/?(?:INST|SYSTEM_PROMPT)\])"
)
JOINER = "\u2060"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The words for one task in one language; ``version`` is the start of the file's SHA-256."""

    name: str
    language: str
    version: str
    schema: Mapping[str, Any] | None
    words: Template

    @property
    def label(self) -> str:
        """What examples record: ``in2.fine.en@1a2b3c4d``."""
        return f"{self.name}.{self.language}@{self.version}"

    def said(self, request: Request, language: str) -> str:
        """The whole message for a request whose material is in ``language``.

        A template may use ``pieces`` and ``question`` (both between marks), ``count`` of the
        pieces, ``limit`` of questions, ``least`` and ``most`` pieces for one question, ``language``
        and ``other``: whether that is another language than the prompt's own. What a recipe gives
        besides: ``given.NAME`` (texts, between marks) and ``said.NAME`` (numbers, the recipe's own
        words and lists of them, as they are). PlanError if it cannot be rendered, or leaves out the
        pieces.
        """
        settings = request.settings
        question = str(settings.get("question", ""))
        given = {name: str(text) for name, text in settings.get("given", {}).items()}
        mark = unused((*request.material, question, *given.values()))
        named = [f"{number} {mark}" for number in range(1, len(request.material) + 1)]
        pieces = "\n\n".join(map(quoted, named, request.material))
        low, high = settings.get("pieces", (1, len(request.material)))
        said = self._rendered(
            pieces=pieces,
            question=quoted(f"question {mark}", question),
            given={name: quoted(f"{name} {mark}", text) for name, text in given.items()},
            said=settings.get("said", {}),
            count=len(request.material),
            limit=int(settings.get("limit", 1)),
            least=low,
            most=max(low, min(high, len(request.material))),
            language=language,
            other=_spoken(language) != self.language,
        )
        if pieces not in said:
            raise PlanError(
                f"the prompt {self.label} leaves out the material, so a teacher could only invent: "
                "put {{ pieces }} where it belongs"
            )
        return said

    def _rendered(self, **values: Any) -> str:
        try:
            return self.words.render(values).strip()
        except TemplateError as error:
            raise PlanError(
                f"the prompt {self.label} cannot be rendered: {error}; see docs/prompts.md for what "
                "a template may use"
            ) from error


def unused(texts: Sequence[str]) -> str:
    """Eight hex digits that stand in none of the texts, always the same for the same texts."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass"))
    while any(digest.hexdigest()[:8] in text for text in texts):
        digest = hashlib.sha256(digest.digest())
    return digest.hexdigest()[:8]


def quoted(name: str, text: str) -> str:
    """A text between two lines that it cannot hold, without anything a server takes for a turn."""
    return f"<<<{name}>>>\n{CONTROL.sub(lambda found: found[0] + JOINER, text)}\n<<<end {name}>>>"


class Prompts:
    """The prompts of a folder, and longgrain's own for the tasks and languages that it leaves out."""

    def __init__(self, folder: Path | str = "") -> None:
        """PlanError if the folder is not there or a file in it is no prompt."""
        self.folder = Path(folder) if folder else None
        if self.folder and not self.folder.is_dir():
            raise PlanError(
                f"prompts: there is no folder {self.folder}; correct the path, or leave it out to "
                "use longgrain's own prompts"
            )
        self._places = [self.folder, OWN] if self.folder else [OWN]
        self._found = self._read_all()

    def _read_all(self) -> dict[tuple[str, str], Prompt]:
        """The prompts by task and language; those of the user's folder stand before ours."""
        found: dict[tuple[str, str], Prompt] = {}
        for path in self.files:
            if path.suffix == ".txt":
                prompt = self._read(path)
                found.setdefault((prompt.name, prompt.language), prompt)
        return found

    @property
    def all(self) -> list[Prompt]:
        """Every prompt that is used, by task and language."""
        return [self._found[key] for key in sorted(self._found)]

    @cached_property
    def files(self) -> list[Path]:
        """Every file that prompts are read from: all of it is what a run depends on."""
        return [
            path
            for place in self._places
            for path in sorted(place.iterdir())
            if path.suffix in (".txt", ".json")
        ]

    def fill(self, request: Request) -> Request:
        """The request with ``prompt``, ``schema`` and, in its settings, the prompt's label.

        A request that has words of its own stays as it is. PlanError for a task without a prompt.
        """
        if request.prompt:
            return request
        language = str(request.settings.get("language") or language_of("".join(request.material)))
        prompt = self._found.get((request.task, _spoken(language)))
        prompt = prompt or self._found.get((request.task, FALLBACK))
        if prompt is None:
            raise PlanError(
                f"there is no prompt for the task {request.task!r}, so the teacher cannot be asked: "
                f"put {request.task}.{FALLBACK}.txt into a folder and name it under teacher: "
                "prompts"
            )
        said = prompt.said(request, language)
        settings = {**request.settings, "prompt": prompt.label}
        return replace(request, prompt=(("user", said),), schema=prompt.schema, settings=settings)

    def _read(self, path: Path) -> Prompt:
        raw = path.read_bytes()
        parts = FORM.fullmatch(raw.decode("utf-8", "replace").replace("\r\n", "\n"))
        try:
            front = YAML(typ="safe").load(io.StringIO(parts["front"])) if parts else None
            if not isinstance(front, Mapping) or not front.keys() >= {"name", "language", "schema"}:
                raise ValueError("it does not begin with name, language and schema between ---")
            return Prompt(
                name=str(front["name"]),
                language=str(front["language"]),
                version=hashlib.sha256(raw).hexdigest()[:8],
                schema=self._schema(str(front["schema"])),
                words=_JINJA.from_string(parts["words"] if parts else ""),
            )
        except (ValueError, TemplateError, YAMLError) as error:
            raise PlanError(
                f"{path} cannot be used as a prompt: {error}; see docs/prompts.md, or take the file "
                "out of the folder"
            ) from error

    def _schema(self, name: str) -> Mapping[str, Any] | None:
        if name == "none":
            return None
        for place in self._places:
            if (place / name).is_file():
                schema: Mapping[str, Any] = orjson.loads((place / name).read_bytes())
                return schema
        raise ValueError(f"its schema {name!r} is not beside it")


_JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def _spoken(language: str) -> str:
    """``zh-Hant`` and ``zh_TW`` are spoken to in ``zh``."""
    return re.split("[-_]", language.lower())[0]
