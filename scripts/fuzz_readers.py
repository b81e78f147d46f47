"""Sound files of every format, changed at random > what readers do with them that they must not.

Run as ``python scripts/fuzz_readers.py --inputs 10000 [--reader latex]``: for each input no error
but longgrain's own, no more than a few seconds, bounded memory, the same result twice, and documents
that can be cut. Inputs are numbered: the same number is the same input. Exits with 1 if one failed.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import resource
import sys
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from longgrain import shelf
from longgrain.errors import LonggrainError
from longgrain.grains import tree
from longgrain.types import Document, Dropped

SECONDS = 5.0
"""The longest that one input may take, read twice."""
MEGABYTES = 600
"""How much the process may grow while all inputs of a reader are read."""
LARGEST = 1 << 18  # bytes of an input

EN = "The pilot boards at the outer buoy.\r\nMr. Lee waits, he said 3.14 times.\n\n"
ZH = "第一章 总则\n\n引航员在外浮标处登船。“真的吗？”他问。\n\n第二章 附則\n\n港口的規定。\n"
PLAIN = (EN + "CHAPTER II\n\nIV\n\n" + ZH) * 3
LATEX = (
    "\\documentclass{ctexart}\\newcommand{\\R}[1][x]{\\mathbb{R}_{#1}}\\title{A \\emph{Book}}\n"
    "\\begin{document}\\maketitle\\section[s]{One $x$}\\label{a} Caf\\'e \\R[2] ``q'' --- % c\n"
    "\\begin{itemize}\\item a\\footnote{b}\\item[c] d\\end{itemize} 引航员\n登船~\\cite{k}.\n"
    "\\begin{tabular}{l|r} a & b \\\\ \\hline c & \\multicolumn{1}{c}{d}\\end{tabular}\n"
    "\\[ a = \\begin{cases} b \\\\ c \\end{cases} \\]\\verb|x{| \\begin{verbatim}\n%x\n\\end{verbatim}\n"
    "\\begin{thm}[N] z\\end{thm}\\input{two}\\end{document}\n"
)
CODE = (
    "import os\n\n# far\n@cache\ndef far(a: int,\n        b=':') -> int:\n    'doc'\n    return f'{a}'\n\n"
    "class Ship(Base):\n    def name(self):\n        return '引航员'\n\n    async def sail(self): ...\n"
    "impl Ship {\n  /// x\n  fn f(\n    a: i32,\n  ) -> i32 {\n    if a { b }\n  }\n}\n"
)
HTML = (
    "<!doctype html><html><head><meta charset=utf-8><title>A</title></head><body><nav><a href=x>n</a>"
    f"</nav><article><h1>One</h1><p>{EN * 3}</p><h2>二</h2><p>{ZH}</p><ul><li>a<li>b</ul><table><tr>"
    "<td>c<td>d</table><pre>e\n f</pre><!-- c --><script>x</script></article></body></html>"
)
# Pieces that mean something to one parser or another.
_TOKENS = """
\\begin{x} \\end{x} \\emph{ \\newcommand{\\a}[1]{#1} $ $$ \\[ \\] \\verb| % { } [ ] & \\\\ \\'
<div> </div> <p <!-- --> <h1> <table> <td &#x0; &amp; <![CDATA[ ]]> <?xml <a:b
{"text": , \\ud800 [[[[ }}}} null 1e999 NaN \\u0000 ```
def class: @ ( ): {% -- /* */ # --- ... ,, ;
obj endobj stream endstream xref /Kids /Page << >> BT ET Tj 0000000000 65535
"""
_BLANKS = [
    "\0",
    "\ufeff",
    "\u2028",
    "\r",
    "\n\n",
    "第一章",
    "CHAPTER I\n\n",
    "\x1b",
    "\t",
    " " * 300,
]
TOKENS = _TOKENS.split() + _BLANKS
BYTES = [
    b"\x00",
    b"\xff",
    b"\x80",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"%PDF",
]
NUMBERS = [b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"\xff\xff\xff\x7f", b"\x01\x00\x00\x00"]


@dataclass(slots=True)
class Result:
    """What came of the inputs of one reader."""

    reader: str
    inputs: int = 0
    documents: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    grown: float = 0.0
    """Megabytes by which the process grew."""
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.reader:9} {self.inputs:7,} inputs  {self.documents:7,} documents  "
            f"{sum(self.dropped.values()):7,} dropped for {len(self.dropped)} reasons  slowest "
            f"{1000 * self.slowest:.0f} ms  +{self.grown:.0f} MB  {len(self.failures)} failures"
        )


@cache
def seeds(reader: str) -> tuple[bytes, ...]:
    """Sound files for a reader: small ones, in more than one encoding where it is text."""
    texts = {
        "text": [PLAIN],
        "markdown": [f"---\ntitle: A\n---\n# One\n\n{EN}\n\n```\n# x\n```\n\n## 二\n\n{ZH}"],
        "jsonl": ['{"text": "a b", "title": "T", "n": [1]}\n{"正文": "引航员", "date": "2024"}\n'],
        "csv": ['n,text\n1,"a ""b"",\nc"\n2,引航员\n', "text\tn\na\t1\n"],
        "latex": [LATEX, f"\\section{{A}}{EN}"],
        "code": [CODE],
        "html": [HTML],
        "pydoc": ['{"lambda": "words", "assert": "more"}'],
        "web": [_message("text/html; charset=utf-8", HTML), _message("text/plain", PLAIN)],
    }
    made = {"parquet": _parquet, "docx": _docx, "epub": _epub, "pdf": _pdf, "docling": _pdf}
    if reader in texts:
        plain = [text.encode() for text in texts[reader]]
        return (*plain, texts[reader][0].encode("gb18030"))
    if reader in made:
        return (made[reader](),)
    raise SystemExit(f"there is no sound file for the reader {reader!r}: give seeds() one")


def _message(kind: str, body: str) -> str:
    return f"Content-Type: {kind}\r\nContent-Location: http://a.example/x\r\n\r\n{body}"


def _parquet() -> bytes:
    rows = [{"text": f"words {n}", "meta": {"n": n}, "title": "引航员"} for n in range(9)]
    held = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), held, row_group_size=4, compression="snappy")
    return held.getvalue()


