"""Books: the order of the spine, the levels of the table of contents, notes, and broken books."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from damage import damaged, survives
from longgrain.grains import cut
from longgrain.readers.epub import Epub
from longgrain.types import Document, Dropped

FILES = Path(__file__).parents[2].parent / "shared" / "data" / "corpora" / "readers"
with_files = pytest.mark.skipif(not FILES.is_dir(), reason=f"no files at {FILES}")

CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
ABOUT = (
    '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>港口 手册</dc:title>'
    "<dc:creator>Ann Lee</dc:creator><dc:creator>李四</dc:creator><dc:date>2024-05-06</dc:date></metadata>"
)


def book(pages: dict[str, str], toc: str = "", *, guide: str = "", **parts: str | bytes) -> bytes:
    """An EPUB 2 with these pages in this order; ``toc`` holds the navPoints of its NCX."""
    items = "".join(
        f'<item id="p{n}" href="{name}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(pages)
    )
    spine = "".join(f'<itemref idref="p{n}"/>' for n in range(len(pages)))
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf">{ABOUT}<manifest>'
        f'<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>{items}</manifest>'
        f'<spine toc="ncx">{spine}</spine><guide>{guide}</guide></package>'
    )
    files: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package,
        "OEBPS/toc.ncx": f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{toc}</navMap></ncx>',
        **{f"OEBPS/{name}": page for name, page in pages.items()},
        **{name.replace("__", "/").replace("_xml", ".xml"): part for name, part in parts.items()},
    }
    return zipped(files)


def zipped(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, part in files.items():
            archive.writestr(name, part)
    return held.getvalue()


def point(label: str, place: str, inner: str = "") -> str:
    return (
        f"<navPoint><navLabel><text>{label}</text></navLabel>"
        f'<content src="{place}"/>{inner}</navPoint>'
    )


def read(raw: bytes, **settings: bool | int) -> Document:
    (item,) = Epub(**settings).read(raw, "books/harbour.epub")
    assert isinstance(item, Document), item
    return item


def dropped(raw: bytes, **settings: int) -> Dropped:
    (item,) = Epub(**settings).read(raw, "books/harbour.epub")
    assert isinstance(item, Dropped), item
    return item


def headings(document: Document) -> list[tuple[int, str]]:
    return [(level, document.text[a:b]) for a, b, level in document.meta.get("headings", [])]


def test_pages_are_read_in_the_order_of_the_spine_with_the_books_title_authors_and_date() -> None:
    document = read(book({"z.xhtml": "<p>一</p>", "a%20b.xhtml": "", "a b.xhtml": "<p>二</p>"}))
    assert document.text == "一\n\n二"
    meta = document.meta
    assert (meta["title"], meta["author"], meta["date"]) == (
        "港口 手册",
        "Ann Lee, 李四",
        "2024-05-06",
    )


def test_the_table_of_contents_gives_the_levels() -> None:
    pages = {
        "1.xhtml": "<h1>Part One</h1>",
        "2.xhtml": "<h1>Pilots</h1><p>Words.</p><h2>Boarding</h2><p>Words.</p>",
        "3.xhtml": "<h1>Part Two</h1><h1>Tides</h1><p>Words.</p>",
    }
    toc = point("Part One", "1.xhtml", point("Pilots", "2.xhtml"))
    toc += point("Part Two", "3.xhtml")
    document = read(book(pages, toc))
    assert headings(document) == [
        (1, "Part One"),
        (2, "Pilots"),
        (3, "Boarding"),
        (1, "Part Two"),
        (1, "Tides"),
    ]
    found = [document.text[g.start : g.end] for g in cut(document) if g.kind == "heading"]
    assert found == ["Part One", "Pilots", "Boarding", "Part Two", "Tides"]


def test_paragraphs_that_the_table_of_contents_names_become_headings() -> None:
    pages = {
        "all.xhtml": '<p class="b1">第一章 登船</p><p>引航员登船。</p><p><a id="c2"/></p>'
        '<p class="b1">第二章　退潮</p><p>潮水退了。</p>',
        "more.xhtml": "<p>灯塔亮了。</p>",
    }
    toc = point("封面", "all.xhtml#none") + point("第一章 登船", "all.xhtml")
    toc += point("第二章 退潮", "all.xhtml#c2") + point("第三章 灯塔", "more.xhtml")
    document = read(book(pages, toc))
    assert headings(document) == [(1, "第一章 登船"), (1, "第二章　退潮"), (1, "第三章 灯塔")]
    assert document.text.endswith("第三章 灯塔\n\n灯塔亮了。")


def test_pages_about_the_edition_go_unless_they_are_asked_for() -> None:
    pages = {
        "cover.xhtml": "<p>A fine cover</p>",
        "title.xhtml": '<section epub:type="titlepage"><h1>Harbour</h1></section>',
        "toc.xhtml": "".join(f'<p><a href="1.xhtml#{n}">Chapter {n}</a></p>' for n in range(9)),
        "1.xhtml": '<p>Words<span epub:type="pagebreak">7</span>.</p>',
        "copy.xhtml": '<body epub:type="copyright-page"><p>All rights reserved.</p></body>',
    }
    guide = '<reference type="cover" href="cover.xhtml"/>'
    assert read(book(pages, guide=guide)).text == "Words."
    kept = read(book(pages, guide=guide), edition=True).text
    assert kept == "A fine cover\n\nHarbour\n\nWords.\n\nAll rights reserved."


def test_notes_keep_their_marks_and_lose_the_way_back() -> None:
    page = (
        '<p>The moon<a epub:type="noteref" href="n.xhtml#n1">1</a> rose.</p>'
        '<aside epub:type="footnote" id="n1"><p>Full. <a epub:type="backlink" href="#r1">↩</a></p></aside>'
    )
    assert read(book({"1.xhtml": page})).text == "The moon[1] rose.\n\nFull."


def test_elements_that_close_themselves_do_not_swallow_the_page() -> None:
    page = '<?xml version="1.0"?><html><head><title/></head><body><a id="x"/><i/><p>Words.</p></body></html>'
    assert read(book({"1.xhtml": page})).text == "Words."


def test_a_page_in_another_encoding_is_read_as_it_says() -> None:
    page = '<?xml version="1.0" encoding="gb2312"?><html><body><p>引航员在外浮标处登船。</p></body></html>'
    raw = book({"1.xhtml": "<p>x</p>"})
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        files: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    assert (
        read(zipped({**files, "OEBPS/1.xhtml": page.encode("gb2312")})).text
        == "引航员在外浮标处登船。"
    )


def test_a_page_that_is_missing_is_named_and_the_rest_is_read() -> None:
    raw = book({"1.xhtml": "<p>one</p>", "2.xhtml": "<p>two</p>"})
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        files: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    del files["OEBPS/1.xhtml"]
    document = read(zipped(files))
    assert (document.text, document.meta["lost_parts"]) == ("two", ["OEBPS/1.xhtml"])
    del files["OEBPS/2.xhtml"]
    drop = dropped(zipped(files))
    assert (drop.reason, drop.detail) == (
        "broken zip",
        "not readable: OEBPS/1.xhtml, OEBPS/2.xhtml",
    )


def test_a_book_whose_package_names_no_page_is_read_in_the_order_of_the_zip() -> None:
    raw = zipped({"a.opf": "<package/>", "b.xhtml": "<p>one</p>", "a.html": "<p>two</p>"})
    assert read(raw).text == "one\n\ntwo"


def encryption(algorithm: str) -> str:
    return (
        f'<encryption><EncryptedData><EncryptionMethod Algorithm="{algorithm}"/><CipherData>'
        '<CipherReference URI="OEBPS/1.xhtml"/></CipherData></EncryptedData></encryption>'
    )


def test_a_book_under_copy_protection_is_dropped_and_one_with_hidden_fonts_is_not() -> None:
    drm = encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    drop = dropped(book({"1.xhtml": "<p>x</p>"}, **{"META-INF__encryption_xml": drm}))
    assert drop.reason == "encrypted"
    assert "DRM" in drop.detail
    fonts = encryption("http://www.idpf.org/2008/embedding")
    assert read(book({"1.xhtml": "<p>x</p>"}, **{"META-INF__encryption_xml": fonts})).text == "x"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 and no more", "broken zip"),
        (b"just words", "broken zip"),
        (zipped({"a.txt": "words"}), "not an EPUB"),
        (zipped({"META-INF/container.xml": "<x", "a.opf": "no xml"}), "broken EPUB"),
        (book({"1.xhtml": "<p> </p>"}), "no text"),
        (book({}), "no text"),
        (zipped({"a.opf": "<package/>"}, zipfile.ZIP_LZMA), "broken zip"),
        (zipped({"a.opf": "<package/>"}), "no text"),
    ],
)
def test_what_is_no_book_is_dropped_with_a_reason(raw: bytes, reason: str) -> None:
    assert dropped(raw).reason == reason


def test_a_zip_bomb_is_dropped_before_it_is_unpacked() -> None:
    raw = book({"1.xhtml": "<p>x</p>" + " " * (64 << 20)})
    assert len(raw) < 100_000
    drop = dropped(raw)
    assert drop.reason == "too large when unpacked"
    assert "ratio" in drop.detail
    assert dropped(book({"1.xhtml": "<p>words</p>" * 99}), unpacked=300).reason == drop.reason
    with pytest.raises(ValueError, match="write 1 or more"):
        Epub(ratio=0)


def test_entities_that_would_grow_without_end_are_left_alone() -> None:
    raw = book({"1.xhtml": "<p>x</p>"})
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        files: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(9))
    package = files["OEBPS/book.opf"]
    assert isinstance(package, bytes)
    grown = f"<!DOCTYPE package [{lol}]>".encode() + package.replace("港口 手册".encode(), b"&l8;")
    (item,) = survives(Epub(), zipped({**files, "OEBPS/book.opf": grown}), "harbour.epub")
    assert len(repr(item)) < 1000


@with_files
def test_a_damaged_book_is_never_a_crash() -> None:
    raw = (FILES / "zh-zhaohuaxishi.epub").read_bytes()
    for wrong in damaged(raw):
        survives(Epub(), wrong, "zh-zhaohuaxishi.epub")


@with_files
def test_a_real_novel_has_its_letters_and_chapters_and_nothing_about_the_edition() -> None:
    document = read((FILES / "en-frankenstein.epub").read_bytes())
    found = headings(document)
    assert len([words for level, words in found if level == 2]) == 28
    assert [words for level, words in found if level == 1] == [
        *("Introduction", "Preface", "Dedication", "Epigraph", "Frankenstein", "Endnotes")
    ]
    assert document.meta["author"] == "Mary Shelley"
    for junk in ("Standard Ebooks", "public domain", "↩"):
        assert junk not in document.text
