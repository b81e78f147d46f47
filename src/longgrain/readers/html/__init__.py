"""Web pages > one Document each: the content without navigation, banners, comments and scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.readers.decoding import clean
from longgrain.readers.html.about import about, bare_title
from longgrain.readers.html.charset import page_text
from longgrain.readers.html.content import Content, content
from longgrain.readers.html.markup import Tree, parsed
from longgrain.readers.html.rendering import Renderer
from longgrain.readers.text import stem
from longgrain.readers.writing import LEFT_OUT, Block, settled, written
from longgrain.types import Document, Dropped

# Short lines that stand in articles and are no part of them.
_SERVICE = re.compile(
    r"(?:责任)?编辑[:：]|責任編輯[:：]|[上下]一[篇页頁章节節][:：]|分享(?:到|至)[:：]?|扫一扫|扫描二维码|扫码"
    r"|字[号體体][:：]|点击(?:数|量|查看|进入)|浏览(?:次数|量)|阅读(?:次数|量|原文|全文)|相关(?:阅读|新闻|链接|推荐)[:：]"
    r"|返回(?:首页|顶部)|版权所有|当前位置[:：]|您(?:现在)?的位置[:：]|(?:打印|广告|举报|收藏|关闭|【?关闭窗口】?|分享)$"
    r"|share (?:this|on|via)\b|©|copyright ©|all rights reserved|skip to (?:main )?content|back to top"
    r"|(?:previous|next) (?:post|article|page)\b|edit this page|edit on github|last updated:?\s"
    r"|posted in |filed under|tags?:|leave a (?:comment|reply)"
    r"|(?:tweet|advertisement|sponsored|follow us|subscribe|sign up|log in|read more|click here)\W*$",
    re.IGNORECASE,
)
_LONGEST_SERVICE = 40  # code points


@dataclass(frozen=True, slots=True, kw_only=True)
class Html:
    """Reads ``.html`` files."""

    name: ClassVar[str] = "html"
    suffixes: ClassVar[tuple[str, ...]] = (".html", ".htm", ".xhtml", ".shtml")

    whole: bool = False
    """Whether everything visible is kept, navigation and comments with it."""
    references: bool = False
    """Whether lists of citations are kept, as encyclopedias have below their articles."""

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """One document with the page's title, date and author, or why there is none."""
        decoded = page_text(raw, source)
        if isinstance(decoded, Dropped):
            yield decoded
            return
        start = decoded.text[:200].lstrip()
        parser, tree = parsed(decoded.text, xml=start.startswith("<?xml"))
        page = written(settled(self._blocks(tree)))
        if not page.text:
            yield Dropped(step="read", id=source, reason="no text", detail="a page without words")
            return
        told = {key: clean(value).text for key, value in about(parser).items()}
        title = _shown_title(page.title, told) or stem(source)
        known: dict[str, Any] = {k: told[k] for k in ("date", "author", "site") if k in told}
        meta = {"title": title, **page.meta, **known, **decoded.meta}
        yield Document.of(page.text, source=source, meta=meta)

    def _blocks(self, tree: Tree) -> list[Block]:
        if not tree.tags:
            return []
        if self.whole:
            return Renderer(tree=tree).render(0, tree.ends[0])
        found = content(tree, references=self.references)
        return _lines(tree, found)


def _lines(tree: Tree, found: Content) -> list[Block]:
    renderer = Renderer(tree=tree, skipped=found.skipped)
    if found.heading is not None:
        renderer.render(found.heading, tree.ends[found.heading])
    blocks = renderer.render(found.root, tree.ends[found.root])
    return [LEFT_OUT if _is_service(block) else block for block in blocks]


def _is_service(block: Block) -> bool:
    words = block.text.lstrip("- |[【")
    return not block.level and len(words) <= _LONGEST_SERVICE and bool(_SERVICE.match(words))


def _shown_title(heading: str, told: dict[str, str]) -> str:
    title: str = bare_title(told.get("title", ""), told.get("site", ""))
    return heading[:300] or title