def _docx() -> bytes:
    from docx import Document as Docx

    held, page = io.BytesIO(), Docx()
    page.add_heading("One", 1)
    page.add_paragraph(EN)
    page.add_heading("二", 2)
    page.add_paragraph(ZH, style="List Bullet")
    table = page.add_table(2, 2)
    table.cell(0, 1).text = "cell"
    page.save(held)
    with zipfile.ZipFile(held) as archive:  # packed again, without the time of day
        return _zip({name: archive.read(name) for name in archive.namelist()})


def _epub() -> bytes:
    chapter = (
        f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>One</h1><p>{EN}</p></body></html>'
    )
    return _zip(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": b'<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:open'
            b'document:xmlns:container"><rootfiles><rootfile full-path="c.opf" media-type="application/'
            b'oebps-package+xml"/></rootfiles></container>',
            "c.opf": b'<package xmlns="http://www.idpf.org/2007/opf"><metadata><title xmlns="http://purl'
            b'.org/dc/elements/1.1/">A</title></metadata><manifest><item id="a" href="a.xhtml" media-type'
            b'="application/xhtml+xml"/><item id="n" href="t.ncx" media-type="application/x-dtbncx+xml"/>'
            b'</manifest><spine toc="n"><itemref idref="a"/></spine></package>',
            "a.xhtml": chapter.encode(),
            "t.ncx": b'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>'
            b'One</text></navLabel><content src="a.xhtml"/></navPoint></navMap></ncx>',
        }
    )


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, raw in members.items():
            archive.writestr(zipfile.ZipInfo(name), raw, method)
    return held.getvalue()


def _pdf() -> bytes:
    show = b"BT /F1 12 Tf 72 720 Td (Chapter One) Tj 0 -20 Td (The pilot boards at the buoy.) Tj ET"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(show), show),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Outlines/First 7 0 R/Last 7 0 R/Count 1>>",
        b"<</Title(Chapter One)/Parent 6 0 R/Dest[3 0 R/XYZ 72 730 0]>>",
    ]
    held, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(b"%010d 00000 n \n" % len(held))
        held += b"%d 0 obj%b\nendobj\n" % (number, part)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n" % (len(parts) + 1)
    return held + head + b"".join(places) + trailer + b"%d\n%%%%EOF" % len(held)


def mutated(reader: str, number: int) -> bytes:
    """The input of this number: a sound file with one to six changes; now and then pure noise."""
    rng = np.random.Generator(np.random.PCG64([zlib.crc32(reader.encode()), number]))
    held = seeds(reader)
    raw = held[int(rng.integers(len(held)))]
    if rng.random() < 0.03:
        return rng.bytes(int(rng.integers(2000)))
    if raw.startswith(b"PK") and rng.random() < 0.7:
        return _mutated_zip(raw, rng)
    return _changed(raw, rng)


def _changed(raw: bytes, rng: np.random.Generator) -> bytes:
    for _ in range(int(rng.integers(1, 7))):
        raw = _change(raw, rng)[:LARGEST]
    return raw


