"""Web pages: what is content, what is not, how it is written down, and what no page may do."""

from __future__ import annotations

from pathlib import Path

import pytest

from damage import COUNT, damaged, survives
from longgrain.grains import cut
from longgrain.readers.html import Html
from longgrain.readers.html.nesting import DEEPEST, bounded
from longgrain.types import Document, Dropped

FILES = Path(__file__).parents[2].parent / "shared" / "data" / "corpora" / "readers"
with_files = pytest.mark.skipif(not FILES.is_dir(), reason=f"no files at {FILES}")

PROSE = (
    "The pilot boards at the outer buoy and takes the ship past the light before the tide turns. "
)
ZH = "引航员在外浮标处登船，并在退潮之前引领船舶驶过灯塔，随后在内港抛锚等候检疫。"


def read(html: str | bytes, **settings: bool) -> Document:
    raw = html if isinstance(html, bytes) else html.encode()
    (item,) = Html(**settings).read(raw, "pages/pilots.html")
    assert isinstance(item, Document), item
    return item


def text(html: str, **settings: bool) -> str:
    return read(html, **settings).text


def headings(document: Document) -> list[tuple[int, str]]:
    return [(level, document.text[a:b]) for a, b, level in document.meta.get("headings", [])]


# --- what is content ---


def test_a_blog_post_is_read_without_all_that_is_around_it() -> None:
    page = f"""<!doctype html><title>Boarding - Harbour Blog</title><body class="has-sidebar post">
    <div class="skip-link"><a href="#c">Skip to content</a></div>
    <div id="masthead"><div class="site-nav"><a href="/">Home</a> <a href="/a">About</a></div></div>
    <div id="page"><div class="entry-header"><h1>Boarding</h1><span class="date">2 May</span></div>
    <div class="entry-content"><p>{PROSE}</p><h2>The ladder</h2><p>{PROSE * 2}</p>
    <div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="#">Tweet</a></li></ul></div></div>
    <div class="related-posts"><h3>Related</h3><a href="/1">Another post</a></div></div>
    <div id="secondary" class="sidebar"><p>{PROSE}</p></div>
    <div id="comments"><h2>3 thoughts</h2><p>{PROSE * 9}</p></div>
    <div id="colophon" class="site-footer">Proudly powered</div>"""
    document = read(page)
    assert document.text == f"Boarding\n\n{PROSE.strip()}\n\nThe ladder\n\n{(PROSE * 2).strip()}"
    assert headings(document) == [(1, "Boarding"), (2, "The ladder")]
    assert document.meta["title"] == "Boarding"


def test_a_chinese_news_page_in_gbk_is_read_with_its_title_date_and_author() -> None:
    page = f"""<html><head><meta http-equiv=Content-Type content="text/html; charset=gb2312">
    <title>港口新规今日实施_新闻中心_某某网</title><meta name="author" content="张三">
    <meta name="publishdate" content="2024-05-06"></head><body>
    <div class="channel"><a href=/>首页</a><a href=/n>新闻</a><a href=/s>体育</a><a href=/c>财经</a></div>
    <div class="crumbs">您的位置：<a href=/>首页</a>&gt;正文</div>
    <h1>港口新规今日实施</h1><div class="info">2024-05-06 10:00 来源：某某网</div>
    <div class="TRS_Editor"><p>　　{ZH}</p><p>&nbsp;&nbsp;&nbsp;&nbsp;{ZH}</p><p>{ZH}</p></div>
    <div class="bianji">责任编辑：李四</div>
    <div class="xgyd"><h3>相关阅读</h3><ul><li><a href=1>{ZH}</a></li></ul></div>
    <div class="footer">Copyright 某某网 版权所有 京ICP备12345号</div></body></html>"""
    document = read(page.encode("gbk"))
    assert document.text == f"港口新规今日实施\n\n{ZH}\n\n{ZH}\n\n{ZH}"
    assert document.meta["encoding"] == "gb18030"
    assert (document.meta["date"], document.meta["author"]) == ("2024-05-06", "张三")


