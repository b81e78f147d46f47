"""The tree of a web page > which elements are its content, and which are left out.

What is hidden, navigates, sells or asks for consent goes by its tag, its role or the words of its
class and id; then the content is the ``main`` or ``article`` of the page or, on pages without
them, the smallest element that holds most of the prose; then lists of nothing but links go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from longgrain.readers.html.markup import Tree
from longgrain.readers.listed import listed

_NEVER = listed("nav footer button input dialog menu progress meter")
_ROLES = listed(
    "navigation banner contentinfo search dialog alertdialog menu menubar toolbar tablist "
    "complementary"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
_ICONS = listed("span i a svg b em")
# Small things inside the content: marks for editing, numbers of lines, words for screen readers.
_BITS = re.compile(
    r"[\s_-](?:sr-only|visually-?hidden|screen-reader|assistive-text|a11y-hidden|editsection"
    r"|headerlink|anchorjs-link|cite-backlink|redirectedfrom|lineno|linenos|linenumbers?|line-numbers?|gutter"
    r"|zeroclipboard|copybtn|copy-button)[\s_-]"
)
# Words of classes and ids in the templates of many sites; "-" and "_" part words.
_NAMED = re.compile(
    r"[\s_-](?:nav|navi|navbar|navbox|navigation|navigator|menu|menus|submenu|dropdown|topbar|toolbar"
    r"|breadcrumbs?|crumbs?|mbx|weizhi|skip|skiplink|sidebar|sidebars|sidenav|aside|footer|bottombar"
    r"|cookies?|consent|gdpr|ccpa|banner|ad|ads|adv|advert|adverts|advertisement|adsense|adbox"
    r"|guanggao|sponsor|sponsored|promo|promos|promotion|popup|modal|overlay|lightbox|tooltip"
    r"|newsletter|subscribe|subscription|signup|login|paywall|share|sharing|sharebar|social|socials"
    r"|fenxiang|bshare|bdsharebuttonbox|addthis|addtoany|sharedaddy|jiathis|related|recommend"
    r"|recommended|recommendations?|recirc|tuijian|xgyd|xiangguan|readmore|outbrain|taboola|trending"
    r"|hotnews|pagination|pager|pagenav|prevnext|toc|tocbox|mulu|taglist|tagcloud|catlinks|printfooter"
    r"|secondary|rail|rightcol|noprint|ambox|authority-control|portalbox|sistersitebox|hatnote|shortdescription|copyright"
    r"|beian|disclaimer|qrcode|erweima|feedback|toctoggle|jump-link)[\s_-]"
    r"|\s(?:widget|widgets|tags|foot|bread|gg|pages|icp|metadata)\s"
)
_COMMENTS = re.compile(
    r"\s(?:comments?|comment-?list|comments-(?:area|section|wrap(?:per)?|container)|post-comments"
    r"|respond|disqus(?:_thread)?|pinglun|reply-list|gitalk-container|utterances|waline|valine"
    r"|vcomments|giscus)\s"
)
_CITED = re.compile(r"\s(?:reflist|refbegin|references|mw-references-wrap)\s")
_CONTENT = re.compile(
    r"\s(?:article|story|mw-content-text|article-?(?:body|content|text|detail)|post-?(?:body|content)|entry-content"
    r"|story-?(?:body|content)|news-?(?:content|text|body)|rich_media_content|js_content|artibody"
    r"|trs_editor|trs_ue_autotpl|markdown-body|theme-doc-markdown|md-content|rst-content"
    r"|cont_?article|main-?content|page-?content|text_content)\s"
)
_OPEN_TO_NAMES = listed(
    "div section ul ol dl li dd table tr td p aside form figure details header center"
)
_BOXES = listed("div section ul ol dl table p td center form")
_FRAMES = listed("div section main article center form td tr tbody table")
_PROSE = 25  # columns from which a text counts as prose; a Chinese character takes two
_SHORT_LINK = 30  # columns of an average link of a menu


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The element that holds the content, what is left out of it, and a heading before it."""

    root: int
    skipped: frozenset[int]
    heading: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weights:
    """Columns of text below each number: all of it, that in links, that in long texts; links."""

    all: list[int]
    linked: list[int]
    prose: list[int]
    links: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A tree, and what is known of each of its numbers before anything is left out."""

    tree: Tree
    columns: list[int]
    """Columns of each text."""
    weights: _Weights
    main: list[bool]
    """Whether it is, or stands inside, what the page calls its content."""
    holds: list[bool]
    """Whether what the page calls its content, or its title, stands inside."""
    titles: list[int]
    """The headings of the first level."""
    calls: list[int]
    """What the page calls its content."""


def content(tree: Tree, *, references: bool) -> Content:
    """What of a page is read; ``references`` says whether lists of citations are content."""
    page = _page(tree)
    skipped = frozenset(_unwanted(page, references))
    weights = _weights(tree, page.columns, skipped)
    if 10 * weights.all[0] < page.weights.all[0] and weights.all[0] < 4 * _PROSE:
        skipped, weights = frozenset(), page.weights  # names that would leave nothing are no help
    root = _root(page, weights, skipped)
    skipped |= frozenset(_menus(tree, weights, skipped, root))
    return Content(root=root, skipped=skipped, heading=_heading(page, skipped, root))


def _page(tree: Tree) -> _Page:
    columns = [_columns(text) if text else 0 for text in tree.texts]
    calls = [bool(tag) and _is_content(tree, i, tag) for i, tag in enumerate(tree.tags)]
    titles = [i for i, tag in enumerate(tree.tags) if tag == "h1"]
    called = [i for i, named in enumerate(calls) if named]
    main, holds = calls.copy(), [False] * len(calls)
    for i, parent in enumerate(tree.parents):
        main[i] = main[i] or (parent >= 0 and main[parent])
    for i in titles:
        calls[i] = True
    for i in range(len(calls) - 1, 0, -1):
        if calls[i] or holds[i]:
            holds[tree.parents[i]] = True
    weights = _weights(tree, columns, frozenset())
    return _Page(
        tree=tree,
        columns=columns,
        weights=weights,
        main=main,
        holds=holds,
        titles=titles,
        calls=called,
    )


def _columns(text: str) -> int:
    """Places on a screen: one for a letter, two for a Chinese character (three bytes in UTF-8)."""
    bare = text.strip()
    return len(bare) if bare.isascii() else (len(bare) + len(bare.encode())) // 2


def _weights(tree: Tree, columns: list[int], skipped: frozenset[int]) -> _Weights:
    size = len(columns)
    every, linked, prose, links = columns.copy(), [0] * size, [0] * size, [0] * size
    for i in range(size - 1, 0, -1):
        if i in skipped or not every[i]:
            continue
        parent = tree.parents[i]
        tag = tree.tags[i]
        every[parent] += every[i]
        if not tag:
            prose[parent] += every[i] if every[i] >= _PROSE else 0
        elif tag == "a" and tree.attributes[i].get("href"):
            linked[parent] += every[i]
            links[parent] += 1
        else:
            linked[parent] += linked[i]
            prose[parent] += prose[i]
            links[parent] += links[i]
    return _Weights(all=every, linked=linked, prose=prose, links=links)


def _is_content(tree: Tree, i: int, tag: str) -> bool:
    attributes = tree.attributes[i]
    if tag in ("main", "article") or attributes.get("role") in ("main", "article"):
        return True
    if not attributes or tag not in _FRAMES:
        return False
    return attributes.get("itemprop") == "articleBody" or bool(_CONTENT.search(tree.named(i)))


# --- what is left out ---


def _unwanted(page: _Page, references: bool) -> Iterator[int]:
    tree = page.tree
    i, size = 1, len(tree.tags)
    while i < size:
        tag = tree.tags[i]
        if tag and _is_unwanted(page, i, tag, references):
            yield i
            i = tree.ends[i]
        else:
            i += 1


def _is_unwanted(page: _Page, i: int, tag: str, references: bool) -> bool:
    tree, main, holds = page.tree, page.main[i], page.holds[i]
    attributes = tree.attributes[i]
    if tag in _NEVER:
        return tag != "footer" or tree.tags[tree.parents[i]] not in ("blockquote", "figure")
    if tag == "header" and not main:
        return not (holds and len(page.titles) == 1)
    if tag == "aside" and not main:
        return True
    if not attributes:
        return False
    if _is_hidden(page, i, tag):
        return True
    if attributes.get("role") in _ROLES and not holds:
        return True
    if tag == "sup" and not references and "reference" in (attributes.get("class") or ""):
        return True
    if tag not in _OPEN_TO_NAMES or holds:
        return False
    named = tree.named(i)
    if _COMMENTS.search(named) or (not references and _CITED.search(named)):
        return True
    # In the content an id is often made from a heading: a chapter on cookies has the id "cookies".
    if main or tag == "section":
        named = f" {attributes.get('class') or ''} ".lower()
    share = 0.1 if main else 0.3
    light = page.weights.prose[i] <= share * page.weights.prose[0]
    return light and bool(_NAMED.search(named))


def _is_hidden(page: _Page, i: int, tag: str) -> bool:
    tree, attributes = page.tree, page.tree.attributes[i]
    light = 10 * page.weights.prose[i] <= page.weights.prose[0]
    if light and _BITS.search(tree.named(i)):
        return True
    if attributes.get("aria-hidden") == "true" and tag in _ICONS:
        return True
    style = attributes.get("style")
    hidden = style and _HIDDEN.search(style.lower())
    if not hidden and attributes.get("hidden", "until-found") == "until-found":
        return False
    # Tabs are shown on a click, whole articles once a script has run; formulas stand in for images.
    shown = attributes.get("role") == "tabpanel" or "math" in tree.tags[i : tree.ends[i]]
    return not shown and 2 * page.weights.prose[i] <= page.weights.prose[0]


# --- where the content is ---


def _root(page: _Page, weights: _Weights, skipped: frozenset[int]) -> int:
    """The heaviest ``main``, else ``article``, else box with the name of one; else by weight."""
    tree, prose = page.tree, weights.prose
    called = [i for i in page.calls if not _is_inside(tree, i, skipped)]
    mains = [i for i in called if _is(tree, i, "main")]
    articles = [i for i in called if _is(tree, i, "article")]
    for share, found in ((0.3, mains), (0.5, articles), (0.5, called)):
        heaviest = max(found, key=lambda i: prose[i], default=0)
        if heaviest and prose[heaviest] >= max(1, share * prose[0]):
            return _innermost(page, called, prose, heaviest)
    return _descended(tree, weights)


def _innermost(page: _Page, called: list[int], prose: list[int], at: int) -> int:
    """The last in ``at`` that is called the content and holds nearly all of its prose."""
    for i in called:
        share = 0.75 if _is(page.tree, i, "article") else 0.9
        if at < i < page.tree.ends[at] and prose[i] >= share * prose[at]:
            at = i
    return at


def _is(tree: Tree, i: int, tag: str) -> bool:
    return tree.tags[i] == tag or tree.attributes[i].get("role") == tag


def _is_inside(tree: Tree, i: int, skipped: frozenset[int]) -> bool:
    """Whether a number, or one around it, is left out."""
    while i >= 0:
        if i in skipped:
            return True
        i = tree.parents[i]
    return False


def _descended(tree: Tree, weights: _Weights) -> int:
    """The smallest box of the page that holds four fifths of its prose."""
    least, at = max(1, 0.8 * weights.prose[0]), 0
    while True:
        heavy = [
            i for i in _children(tree, at) if tree.tags[i] in _FRAMES and weights.prose[i] >= least
        ]
        if not heavy:
            return at
        at = heavy[0]


def _children(tree: Tree, i: int) -> Iterator[int]:
    j = i + 1
    while j < tree.ends[i]:
        yield j
        j = tree.ends[j]


def _heading(page: _Page, skipped: frozenset[int], root: int) -> int | None:
    """The last first-level heading before the content, where the content has none of its own."""
    end = page.tree.ends[root]
    titles = [i for i in page.titles if not _is_inside(page.tree, i, skipped)]
    if any(root <= i < end for i in titles):
        return None
    return max((i for i in titles if i < root), default=None)


# --- lists of links ---


def _menus(tree: Tree, weights: _Weights, skipped: frozenset[int], root: int) -> list[int]:
    """Boxes in the content that hold little but links, unless these are most of the content."""
    found: list[int] = []
    i = root + 1
    while i < tree.ends[root]:
        menu = tree.tags[i] in _BOXES and i not in skipped and _is_menu(tree, weights, i)
        if menu:
            found.append(i)
        i = tree.ends[i] if menu or i in skipped else i + 1
    total = sum(weights.all[i] for i in found)
    return found if total < 0.4 * weights.all[root] else []


def _is_menu(tree: Tree, weights: _Weights, i: int) -> bool:
    columns, linked, links = weights.all[i], weights.linked[i], weights.links[i]
    if links < 3 or linked < 0.7 * columns or "h1" in tree.tags[i : tree.ends[i]]:
        return False
    if tree.tags[i] == "table" and "th" in tree.tags[i : tree.ends[i]]:
        return False
    return linked <= _SHORT_LINK * links or (links > 3 and linked >= 0.9 * columns)
