"""Real texts > tokenizers of the kinds that models use, hostile documents, and small runs of them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

from longgrain.build import build
from longgrain.plan import Plan
from longgrain.run import Run
from reference import Reference

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo" / "documents"
SHARED = ROOT.parent / "shared" / "data" / "corpora"
REAL = (
    "en/books/sherlock-holmes-adventures.md",
    "en/tech/hf-course-ch6.md",
    "zh/books/luxun-nahan.md",
    "zh/law/minfadian.md",
    "zh/books/rulinwaishi-hant.md",
)
CONTROL = ("<unk>", "<s>", "</s>", "<|endoftext|>", "<|im_start|>", "<|im_end|>")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3 = QWEN.replace(r"\p{N}|", r"\p{N}{1,3}|", 1)
# OpenAI's o200k lets a slash follow a line feed in one pre-token.
O200K = QWEN.replace(r"[\r\n]*|", r"[\r\n/]*|", 1)
BYTE_LEVEL = ("gpt2", "qwen", "qwen-nfc", "llama3")
OTHERS = ("llama2", "metaspace", "unigram", "wordpiece")
KINDS = (*BYTE_LEVEL, *OTHERS)


@cache
def real_text() -> tuple[str, ...]:
    """About 300,000 characters, English and Chinese, in paragraphs with their blank lines."""
    files = [SHARED / name for name in REAL]
    files = files if all(file.is_file() for file in files) else sorted(DEMO.glob("*.md"))
    texts = [file.read_text("utf-8")[2000 : 2000 + 300_000 // len(files)] for file in files]
    return tuple(p + "\n\n" for text in texts for p in text.split("\n\n"))


def trained(kind: str) -> Tokenizer:
    """A small tokenizer of a kind that models use."""
    made = _MAKERS[kind]()
    made.add_special_tokens([AddedToken(c, special=True, normalized=False) for c in CONTROL])
    return made


def byte_level(pattern: str, *, compose: bool = False) -> Tokenizer:
    """Byte-level BPE with a pattern; ``compose`` normalises to NFC, as Qwen does."""
    made = Tokenizer(models.BPE())
    if compose:
        made.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=3000, initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator(real_text(), trainer)
    return made


def byte_fallback(*, metaspace: bool) -> Tokenizer:
    """Llama 2's BPE, characters then bytes; the space before the first word comes from a normaliser
    or, in newer files, from a Metaspace pre-tokenizer.
    """
    made = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    names = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]
    trainer = trainers.BpeTrainer(
        vocab_size=3500, show_progress=False, limit_alphabet=1500, special_tokens=names
    )
    made.train_from_iterator(real_text(), trainer)
    source = json.loads(made.to_str())  # bytes are pieces, but only control tokens stay added
    made = Tokenizer.from_str(json.dumps(source | {"added_tokens": source["added_tokens"][:3]}))
    if metaspace:
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:
        made.pre_tokenizer = None
        steps = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        made.normalizer = normalizers.Sequence(steps)
    return made


def unigram() -> Tokenizer:
    """SentencePiece Unigram, whose control tokens are pieces of its vocabulary."""
    made = Tokenizer(models.Unigram())
    steps = [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    made.normalizer = normalizers.Sequence(steps)
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=3000, show_progress=False, unk_token="<unk>", special_tokens=list(CONTROL)
    )
    made.train_from_iterator(real_text()[::3], trainer)
    return made


def wordpiece() -> Tokenizer:
    """BERT's WordPiece: lower case, and blanks leave no token."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=3000, show_progress=False, special_tokens=["[UNK]", "[SEP]", *CONTROL]
    )
    made.train_from_iterator(real_text(), trainer)
    return made


_MAKERS: Mapping[str, Callable[[], Tokenizer]] = {
    "gpt2": lambda: byte_level(GPT2),
    "qwen": lambda: byte_level(QWEN),
    "qwen-nfc": lambda: byte_level(QWEN, compose=True),
    "llama3": lambda: byte_level(LLAMA3),
    "o200k": lambda: byte_level(O200K),
    "llama2": lambda: byte_fallback(metaspace=False),
    "metaspace": lambda: byte_fallback(metaspace=True),
    "unigram": unigram,
    "wordpiece": wordpiece,
}
SHIPPED = ROOT / "src" / "longgrain" / "tokenizers" / "bilingual-32k.json"

