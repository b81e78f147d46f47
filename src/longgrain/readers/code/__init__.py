"""Source code > one Document a file, its text unchanged, its classes and functions as headings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from longgrain.readers.code.blocks import blocks, with_leads
from longgrain.readers.code.python import definitions
from longgrain.readers.decoding import decode
from longgrain.types import Document, Dropped

_SUFFIXES = {
    "assembly": ".s .asm",
    "c": ".c .h",
    "clojure": ".clj .cljs",
    "cmake": ".cmake",
    "cpp": ".cc .cpp .cxx .hh .hpp .hxx .cu .cuh",
    "csharp": ".cs",
    "css": ".css .scss .less",
    "dart": ".dart",
    "elixir": ".ex .exs",
    "erlang": ".erl .hrl",
    "fortran": ".f90 .f95 .f03 .f .for",
    "fsharp": ".fs .fsx",
    "go": ".go",
    "groovy": ".groovy .gradle",
    "haskell": ".hs",
    "java": ".java",
    "javascript": ".js .jsx .mjs .cjs",
    "julia": ".jl",
    "kotlin": ".kt .kts",
    "lisp": ".lisp .el .scm .rkt",
    "lua": ".lua",
    "nim": ".nim",
    "objective-c": ".m .mm",
    "ocaml": ".ml .mli",
    "pascal": ".pas",
    "perl": ".pl .pm",
    "php": ".php",
    "powershell": ".ps1",
    "protobuf": ".proto",
    "python": ".py .pyi .pyw",
    "r": ".r",
    "ruby": ".rb",
    "rust": ".rs",
    "scala": ".scala",
    "shell": ".sh .bash .zsh .fish",
    "solidity": ".sol",
    "sql": ".sql",
    "swift": ".swift",
    "terraform": ".tf",
    "typescript": ".ts .tsx .mts .cts",
    "verilog": ".v .sv .vh",
    "vhdl": ".vhd .vhdl",
    "vue": ".vue .svelte",
    "zig": ".zig",
}
_LANGUAGE = {end: name for name, ends in _SUFFIXES.items() for end in ends.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Reads source code of the common languages; ``meta["code"]`` names the language."""

    name: ClassVar[str] = "code"
    suffixes: ClassVar[tuple[str, ...]] = tuple(_LANGUAGE)

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """One document, or why there is none.

        Python is read by its own grammar, and like every other language by its indentation where
        it does not parse.
        """
        decoded = decode(raw, source)
        if isinstance(decoded, Dropped):
            yield decoded
            return
        path = PurePosixPath(source.removesuffix(".gz"))
        language = _LANGUAGE.get(path.suffix.lower(), "unknown")
        marks = definitions(decoded.text) if language == "python" else None
        marks = blocks(decoded.text) if marks is None else marks
        meta = {
            "title": path.name or source,
            "markup": "plain",
            "code": language,
            "headings": with_leads(decoded.text, marks),
            **decoded.meta,
        }
        yield Document.of(decoded.text, source=source, meta=meta)
