"""Word files: headings of many programs, lists, tables, notes, tracked changes, and broken files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest

from damage import COUNT, damaged, survives
from longgrain.grains import cut
from longgrain.readers.docx import Docx
from longgrain.readers.docx.numbering import numeral
from longgrain.types import Document, Dropped

FILES = Path(__file__).parents[2].parent / "shared" / "data" / "corpora" / "readers"
with_files = pytest.mark.skipif(not FILES.is_dir(), reason=f"no files at {FILES}")

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def word(body: str, **parts: str) -> bytes:
    """A file with this body; ``styles``, ``numbering``, ``footnotes`` hold what those parts hold."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml", f"<w:document {W} {M} {MC}><w:body>{body}</w:body></w:document>"
        )
        for name, part in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {W}>{part}</w:{name}>")
    return held.getvalue()


def p(words: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(words)}</w:p>"


def run(words: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def style(key: str, name: str, inner: str = "") -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>{inner}</w:style>'
    )


def use(key: str) -> str:
    return f'<w:pStyle w:val="{key}"/>'


def read(raw: bytes) -> Document:
    (item,) = Docx().read(raw, "files/harbour.docx")
    assert isinstance(item, Document), item
    return item


def text(body: str, **parts: str) -> str:
    return read(word(body, **parts)).text


def dropped(raw: bytes, **settings: int) -> Dropped:
    (item,) = Docx(**settings).read(raw, "files/harbour.docx")
    assert isinstance(item, Dropped), item
    return item


def headings(document: Document) -> list[tuple[int, str]]:
    return [(level, document.text[a:b]) for a, b, level in document.meta.get("headings", [])]


# --- headings ---


def test_a_file_of_python_docx_is_read_with_its_title_headings_lists_and_table() -> None:
    made = docx.Document()
    made.core_properties.title, made.core_properties.author = "Ignored", "Ann Lee"
    made.add_heading("Harbour", 0)
    made.add_heading("Pilots", 1)
    made.add_paragraph("They board at the buoy.")
    made.add_heading("Ladders", 2)
    made.add_paragraph("first", style="List Number")
    made.add_paragraph("second", style="List Number")
    made.add_paragraph("loose", style="List Bullet")
    table = made.add_table(rows=2, cols=2)
    for cell, words in zip(table._cells, ("Port", "Depth", "Dover", "8 m"), strict=True):
        cell.text = words
    made.sections[0].header.paragraphs[0].text = "HEADER"
    held = io.BytesIO()
    made.save(held)
    document = read(held.getvalue())
    assert document.text == (
        "Harbour\n\nPilots\n\nThey board at the buoy.\n\nLadders\n\n1. first\n2. second\n- loose\n\n"
        "| Port | Depth |\n| Dover | 8 m |"
    )
    assert headings(document) == [(1, "Harbour"), (2, "Pilots"), (3, "Ladders")]
    assert (document.meta["title"], document.meta["author"]) == ("Harbour", "Ann Lee")


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("heading 1", 1),
        ("Heading 3", 3),
        ("标题 1", 1),
        ("標題 2", 2),
        ("Überschrift 2", 2),
        ("Titre 1", 1),
        ("見出し 3", 3),
        ("Heading", 0),
        ("Body Text", 0),
    ],
)
def test_headings_are_known_by_the_name_of_their_style_in_many_languages(
    name: str, level: int
) -> None:
    styles = style("a1", name) + style("b", "我的样式", '<w:basedOn w:val="a1"/>')
    document = read(word(p("Tides", use("a1")) + p("潮汐", use("b")) + p("x"), styles=styles))
    assert headings(document) == ([(level, "Tides"), (level, "潮汐")] if level else [])