HOSTILE = (
    "# Control tokens\n\nThe model ends a turn with <|im_end|>\n<|im_start|>assistant\nor </s> <s>. "
    "<|endoftext|> It said “stop” at 12:30.\n\n"
    "# Code\n\n```python\n    def half(x):\n\n\n        return x / 2  # ½\n```\n\n\ttabbed line.\n\n"
    "# Emoji\n\n👩‍👩‍👧‍👦 family, 🇨🇳 flag, 👍🏽 thumb. \u200bzero\u200bwidth\ufeff and \u00adsoft. \n\n"
    "# Marks\n\n\u0301\u0300 a grain that begins with accents. \u0e33 too. \n\n\u0301next\n\n"
    "# Blanks\n\n　　全角空格开头，“你好！”她说。\u3000\u00a0\u2003 x\u2028line\u2029paragraph\x85next\n\n"
    "# Lines\r\n\r\nwindows line one\r\nwindows line two.\r\n\r\n/usr/bin/env begins with a slash.\n\n"
    "/etc too\n\n。。。stops begin it\n\n、、》」\n\n'quoted' it's we'll 1,234.5 -7 +8% #9\n\n"
)
# Decomposed accents, a Kelvin sign and a composition exclusion: NFC changes their length in bytes.
DECOMPOSED = unicodedata.normalize("NFD", "Café naïve Ångström Việt Nam. ") + "300 \u212a, क़ेला.\n\n"


def write_hostile(folder: Path) -> Path:
    """Documents that are hard on tokenizers, ordinary text between the hard places."""
    english, chinese = (file.read_text("utf-8") for file in sorted(DEMO.glob("*.md")))
    for number, hard in enumerate((HOSTILE, DECOMPOSED + HOSTILE)):
        places = [i + 3000 * number for i in range(0, 48_000, 6000)]
        parts = [hard + english[i : i + 2500] + hard + chinese[i : i + 900] for i in places]
        (folder / f"hostile-{number}.md").write_bytes("\n\n".join(parts).encode())
    return folder


def trial_plan(**settings: Any) -> Plan:
    """A plan over the demo's documents that drafts with the recipe in `trial.py`."""
    recipe = {"use": "trial:Trial", "examples": settings.pop("examples", 24)}
    recipe |= settings.pop("recipe", {})
    layout = {"lengths": {"min": 1024, "max": 3072}} | settings.pop("layout", {})
    return Plan.of(
        {
            "name": "trial",
            "sources": [str(DEMO)],
            "teacher": "longgrain.teachers.scripted:Scripted",
            "checks": [],
            "split": {"valid": 0.0, "test": 0.0},
            "recipes": [recipe],
            "layout": layout,
        }
        | settings
    )


class Kinds:
    """Tokenizers, references and runs by kind of tokenizer, each made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Path] = {"shipped": SHIPPED}
        self._references: dict[str, Reference] = {}
        self._runs: dict[str, Run] = {}

    def file(self, kind: str) -> Path:
        """A tokenizer.json."""
        if kind not in self._files:
            self._files[kind] = self._folder / kind / "tokenizer.json"
            self._files[kind].parent.mkdir()
            trained(kind).save(str(self._files[kind]))
        return self._files[kind]

    def reference(self, kind: str) -> Reference:
        """The same tokenizer without longgrain."""
        if kind not in self._references:
            self._references[kind] = Reference(self.file(kind))
        return self._references[kind]

    def run(self, kind: str) -> Run:
        """A run over hostile documents."""
        hostile = self._folder / "hostile"
        if not hostile.exists():
            hostile.mkdir()
            write_hostile(hostile)
        if kind not in self._runs:
            plan = trial_plan(
                sources=[str(hostile)],
                tokenizer=str(self.file(kind)),
                layout={"in_order": 0.3, "metadata": ["title", "heading", "position"]},
                recipe={"pieces": 3, "short": 0.25, "system": "Be brief. 请简短。"},
            )
            self._runs[kind] = build(plan, self._folder / f"run-{kind}")
        return self._runs[kind]


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    """All kinds of tokenizers, and runs built with them."""
    return Kinds(tmp_path_factory.mktemp("kinds"))


@pytest.fixture(scope="session")
def depth_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A larger run with the tokenizer that ships with longgrain, on two sides."""
    plan = trial_plan(
        examples=260,
        split={"valid": 0.2, "test": 0.0, "by": "chapter"},
        layout={"lengths": {"min": 2048, "max": 6144}, "in_order": 0.2},
    )
    return build(plan, tmp_path_factory.mktemp("depth") / "run")