def _mutated_zip(raw: bytes, rng: np.random.Generator) -> bytes:
    """The members change and are packed again, so that the parsers inside are reached."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(members)
    for _ in range(int(rng.integers(1, 4))):
        name = names[int(rng.integers(len(names)))]
        if rng.random() < 0.1:
            members.pop(name, None)
        elif name in members:
            members[name] = _changed(members[name], rng)
    return _zip(members, zipfile.ZIP_STORED)


def _change(raw: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(len(raw) + 1))
    size = int(2 ** rng.uniform(0, 10))
    token = TOKENS[int(rng.integers(len(TOKENS)))].encode("utf-8", "surrogatepass")
    match int(rng.integers(10)):
        case 0:
            return raw[:at]
        case 1:
            return raw[:at] + raw[at + size :]
        case 2:
            return raw[:at] + raw[at : at + size] * int(rng.integers(2, 50)) + raw[at:]
        case 3:
            return raw[:at] + rng.bytes(size % 50) + raw[at:]
        case 4:
            return raw[:at] + token * int(2 ** rng.uniform(0, 12)) + raw[at:]
        case 5:
            return raw[:at] + BYTES[int(rng.integers(len(BYTES)))] + raw[at + 1 :]
        case 6:
            return raw[:at] + NUMBERS[int(rng.integers(len(NUMBERS)))] + raw[at + 4 :]
        case 7:
            other = int(rng.integers(len(raw) + 1))
            return raw[:at] + raw[other : other + size] + raw[at + size :]
        case 8:
            return raw[:at] + bytes([rng.integers(256)]) + raw[at + 1 :]
        case _:
            return raw[:at] + token + raw[at:]


def fuzz(reader: str, numbers: range, keep: Path | None = None) -> Result:
    """Reads the inputs of these numbers; a hang ends the process with a traceback."""
    result, component = Result(reader), shelf.load("readers", reader)()
    suffix = component.suffixes[0] if component.suffixes else ""
    if reader == "code":
        suffix = ".py"
    before = _peak()
    for number in numbers:
        raw = mutated(reader, number)
        faulthandler.dump_traceback_later(12 * SECONDS, exit=True)
        for problem in _problems(component, raw, f"input{suffix}", result):
            result.failures.append(f"{reader} {number}: {problem}")
            if keep:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{reader}-{number}{suffix}").write_bytes(raw)
        faulthandler.cancel_dump_traceback_later()
        result.inputs += 1
    result.grown = _peak() - before
    if result.grown > MEGABYTES:
        result.failures.append(f"{reader}: the process grew by {result.grown:.0f} MB")
    return result


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _problems(component: Any, raw: bytes, source: str, result: Result) -> Iterator[str]:
    began = time.process_time()
    try:
        items = list(component.read(raw, source))
        again = list(component.read(raw, source))
    except LonggrainError:
        result.dropped["a longgrain error"] += 1
        return
    except Exception as error:
        yield f"{type(error).__name__}: {str(error)[:200]}"
        return
    seconds = time.process_time() - began
    result.slowest = max(result.slowest, seconds)
    if seconds > SECONDS:
        yield f"took {seconds:.1f} s"
    if items != again:
        yield "another result the second time"
    if not items:
        yield "neither a document nor a reason"
    for item in items:
        yield from _wrong(item, result)


def _wrong(item: Document | Dropped, result: Result) -> Iterator[str]:
    if isinstance(item, Dropped):
        result.dropped[item.reason] += 1
        if not (item.reason and item.id and item.step == "read"):
            yield f"a drop that says too little: {item!r}"[:300]
        return
    result.documents += 1
    try:
        item.text.encode("utf-8")
        str(item.meta["title"]).encode("utf-8")
        tree(item.text, item.meta)
    except (UnicodeEncodeError, LonggrainError) as error:
        yield f"a document that cannot go on: {error}"[:300]
    if "\0" in item.text or "\r" in item.text or not item.text.strip():
        yield "a text with NUL, carriage returns or nothing in it"


def main() -> int:
    """Fuzzes the readers that were asked for, and prints a line for each."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--inputs", type=int, default=1000)
    arguments.add_argument("--first", type=int, default=0, help="number of the first input")
    arguments.add_argument("--reader", action="append", help="one reader; may be given again")
    arguments.add_argument("--keep", type=Path, help="folder for inputs that failed")
    asked = arguments.parse_args()
    failed = 0
    for reader in asked.reader or shelf.names("readers"):
        result = fuzz(reader, range(asked.first, asked.first + asked.inputs), asked.keep)
        print(result, flush=True)
        for failure in result.failures[:20]:
            print(f"  {failure}", flush=True)
        failed += len(result.failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