def test_an_outline_level_says_more_than_a_name() -> None:
    styles = style("h", "heading 2") + style("o", "章", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>')
    body = (
        p("第一章", use("o"))
        + p("By style", use("h"))
        + p("Own", '<w:outlineLvl w:val="2"/>')
        + p("No heading", use("h") + '<w:outlineLvl w:val="9"/>')
        + p("long " * 60, '<w:outlineLvl w:val="0"/>')
    )
    document = read(word(body, styles=styles))
    assert headings(document) == [(1, "第一章"), (2, "By style"), (3, "Own")]
    found = [document.text[g.start : g.end] for g in cut(document) if g.kind == "heading"]
    assert found == ["第一章", "By style", "Own"]


def test_a_table_of_contents_is_left_out_by_style_by_field_and_by_control() -> None:
    begin, middle, end = (
        f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")
    )
    styles = style("t", "toc 1")
    body = (
        p("Pilots 3", use("t"))
        + f'<w:p>{begin}<w:r><w:instrText> TOC \\o "1-3" </w:instrText></w:r>{middle}{run("Tides 4")}</w:p>'
        + f"<w:p>{run('Ladders 5')}{end}</w:p>"
        + '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        + f"<w:sdtContent>{p('Buoys 6')}</w:sdtContent></w:sdt>"
        + f"<w:p>{begin}<w:r><w:instrText>PAGE</w:instrText></w:r>{middle}{run('7')}{end}{run(' words')}</w:p>"
    )
    assert text(body, styles=styles) == "7 words"


def test_a_table_of_contents_that_nobody_ended_ends_at_the_first_heading() -> None:
    begin, middle = (f'<w:r><w:fldChar w:fldCharType="{k}"/></w:r>' for k in ("begin", "separate"))
    toc = f"<w:p>{begin}<w:r><w:instrText>TOC</w:instrText></w:r>{middle}{run('Tides 4')}</w:p>"
    body = toc + p("Ladders 5") + p("Tides", use("h")) + p("Twice a day.")
    assert text(body, styles=style("h", "heading 1")) == "Tides\n\nTwice a day."


# --- lists ---


def numbering(*levels: tuple[str, str]) -> str:
    inner = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{words}"/></w:lvl>'
        for n, (form, words) in enumerate(levels)
    )
    return (
        f'<w:abstractNum w:abstractNumId="0">{inner}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )


def item(words: str, level: int = 0, list_: int = 1) -> str:
    return p(words, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_}"/></w:numPr>')


def test_numbers_of_lists_are_counted_as_word_shows_them() -> None:
    levels = numbering(("chineseCounting", "第%1章"), ("decimal", "%2.%1)"), ("bullet", "\uf0b7"))
    body = item("甲") + item("a", 1) + item("b", 1) + item("x", 2) + item("乙") + item("c", 1)
    assert text(body, numbering=levels) == (
        "第一章 甲\n  1.一) a\n  2.一) b\n    - x\n第二章 乙\n  1.二) c"
    )
    again = item("one") + item("two") + p("between") + item("one", 0, 2)
    assert text(again, numbering=numbering(("lowerLetter", "(%1)"))) == (
        "(a) one\n(b) two\n\nbetween\n\n(a) one"
    )


def test_a_list_may_say_which_of_its_levels_numbers_a_style() -> None:
    levels = numbering(("decimal", "%1"), ("decimal", "%1.%2"))
    levels = levels.replace('<w:lvl w:ilvl="1">', '<w:lvl w:ilvl="1"><w:pStyle w:val="sub"/>')
    numbered = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    styles = style("top", "heading 1", numbered) + style("sub", "heading 2", numbered)
    body = p("Quay", use("top")) + p("Lamps", use("sub")) + p("Bells", use("sub"))
    document = read(word(body, numbering=levels, styles=styles))
    assert headings(document) == [(1, "1 Quay"), (2, "1.1 Lamps"), (2, "1.2 Bells")]


@pytest.mark.parametrize(
    ("n", "form", "words"),
    [
        (4, "upperRoman", "IV"),
        (28, "lowerLetter", "bb"),
        (7, "decimalZero", "07"),
        (3, "decimalEnclosedCircle", "③"),
        (2, "ideographTraditional", "乙"),
        (10, "chineseCounting", "十"),
        (15, "chineseCountingThousand", "十五"),
        (105, "chineseCountingThousand", "一百零五"),
        (110, "taiwaneseCountingThousand", "一百一十"),
        (2024, "ideographDigital", "二〇二四"),
        (12, "chineseLegalSimplified", "壹拾贰"),
        (0, "upperRoman", "0"),
        (5, "hebrew1", "5"),
    ],
)
def test_a_number_is_written_in_the_format_of_its_list(n: int, form: str, words: str) -> None:
    assert numeral(n, form) == words


# --- words ---


def test_deleted_and_hidden_words_go_and_inserted_ones_stay() -> None:
    body = (
        "<w:p>" + run("The ") + f'<w:ins w:id="1">{run("new ")}</w:ins>'
        '<w:del w:id="2"><w:r><w:delText>old </w:delText></w:r></w:del>'
        f"<w:moveFrom>{run('moved ')}</w:moveFrom>{run('hidden ', '<w:vanish/>')}"
        f'<w:hyperlink w:anchor="x">{run("pilot")}</w:hyperlink></w:p>'
        '<w:tbl><w:tr><w:trPr><w:del w:id="3"/></w:trPr><w:tc><w:p/></w:tc></w:tr></w:tbl>'
    )
    assert text(body) == "The new pilot"


def test_content_controls_and_text_boxes_are_read_once() -> None:
    box = f"<w:txbxContent>{p('In a box.')}</w:txbxContent>"
    body = (
        f"<w:sdt><w:sdtContent>{p('Controlled.')}</w:sdtContent></w:sdt>"
        f"<w:p>{run('Before ')}<w:sdt><w:sdtContent>{run('inside')}</w:sdtContent></w:sdt>"
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert text(body) == "Controlled.\n\nBefore inside\n\nIn a box."


def test_notes_stand_at_the_end_under_their_marks() -> None:
    notes = (
        f'<w:footnote w:type="separator" w:id="0">{p("-")}</w:footnote>'
        f'<w:footnote w:id="2">{p("Of the harbour.")}</w:footnote>'
    )
    body = (
        f'<w:p>{run("The pilot")}<w:r><w:footnoteReference w:id="2"/></w:r>{run(" boards.")}</w:p>'
    )
    assert text(body, footnotes=notes) == "The pilot[1] boards.\n\n[1] Of the harbour."


def test_signs_breaks_formulas_and_small_figures_are_written_out() -> None:
    raised, ticked = '<w:vertAlign w:val="superscript"/>', "\uf0fc"
    half = "<m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>x</m:t></m:r></m:den>"
    body = (
        f"<w:p>{run('a')}<w:r><w:br/></w:r>{run('b')}<w:r><w:tab/></w:r>{run('c ')}{run(ticked)}"
        f'<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>{run(" 10")}{run("3", raised)}'
        f"{run(' ')}<m:oMath><m:f>{half}</m:f></m:oMath></w:p>"
    )
    assert text(body) == "a\nb c ✓α 10³ (1)/(x)"


def test_code_is_kept_line_by_line_in_a_fence() -> None:
    styles = style("c", "Source Code")
    body = p("def f():", use("c")) + p("    return  1", use("c")) + p("Words.")
    assert text(body, styles=styles) == "```\ndef f():\n    return  1\n```\n\nWords."


# --- tables ---


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr>"


def test_tables_become_rows_and_merged_cells_are_said_once() -> None:
    merged = "<w:tcPr><w:vMerge/></w:tcPr>"
    body = (
        "<w:tbl>"
        + row(p("Port"), p("Tide"))
        + row('<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>' + p("Dover"), p("4.1") + p("high"))
        + row(merged + p(""), p("0.8"))
        + "</w:tbl>"
    )
    assert text(body) == "| Port | Tide |\n| Dover | 4.1 high |\n|  | 0.8 |"


def test_a_table_of_one_cell_is_a_frame_around_paragraphs() -> None:
    assert text("<w:tbl>" + row(p("One.") + p("Two.")) + "</w:tbl>") == "One.\n\nTwo."


# --- broken files ---


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 and no more", "broken zip"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "not a zip"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (word("").replace(b"document.xml", b"document.xyz"), "not a DOCX"),
        (word("<w:p>"), "broken XML"),
        (word(""), "no text"),
        (word(p("x") + "<w:tbl>" * 300 + "</w:tbl>" * 300), "broken XML"),
    ],
)
def test_what_is_no_word_file_is_dropped_with_a_reason(raw: bytes, reason: str) -> None:
    assert dropped(raw).reason == reason


