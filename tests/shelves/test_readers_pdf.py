"""PDFs that are made here, line by line, and those of the corpora: what the reader makes of them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from longgrain import corpus, cut
from longgrain.errors import SourceError
from longgrain.readers.docling import Docling, text_of
from longgrain.readers.pdf import Pdf
from longgrain.readers.pdf.letters import as_written
from longgrain.types import Document, Dropped

ROOT = Path(__file__).parents[2]
READERS = ROOT.parent / "shared" / "data" / "corpora" / "readers"
with_corpora = pytest.mark.skipif(not READERS.is_dir(), reason=f"no PDFs at {READERS}")
FUZZ = int(os.environ.get("LONGGRAIN_FUZZ", "60"))

# --- PDFs made by hand ---

FONTS = {
    "F1": "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
    "F2": "<</Type/Font/Subtype/Type1/BaseFont/Times-Bold>>",
    "F3": "<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
    "F4": "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts["
    "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light"
    "/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000>>]>>",
    "F5": "<</Type/Font/Subtype/Type0/BaseFont/None/Encoding/Identity-H/DescendantFonts["
    "<</Type/Font/Subtype/CIDFontType2/BaseFont/None"
    "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000>>]>>",
}


def pdf(
    pages: Sequence[str],
    *,
    extra: str = "",
    count: int | None = None,
    outline: Sequence[tuple[str, int]] = (),
) -> bytes:
    """A PDF of these content streams; ``outline`` gives titles and the pages they point at."""
    objects = ["<</Type/Catalog/Pages 2 0 R/Outlines 3 0 R>>", "", ""]
    fonts = "".join(f"/{name} {font}" for name, font in FONTS.items())
    kids = []
    for content in pages:
        objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream")
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {len(objects)} 0 R"
            f"/Resources<</Font<<{fonts}>>>>{extra}>>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = (
        f"<</Type/Pages/Count {len(kids) if count is None else count}/Kids[{' '.join(kids)}]>>"
    )
    first = len(objects) + 1
    for at, (title, page) in enumerate(outline):
        link = f"/Next {first + at + 1} 0 R" if at + 1 < len(outline) else ""
        objects.append(f"<</Title({title})/Parent 3 0 R/Dest[{kids[page]} /Fit]{link}>>")
    objects[2] = (
        f"<</Type/Outlines/First {first} 0 R/Last {len(objects)} 0 R>>" if outline else "<<>>"
    )
    return assembled([one.encode("latin-1") for one in objects])


def assembled(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF"
    return out + head + table + end % (len(objects) + 1, trailer, len(out))


def put(x: float, y: float, text: str, *, size: float = 10, font: str = "F1") -> str:
    """One line of text at a place, y counted from the top of the page."""
    if font == "F4":
        words = f"<{text.encode('utf-16-be').hex()}>"
    else:
        words = "(" + text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") + ")"
    return f"BT /{font} {size} Tf 1 0 0 1 {x} {792 - y} Tm {words} Tj ET\n"


def lines(x: float, y: float, words: Iterable[str], *, step: float = 12, **style: Any) -> str:
    """Lines below one another."""
    return "".join(put(x, y + step * number, one, **style) for number, one in enumerate(words))


def wrapped(words: str, width: int) -> list[str]:
    """Words in lines of about this many characters, as a justified column has them."""
    found = [""]
    for word in words.split():
        if len(found[-1]) + len(word) >= width:
            found.append("")
        found[-1] = f"{found[-1]} {word}".strip()
    return found


def prose(seed: int, words: int = 120) -> str:
    """Sentences of made-up words, the same for the same seed."""
    draw = random.Random(seed)
    some = ["harbour", "pilot", "vessel", "anchor", "current", "signal", "master", "berth", "crew"]
    said = []
    for _ in range(words // 8):
        said.append(" ".join(draw.choice(some) for _ in range(8)).capitalize() + ".")
    return " ".join(said)


def only(raw: bytes, **fields: Any) -> Document:
    (item,) = Pdf(**fields).read(raw, "made.pdf")
    assert isinstance(item, Document), item
    return item


def dropped(raw: bytes, **fields: Any) -> Dropped:
    (item,) = Pdf(**fields).read(raw, "made.pdf")
    assert isinstance(item, Dropped), item
    return item


def headings(document: Document) -> list[tuple[int, str]]:
    return [
        (level, document.text[start:end]) for start, end, level in document.meta.get("headings", [])
    ]


# --- against the truth ---


def scores() -> Any:
    spec = importlib.util.spec_from_file_location(
        "score_readers", ROOT / "scripts/score_readers.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@with_corpora
@pytest.mark.parametrize(
    ("name", "least", "found"),
    [
        ("en-frankenstein-1col", 0.98, 13),
        ("zh-nahan-1col", 0.98, 11),
        ("en-nist63b-2col", 0.95, 52),
        ("zh-minfadian-2col", 0.95, 49),
    ],
)
def test_text_and_headings_are_those_of_the_truth(name: str, least: float, found: int) -> None:
    path = READERS / f"{name}.pdf"
    module = scores()
    truth = module.json.loads(path.with_name(f"{path.name}.truth.json").read_text("utf-8"))
    score = module.score(path, truth)
    assert score.recall >= least
    assert score.precision >= 0.98
    assert score.found >= found
    assert score.extra <= 1


@with_corpora
def test_the_headings_of_a_novel_become_its_chapters() -> None:
    (novel,) = corpus.read(READERS / "en-frankenstein-1col.pdf")
    assert isinstance(novel, Document)
    kinds = Counter(grain.kind for grain in cut(novel))
    assert kinds["chapter"] == 12
    assert kinds["paragraph"] > 150


@with_corpora
def test_a_guide_without_outline_and_tags_shows_its_headings_by_their_size() -> None:
    document = only((READERS / "zh-tidb-style-guide.pdf").read_bytes())
    found = headings(document)
    contents = document.text[: document.text.index("1. 关于本指南\n")]
    entries = [line.split("\t")[0] for line in contents.splitlines() if "\t" in line]
    assert len(entries) == 85
    assert sum(entry in {words for _, words in found} for entry in entries) >= 84
    assert len(found) <= 87
    assert (4, "3.2.1 标题的层级") in found


@with_corpora
def test_columns_figures_and_a_page_number_of_a_real_manual_are_told_apart() -> None:
    text = only((READERS / "en-faa-amt-handbook-sample.pdf").read_bytes()).text
    assert "The wing type that is the most common ranges in size for No. 6" in text
    assert text.index("Figure 7-26") < text.index("Stainless Steel Self-Locking Nut\n")
    assert "7-45" not in text


# --- order ---


def test_two_columns_are_read_one_after_the_other_below_a_title_over_both() -> None:
    left, right = wrapped(prose(1), 45), wrapped(prose(2), 45)
    page = put(150, 60, "A title over both of the columns", size=18, font="F2")
    page += lines(72, 100, left) + lines(320, 100, right)
    text = only(pdf([page])).text
    assert text.index(left[-1][-20:]) < text.index(right[0])
    assert "".join(text.split()).endswith("".join("".join(right).split()))


def test_columns_that_the_file_writes_line_by_line_are_still_read_column_by_column() -> None:
    left, right = wrapped(prose(3), 45), wrapped(prose(4), 45)
    page = "".join(
        put(72, 100 + 12 * at, a) + put(320, 100 + 12 * at, b)
        for at, (a, b) in enumerate(zip(left, right, strict=False))
    )
    text = only(pdf([page])).text
    assert " ".join(left[:3]) in text
    assert " ".join(right[:3]) in text


def test_a_table_is_read_row_by_row_and_its_cells_are_kept_apart() -> None:
    rows = [("Year", "Ships", "Port"), ("2001", "17", "Kiel"), ("2002", "21", "Genoa")]
    page = lines(72, 80, wrapped(prose(5), 90))
    page += "".join(
        put(x, 300 + 20 * at, cell)
        for at, row in enumerate(rows)
        for x, cell in zip((80, 220, 380), row, strict=True)
    )
    assert (
        "| Year | Ships | Port |\n| 2001 | 17 | Kiel |\n| 2002 | 21 | Genoa |"
        in only(pdf([page])).text
    )


def test_cells_of_several_lines_stay_whole() -> None:
    page = put(80, 100, "2001") + lines(200, 100, ["The harbour was", "opened to ships"])
    page += put(400, 100, "Kiel") + put(80, 140, "2002")
    page += lines(200, 140, ["The harbour was", "closed for ice"]) + put(400, 140, "Genoa")
    text = only(pdf([page])).text
    assert "| 2001 | The harbour was opened to ships | Kiel |\n" in text
    assert "| 2002 | The harbour was closed for ice | Genoa |" in text


def test_turned_pages_are_read_and_a_stamp_along_the_margin_is_counted() -> None:
    up = "".join(
        f"BT /F1 10 Tf 0 1 -1 0 {100 + 12 * at} 72 Tm ({one}) Tj ET\n"
        for at, one in enumerate(wrapped(prose(6), 80))
    )
    assert " ".join(prose(6).split()) in only(pdf([up], extra="/Rotate 90")).text
    stamp = "BT /F1 20 Tf 0 1 -1 0 30 200 Tm (2401.00001v1) Tj ET\n"
    document = only(pdf([lines(72, 100, wrapped(prose(6), 80)) + stamp]))
    assert "2401" not in document.text
    assert document.meta["left_out"] == {"turned characters": 12}


def test_vertical_chinese_is_read_from_top_to_bottom_and_from_right_to_left() -> None:
    columns = [
        "港口的引航员在外浮标处登上每一条船",
        "天亮以前没有人看见那条船开进了港",
        "船长说他从来没有来过这里",
    ]
    page = "".join(
        put(500 - 24 * number, 100 + 14 * at, letter, size=14, font="F4")
        for number, column in enumerate(columns)
        for at, letter in enumerate(column)
    )
    assert only(pdf([page])).text == "".join(columns)


# --- lines and paragraphs ---


def test_a_word_cut_at_the_end_of_a_line_is_joined_and_a_real_hyphen_stays() -> None:
    page = lines(
        72,
        100,
        [
            "Some information about the load-carrying nut is here, and the pilot knows infor-",
            "mation of this kind, for he has seen many a load-",
            "carrying nut.",
        ],
    )
    text = only(pdf([page])).text
    assert "knows information of" in text
    assert "many a load-carrying nut" in text


def test_chinese_lines_are_joined_without_a_blank_and_paragraphs_stay_apart() -> None:
    first = ["　　引航员在外浮标处登船，这是港口多年以来的规定，没有", "人知道是谁第一个写下来的。"]
    second = ["　　船长们都知道这一条，可是很少有人问起它从哪里来。"]
    text = only(pdf([lines(72, 100, first + second, step=18, size=12, font="F4")])).text
    assert text == "".join(first).strip() + "\n\n" + second[0].strip()


def test_an_indent_a_short_line_and_a_gap_each_begin_a_paragraph() -> None:
    words = wrapped(prose(7, 64), 88)
    typed = {"font": "F3", "size": 8}  # every letter is as wide, so lines are full to the letter
    page = put(86, 100, words[0][:-3], **typed) + lines(72, 112, words[1:3], **typed)
    page += put(86, 136, words[3][:-3], **typed) + put(72, 148, "The end.", **typed)
    page += lines(72, 160, words[:3], **typed) + lines(72, 214, words[:2], **typed)
    paragraphs = only(pdf([page])).text.strip().split("\n\n")
    assert paragraphs[0] == " ".join([words[0][:-3], *words[1:3]])
    assert paragraphs[1] == f"{words[3][:-3]} The end."
    assert paragraphs[2:] == [" ".join(words[:3]), " ".join(words[:2])]


def test_a_sentence_goes_on_over_the_page_and_the_note_comes_behind_it() -> None:
    words = wrapped(prose(8, 160).replace(".", ","), 88)
    note = "1 The note says where the harbour is."
    first = lines(72, 100, words[:6]) + put(72, 700, note, size=8)
    text = only(pdf([first, lines(72, 100, words[6:])])).text
    assert f"{words[5]} {words[6]}" in text
    assert text.index(note) > text.index(words[-1])


def test_code_keeps_its_lines_and_indents() -> None:
    code = ["def depth(x):", "    if x > 1:", "        return x", "    return 1"]
    page = lines(72, 100, wrapped(prose(9), 88))
    page += "".join(
        put(72 + 6 * (len(one) - len(one.lstrip())), 400 + 12 * at, one.lstrip(), font="F3")
        for at, one in enumerate(code)
    )
    assert "\n\n```\n" + "\n".join(code) + "\n```" in only(pdf([page])).text


def test_ligatures_and_radicals_become_the_letters_that_people_write() -> None:
    assert as_written("eﬃcient ﬂow, ⼈⺠⻔⻓") == "efficient flow, 人民门长"


# --- headers and footers ---


def paged(count: int) -> list[str]:
    return [
        put(72, 40, "The Harbour Handbook" if at % 2 else "Chapter of Pilots", size=9)
        + lines(72, 100, wrapped(prose(at), 88))
        + put(300, 760, f"- {at + 1} -", size=9)
        for at in range(count)
    ]


def test_headers_and_page_numbers_are_left_out_and_counted() -> None:
    document = only(pdf(paged(8)))
    assert "Handbook" not in document.text
    assert "- 3 -" not in document.text
    assert document.meta["left_out"] == {"running lines": 8, "page numbers": 8}


def test_a_chapter_number_at_the_top_of_a_page_is_no_page_number() -> None:
    page = put(72, 60, "II", size=14, font="F2") + lines(72, 100, wrapped(prose(1), 88))
    others = [lines(72, 60, wrapped(prose(at), 88)) for at in range(2, 5)]
    assert (1, "II") in headings(only(pdf([others[0], page, *others[1:]])))


def test_pages_that_say_the_same_all_over_are_kept() -> None:
    pages = [put(72, 100, "Name of the ship:") + put(72, 160, "Its last port:")] * 5
    assert only(pdf(pages)).text.count("Its last port:") == 5


# --- headings ---


def chapters() -> list[str]:
    pages = []
    for number in (1, 2, 3):
        page = put(72, 80, f"{number} The part about ships", size=16, font="F2")
        page += lines(72, 110, wrapped(prose(number), 88))
        page += put(72, 300, f"{number}.1 Smaller ships", size=12, font="F2")
        pages.append(page + lines(72, 320, wrapped(prose(number + 10), 88)))
    return pages


def test_sizes_tell_headings_and_their_levels() -> None:
    found = headings(only(pdf(chapters())))
    assert found[:2] == [(1, "1 The part about ships"), (2, "1.1 Smaller ships")]
    assert len(found) == 6


def test_the_outline_tells_headings_even_where_it_leaves_out_their_numbers() -> None:
    outline = [("The part about ships", 0), ("The part about ships", 1), ("Not in the text", 2)]
    found = headings(only(pdf(chapters(), outline=outline)))
    assert [one for one in found if one[0] == 1] == [
        (1, "1 The part about ships"),
        (1, "2 The part about ships"),
    ]


def test_figures_captions_and_bold_sentences_are_no_headings() -> None:
    page = lines(72, 100, wrapped(prose(1), 88))
    page += put(200, 260, "Figure 1 A ship", font="F2") + put(72, 300, "Mind the ice.", font="F2")
    assert headings(only(pdf([page + lines(72, 330, wrapped(prose(2), 88))]))) == []


# --- what cannot be read ---


def test_a_scan_is_dropped_and_the_extra_that_reads_it_is_named() -> None:
    picture = "q 500 0 0 700 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q"
    problem = dropped(pdf([picture] * 3))
    assert (problem.reason, "longgrain[docling]" in problem.detail) == ("scanned", True)
    stamped = [f"{picture} {put(300, 760, str(at))}" for at in range(1, 5)]
    assert dropped(pdf(stamped)).reason == "scanned"


def test_pages_without_text_among_others_are_counted() -> None:
    assert only(pdf([lines(72, 100, wrapped(prose(1), 88)), ""])).meta["pages_without_text"] == 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \n\0\n", "empty"),
        (b"PK\x03\x04 no PDF", "not a PDF"),
        (b"%PDF-1.7\nnothing more", "broken PDF"),
        (pdf([]), "broken PDF"),
        (pdf([""]), "empty"),
        (pdf([put(72, 100, "words")]).replace(b"/Kids[5 0 R]", b"/Kids[2 0 R]"), "broken PDF"),
        (b"%PDF-1.4\n1 0 obj\n" + b"[" * 100_000 + b"\nendobj", "broken PDF"),
    ],
)
def test_what_is_no_pdf_or_holds_nothing_is_dropped_with_its_reason(
    raw: bytes, reason: str
) -> None:
    assert dropped(raw).reason == reason


def test_a_wrong_count_of_pages_is_no_trouble() -> None:
    for count in (-5, 0, 2**31 - 1):
        assert "words" in only(pdf([put(72, 100, "Some words.")], count=count)).text


def test_characters_outside_the_page_and_of_overfull_pages_are_left_out_and_counted() -> None:
    page = put(72, 100, "On the page.") + put(72, 900, "Beyond it.")
    assert only(pdf([page])).meta["left_out"] == {"hidden characters": 10}
    full = "BT /F1 1 Tf 72 700 Td " + "(abcdefghij) Tj 0 -1 Td " * 6000 + "ET"
    assert only(pdf([full])).meta["left_out"]["characters of overfull pages"] > 9000


def test_fonts_that_do_not_say_what_their_glyphs_are_make_no_text() -> None:
    page = f"BT /F5 10 Tf 72 700 Td <{'00410042' * 40}> Tj ET"
    assert dropped(pdf([page])).reason == "unreadable fonts"


def test_a_drawing_with_thousands_of_labels_is_read_as_it_comes() -> None:
    page = "".join(put(20 + at % 70 * 8, 20 + at // 70 * 12, "x", size=4) for at in range(4000))
    assert only(pdf([page])).text.count("x") == 4000


def test_a_thousand_pages_are_read() -> None:
    pages = [put(72, 100 + at % 7, f"Page {at} tells of ship {at * 7}.") for at in range(1000)]
    document = only(pdf(pages))
    assert document.meta["pages"] == 1000
    assert "Page 999 tells of ship 6993." in document.text


def encrypted(content: str, password: bytes) -> bytes:
    """A one-page PDF under RC4 of 40 bits (PDF 32000-1, algorithms 2, 3 and 4)."""

    def rc4(key: bytes, data: bytes) -> bytes:
        state, j, out = list(range(256)), 0, bytearray()
        for i in range(256):
            j = (j + state[i] + key[i % len(key)]) % 256
            state[i], state[j] = state[j], state[i]
        i = j = 0
        for byte in data:
            i = (i + 1) % 256
            j = (j + state[i]) % 256
            state[i], state[j] = state[j], state[i]
            out.append(byte ^ state[(state[i] + state[j]) % 256])
        return bytes(out)

    pad = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
    padded, permissions = (password + pad)[:32], (-4).to_bytes(4, "little", signed=True)
    owner = rc4(hashlib.md5(padded).digest()[:5], padded)
    key = hashlib.md5(padded + owner + permissions + b"1234567890123456").digest()[:5]
    stream = rc4(hashlib.md5(key + b"\4\0\0\0\0").digest()[:10], content.encode("latin-1"))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 "
        + FONTS["F1"].encode()
        + b">>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>"
        % (owner.hex().encode(), rc4(key, pad).hex().encode()),
    ]
    first = b"1234567890123456".hex().encode()
    return assembled(objects, b"/Encrypt 5 0 R/ID[<%s><%s>]" % (first, first))


def test_an_encrypted_file_is_dropped_or_read_with_its_password() -> None:
    raw = encrypted(put(72, 100, "The secret words."), b"anchor")
    assert dropped(raw).reason == "encrypted"
    assert "not the one" in dropped(raw, password="rope").detail
    assert only(raw, password="anchor").text == "The secret words."
    assert only(encrypted(put(72, 100, "Open words."), b"")).text == "Open words."


def test_the_same_bytes_give_the_same_document() -> None:
    raw = pdf(paged(4))
    assert only(raw) == only(raw)


# --- hostile bytes ---


def mutated(raw: bytes, seed: int) -> bytes:
    """Cut, bits turned, bytes replaced, stretches copied, or numbers made wrong."""
    draw, wrong = random.Random(seed), bytearray(raw)
    kind = seed % 5
    if kind == 0:
        return raw[: draw.randrange(len(raw))]
    for _ in range(draw.choice((1, 3, 10, 60))):
        at = draw.randrange(len(raw))
        if kind == 1:
            wrong[at] ^= 1 << draw.randrange(8)
        elif kind == 2:
            wrong[at] = draw.randrange(256)
        elif kind == 3:
            start = draw.randrange(len(raw))
            wrong[at : at + 40] = wrong[start : start + 40]
        elif chr(wrong[at]).isdigit():
            wrong[at] = ord(draw.choice("0123456789-"))
    return bytes(wrong)


def fuzz(start: int, count: int) -> None:
    """Reads mutated files; run in a process of its own, since pdfium may take the process along."""
    raws = [pdf(chapters(), outline=[("The part about ships", 1)]), pdf(paged(5))]
    for seed in range(start, start + count):
        (item,) = Pdf().read(mutated(raws[seed % 2], seed), "fuzzed.pdf")
        if isinstance(item, Document):
            assert item.text.strip()
            list(cut(item))


def test_broken_files_never_crash_or_hang_the_reader() -> None:
    code = f"import test_readers_pdf as t; t.fuzz(0, {FUZZ})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=60 + FUZZ,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


# --- docling ---


def test_without_docling_the_error_names_the_extra_and_what_to_do_instead() -> None:
    if importlib.util.find_spec("docling"):
        pytest.skip("docling is installed here")
    with pytest.raises(SourceError, match=r"longgrain\[docling\]"):
        list(Docling().read(pdf([put(72, 100, "Some words.")]), "made.pdf"))
    (problem,) = Docling().read(b"no PDF", "made.pdf")
    assert isinstance(problem, Dropped)


def test_pdf_goes_to_docling_only_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "made.pdf").write_bytes(pdf([put(72, 100, "Some words.")]))
    assert [one.reader for one in corpus.sources(tmp_path)] == ["pdf"]
    assert [one.reader for one in corpus.sources(tmp_path, readers={"docling": {}})] == ["docling"]


def test_a_document_of_docling_becomes_text_and_headings() -> None:
    types = pytest.importorskip("docling_core.types.doc")
    document = types.DoclingDocument(name="made")
    document.add_title("港口手册")
    document.add_heading("1 Pilots", level=1)
    document.add_text(types.DocItemLabel.TEXT, "The pilot boards\nat the buoy.")
    document.add_list_item("first item", enumerated=True, marker="1.")
    document.add_list_item("second item", enumerated=True, marker="2.")
    cell = types.TableCell
    place = {"end_row_offset_idx": 1, "end_col_offset_idx": 2, "col_span": 2}
    cells = [cell(text="Ships", start_row_offset_idx=0, start_col_offset_idx=0, **place)]
    for column, words in enumerate(("17", "Kiel")):
        place = {"end_row_offset_idx": 2, "end_col_offset_idx": column + 1}
        cells.append(cell(text=words, start_row_offset_idx=1, start_col_offset_idx=column, **place))
    document.add_table(data=types.TableData(table_cells=cells, num_rows=2, num_cols=2))
    found, replaced = text_of(document)
    assert found.text == (
        "港口手册\n\n1 Pilots\n\nThe pilot boards at the buoy.\n\n"
        "1. first item\n2. second item\n\n| Ships |\n| 17 | Kiel |"
    )
    assert [(found.text[start:end], level) for start, end, level in found.headings] == [
        ("港口手册", 1),
        ("1 Pilots", 2),
    ]
    assert replaced == 0