def test_a_page_without_any_element_for_its_content_is_read_where_most_of_its_prose_is() -> None:
    links = "".join(f'<li><a href="/{n}">Item {n}</a></li>' for n in range(20))
    page = f"<body><table><tr><td><ul>{links}</ul></td><td>{(PROSE + '<br><br>') * 5}</td></tr></table>"
    assert text(page) == "\n\n".join([PROSE.strip()] * 5)


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display: none">SECRET</div>',
        "<p hidden>SECRET</p>",
        '<span class="sr-only">SECRET</span>',
        '<svg><text>SECRET</text></svg><i aria-hidden="true">SECRET</i>',
        "<script>SECRET</script><style>SECRET</style><template>SECRET</template>",
        "<button>SECRET</button><select><option>SECRET</select><noscript>SECRET</noscript>",
        "<!-- SECRET -->",
        '<div role="dialog">SECRET</div><div class="cookie-consent-bar">SECRET</div>',
    ],
)
def test_what_nobody_sees_or_reads_is_left_out(hidden: str) -> None:
    assert text(f"<p>{PROSE}</p>{hidden}<p>{PROSE}</p>") == f"{PROSE.strip()}\n\n{PROSE.strip()}"


def test_an_article_that_a_script_will_show_is_read_although_it_is_hidden() -> None:
    page = f'<div id="js_content" style="visibility: hidden"><p>{ZH}</p><p>{ZH}</p></div>'
    assert text(page) == f"{ZH}\n\n{ZH}"


def test_a_chapter_on_cookies_and_code_with_comments_are_no_boilerplate() -> None:
    page = f"""<main><h1>Manual</h1><p>{PROSE * 3}</p>
    <section id="cookies"><h2>Cookies</h2><p>Set one.</p></section>
    <pre><code class="language-js"><span class="hljs-comment comment">// share it</span>\nrun()</code></pre></main>"""
    assert text(page).endswith("Cookies\n\nSet one.\n\n```\n// share it\nrun()\n```")


def test_a_page_that_is_mostly_a_list_of_links_keeps_it() -> None:
    links = "".join(f'<li><a href="/{n}">Chapter {n}</a></li>' for n in range(1, 6))
    assert text(f"<main><h1>Contents</h1><ul>{links}</ul></main>").startswith(
        "Contents\n\n- Chapter 1\n- "
    )


def test_a_heading_whose_section_was_left_out_whole_goes_with_it() -> None:
    links = "".join(f'<li><a href="/{n}">Another page {n}</a></li>' for n in range(6))
    page = f"<main><h1>A</h1><p>{PROSE * 20}</p><h2>See also</h2><ul>{links}</ul><h2>B</h2><p>End.</p></main>"
    assert [words for _, words in headings(read(page))] == ["A", "B"]


def test_everything_visible_is_kept_where_that_is_asked_for() -> None:
    page = f"<nav>Home</nav><main><p>{PROSE}</p></main><footer>Imprint</footer>"
    assert text(page, whole=True) == f"Home\n\n{PROSE.strip()}\n\nImprint"
    assert text(page) == PROSE.strip()


def test_citations_are_kept_where_that_is_asked_for() -> None:
    page = f"""<main><p>{PROSE * 3}<sup class="reference"><a href="#n1">[1]</a></sup></p>
    <h2>Notes</h2><ol class="references"><li>Smith 2010, on the harbour of the town.</li></ol></main>"""
    assert text(page) == (PROSE * 3).strip()
    assert text(page, references=True).endswith(
        "[1]\n\nNotes\n\n1. Smith 2010, on the harbour of the town."
    )