def test_a_zip_bomb_is_dropped_before_it_is_unpacked() -> None:
    raw = word(p("x") + " " * (64 << 20))
    assert len(raw) < 100_000
    assert dropped(raw).reason == "too large when unpacked"
    assert dropped(word(p("words") * 99), unpacked=300).reason == "too large when unpacked"
    with pytest.raises(ValueError, match="write 1 or more"):
        Docx(unpacked=0)


def test_a_file_without_styles_or_with_relations_to_nothing_is_read() -> None:
    raw = io.BytesIO(word(p("Words.", use("gone"))))
    with zipfile.ZipFile(raw, "a") as archive:
        relation = (
            '<Relationships><Relationship Id="r" Type="x/styles" Target="NULL"/></Relationships>'
        )
        archive.writestr("word/_rels/document.xml.rels", relation)
    assert read(raw.getvalue()).text == "Words."


@with_files
@pytest.mark.parametrize(
    ("name", "share"), [("en-nist-usability-table.docx", 1), ("en-hf-ch6.docx", 4)]
)
def test_a_damaged_file_is_never_a_crash(name: str, share: int) -> None:
    raw = (FILES / name).read_bytes()
    for wrong in damaged(raw, COUNT // share):
        survives(Docx(), wrong, name)


@with_files
def test_a_real_table_keeps_its_marks_in_their_columns() -> None:
    document = read((FILES / "en-nist-usability-table.docx").read_bytes())
    lines = document.text.split("\n")
    assert lines[0].startswith("| Usability Considerations | Memorized secrets | Look-up Secrets |")
    assert "| Delayed masking during text entry | ⬥ |  |  |  |  |  |  |  |  |" in lines