# --- how it is written down ---


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>one\n  two&nbsp;three</p>", "one two three"),
        ("<p>汉字\n换行，\n继续 and\nLatin</p>", "汉字换行，继续 and Latin"),
        ("a<br>b<br><br><br>c", "a\nb\n\nc"),
        ("caf&eacute; &lt;b&gt; &amp; &#20013;", "café <b> & 中"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字", "漢（かん）字"),
        ("10<sup>3</sup> H<sub>2</sub>O 1<sup>st</sup>", "10³ H₂O 1st"),
        ("x<sup><a href='#fn1'>1</a></sup> y<a role='doc-backlink' href='#r'>↩</a>", "x[1] y"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("<p>He said <q>stop</q>.", "He said “stop”."),
        ("<ul><li>a<ul><li>b</ul><li><p>c</p><p>d</p></ul>", "- a\n  - b\n- c\n  d"),
        ("<ol start=3><li>x<li>y</ol>z", "3. x\n4. y\n\nz"),
        ("<dl><dt>Buoy<dd>A float.</dl>", "Buoy\nA float."),
        ("<pre>  two\n    four\n</pre>", "  two\n    four"),
        ("<pre><code>if a:\n\n\tb = `c`</code></pre>", "```\nif a:\n\n\tb = `c`\n```"),
        ("<pre><code>```\nx\n```</code></pre>", "````\n```\nx\n```\n````"),
        (
            "<math alttext='{\\displaystyle x^{2}}'><mi>x</mi></math> is <math><mn>4</mn></math>",
            "$x^{2}$ is 4",
        ),
        ("<script type='math/tex; mode=display'>a&lt;b</script>", "$$a&lt;b$$"),
    ],
)  # fmt: skip
def test_a_piece_of_a_page_becomes_readable_text(html: str, words: str) -> None:
    assert text(f"<body>{html}", whole=True) == words


def test_tables_become_rows_and_cells_from_above_keep_their_place() -> None:
    table = """<table><caption>Tides</caption><tr><th>Port<th>High<th>Low
    <tr><td rowspan=2>Dover<td>4.1<td><p>0.8</p><p>m</p><tr><td>4.3<td>0.6</table>"""
    assert (
        text(table) == "Tides\n\n| Port | High | Low |\n| Dover | 4.1 | 0.8 m |\n|  | 4.3 | 0.6 |"
    )


def test_a_table_for_the_layout_is_no_table() -> None:
    page = f"<table><tr><td><table><tr><td>{PROSE}</td></tr></table></td><td><h2>B</h2>b</td></tr></table>"
    assert text(page, whole=True) == f"{PROSE.strip()}\n\nB\n\nb"


def test_headings_make_the_tree_and_hash_marks_in_the_words_do_not() -> None:
    page = f"""<main><h1>Harbour</h1><p>{PROSE}</p><h2>Pilots <a href="#p">¶</a></h2><p># no heading</p>
    <h3>Boarding</h3><p>{PROSE}</p><div role="heading" aria-level="2">Tides</div><p>{PROSE}</p></main>"""
    document = read(page)
    assert headings(document) == [(1, "Harbour"), (2, "Pilots"), (3, "Boarding"), (2, "Tides")]
    assert document.meta["markup"] == "plain"
    found = [document.text[g.start : g.end] for g in cut(document) if g.kind == "heading"]
    assert found == ["Harbour", "Pilots", "Boarding", "Tides"]


def test_title_date_author_and_site_come_from_the_head_of_the_page() -> None:
    page = f"""<head><title>Pilots | Harbour</title><meta property="og:site_name" content="Harbour">
    <script type="application/ld+json">{{"@graph": [{{"@type": "Article", "headline": "Pilots at work",
    "datePublished": "2024-05-06T10:00:00Z", "author": [{{"name": "Ann Lee"}}]}}]}}</script></head>
    <p>{PROSE}</p>"""
    meta = read(page).meta
    assert meta["title"] == "Pilots at work"
    assert (meta["date"], meta["author"], meta["site"]) == (
        "2024-05-06T10:00:00Z",
        "Ann Lee",
        "Harbour",
    )
    assert read(f"<title>Pilots | Harbour</title><p>{PROSE}").meta["title"] == "Pilots"
    assert read(f"<p>{PROSE}").meta["title"] == "pilots"


@pytest.mark.parametrize(
    ("encoding", "label", "words"),
    [
        ("gb18030", "gbk", "引航员在外浮标处登船"),
        ("big5", "big5", "引航員在外浮標處登船"),
        ("cp1251", "windows-1251", "Лоцман поднимается на борт у внешнего буя"),
        ("shift_jis", "Shift_JIS", "水先人は外側のブイで乗船する"),
        ("cp949", "euc-kr", "도선사는 바깥 부표에서 승선한다"),
        ("iso8859_2", "iso-8859-2", "Pilot wsiada na statek przy zewnętrznej boi, żółtej"),
        ("utf-8", "gb2312", "网页说错了编码"),
        ("utf-16", "utf-8", "有标记的网页"),
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_has(encoding: str, label: str, words: str) -> None:
    page = f'<meta charset="{label}"><p>{words}</p>'
    assert read(page.encode(encoding)).text == words


# --- what no page may do ---

MANY = 100_000


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<div>" * MANY + "x", "x"),
        ("<span>" * MANY + "x", "x"),
        ("<ul><li>" * MANY + "x", "x"),
        ("<table><tr><td>" * MANY + "x", "x"),
        ("<div></x>" * MANY + "x", "x"),
        ("<!-->" + "<div>" * MANY + "-->x", "x"),
        ("".join(f"<font size={n}><p>" for n in range(MANY)) + "x", "x"),
        ("".join(f"<b id={n}><object></b></object>" for n in range(MANY)) + "x", "x"),
        ("<" * MANY, "<" * MANY),
        ("x" * 5_000_000, "x" * 5_000_000),
        ("字" * 5_000_000, "字" * 5_000_000),
        ("x\0y" + " words" * 50, "x\ufffdy" + " words" * 50),
    ],
    ids=lambda value: value[:12],
)
def test_a_page_made_to_break_a_reader_is_read_in_little_time(html: str, words: str) -> None:
    (item,) = survives(Html(), html.encode(), "hostile.html")
    assert isinstance(item, Document)
    assert item.text.replace("- ", "").strip() == words


@pytest.mark.parametrize(
    "html",
    ["<table>" + "<tr><td rowspan=9999>x" * 30_000, "<h1>a<div>" * MANY, "<math><mi>x" * MANY],
    ids=lambda value: value[:12],
)
def test_a_page_made_to_grow_in_a_reader_stays_small(html: str) -> None:
    (item,) = survives(Html(), html.encode(), "hostile.html")
    assert isinstance(item, Document)
    assert len(item.text) < 20 * len(html)


def test_deep_nesting_is_flattened_and_sound_html_is_not_touched() -> None:
    sound = f"<div><p>{PROSE}<b>x</b></div>" * 2000
    assert bounded(sound) is sound
    assert bounded("<div>" * MANY).count("<div>") == DEEPEST


@pytest.mark.parametrize(
    "html", ["<html></html>", "<frameset><frame src=a>", "<script>x()</script>"]
)
def test_a_page_without_words_is_dropped_with_a_reason(html: str) -> None:
    (item,) = Html().read(html.encode(), "a.html")
    assert isinstance(item, Dropped)
    assert (item.reason, item.id) == ("no text", "a.html")


@with_files
@pytest.mark.parametrize(
    ("name", "share"), [("zh-d2l-page.html", 1), ("en-wikipedia-duck.html", 4)]
)
def test_a_damaged_page_is_never_a_crash(name: str, share: int) -> None:
    raw = (FILES / name).read_bytes()
    for wrong in damaged(raw, COUNT // share):
        survives(Html(), wrong, name)


@with_files
def test_an_article_of_wikipedia_is_read_from_its_title_to_its_last_section() -> None:
    document = read((FILES / "en-wikipedia-duck.html").read_bytes())
    assert document.text.startswith("Duck\n\n| Duck |\n")
    assert [words for _, words in headings(document)][:4] == [
        "Duck",
        "Etymology",
        "Taxonomy",
        "Morphology",
    ]
    assert "| Kingdom: | Animalia |" in document.text
    for junk in (
        "Jump to",
        "[edit]",
        "Main menu",
        "Retrieved",
        "Categories",
        "Privacy policy",
        "[1]",
    ):
        assert junk not in document.text
