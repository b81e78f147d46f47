"""Passages of a document > the words that could name what they are about, and how often each holds one."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from longgrain.scripts import simplified

# What is no prose: code, links, tags, commands and formulas of LaTeX, names of files and variables.
_NO_PROSE = re.compile(
    r"`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)\n]*\)|https?://\S+|</?[a-zA-Z][^<>]*>"
    r"|\\[a-zA-Z]+|&\w+;|:\w+:|\b[\w.-]*[_/@=\\\d][\w./@=\\-]*",
    re.DOTALL,
)
_WORD = re.compile(r"[^\W\d_㐀-鿿]{3,}(?:[’'-][^\W\d_㐀-鿿]{2,})*")
_LONGEST = 32  # letters; a longer run is data
_HAN = re.compile("[㐀-鿿]")
_HAN_WORD = re.compile("[㐀-鿿]{2,8}")
# The tags of rjieba that name things: nouns and names, verbs (训练, 编译), idioms; "a" holds many
# nouns of law (合同), and unknown words are "eng" or nouns.
_NAMING = frozenset(("n", "nr", "ns", "nt", "nz", "nrt", "vn", "v", "a", "an", "l", "i", "j"))

_ENGLISH = """
    able about above accordingly across actually after afterwards again against ago all almost
    alone along already also although always am among amongst an and another any anybody anyone
    anything anyway are around as ask asked at away back be became because become becomes been
    before began begin behind being believe below beside besides best better between beyond big
    both bring brought but by call called came can cannot can't case certain certainly come comes
    coming could couldn't course day days dear did didn't different do does doesn't doing done
    don't down during each either else end enough especially etc even ever every everybody
    everyone everything example except face fact far feel felt few fig figure find first five
    following for form found four from full further gave general get gets getting give given gives
    go goes going gone good got great had half hand hands hard has have having he head hear heard
    held help hence her here herself him himself his hold how however i.e e.g i'd i'll i'm i've if
    important in include included includes including indeed instead into is isn't it it's its
    itself just keep kept kind knew know known knows large last late later latter least left less
    let let's like likely little long look looked looking lot made make makes making man many may
    maybe me mean means men might mind mine miss more moreover most mr mrs ms much must my myself
    near nearly necessary need needed needs never nevertheless new next no nobody none nor not
    note nothing now number of off often oh old on once one ones only onto open or order other
    others otherwise ought our ours ourselves out over own part particular people perhaps place
    point possible probably put quite rather really right round said same saw say saying says
    second section see seeing seem seemed seems seen set several shall she she's should shouldn't
    show shown shows side simple simply since sir six small so some somebody somehow someone
    something sometimes somewhat somewhere soon sort still stood such sure take taken takes taking
    tell ten than that that's the their theirs them themselves then thence there thereby therefore
    these they thing things think this those thou though thought thousand three through throughout
    thus thy till time times to together told too took toward towards tried truly try turn turned
    two under unless until up upon us use used useful user's uses using usually various very want
    wanted wants was wasn't way ways we we'll we're we've well went were weren't what whatever
    when whence whenever where whereas wherever whether which while who whole whom whose why will
    wish with within without won't word words work would wouldn't year years yes yet you you'll
    you're you've young your yours yourself hundred gentleman lady ladies chapter thee hath doth
    unto cried replied exclaimed hardly scarcely lay sat ran fell looks run running eyes night
    moment room door house life world morning create created allows allow works working value
    values follows previous written write specific based available provides provide required
    require requires add added change
"""
_CHINESE = """
    我们 你们 他们 她们 它们 自己 这个 那个 这些 那些 这里 那里 这样 那样 这么 那么 什么 怎么
    怎样 如何 为什么 多少 几个 一个 一些 一种 一样 一般 一定 一直 一起 一切 一下 一时 一面 一声
    一日 不是 不能 不会 不得 不知 不必 不要 不可 不用 不过 不同 没有 可以 可能 可是 能够 应当
    应该 应 必须 需要 已经 曾经 正在 将要 因为 所以 因此 于是 由于 但是 然而 虽然 如果 假如 那末
    而且 并且 或者 以及 还是 只是 就是 也是 都是 又是 便是 正是 乃是 即是 算是 使用 进行 通过
    具有 包括 其他 其它 其中 之后 之前 以后 以前 以上 以下 以来 之间 之中 时候 现在 当时 今天
    今日 明日 昨日 后来 起来 出来 进来 过来 过去 下来 下去 上来 上去 回来 回去 出去 进去 看见
    听见 看到 听到 知道 觉得 认为 以为 说道 笑道 问道 答道 喝道 叹道 哭道 骂道 叫道 回道 说话
    告诉 看看 说是 只见 只得 忽然 许多 非常 十分 比较 更加 几乎 大家 人家 别人 众人 有人 无人
    东西 事情 地方 样子 意思 问题 方面 部分 情况 时间 内容 方法 方式 例子 结果 开始 结束 继续
    成为 作为 作出 得到 得出 给出 称为 叫做 来说 看来 对于 关于 根据 按照 依照 下面 上面 前面
    后面 里面 外面 左右 上下 本章 本节 我们将 接下来 来自 存在 发生 所有 所在 所谓 所有者 无法
    任何 每个 各种 各个 有些 有的 某些 某个 多个 两个 三个 第一 第二 第三 第一个 第二个 首先
    然后 最后 最终 同时 同样 相同 只有 只能 只要 除了 甚至 尤其 特别 十二 三十 二十 不见 不敢
    不好 不曾 未必 未能 如今 如此 如下 原来 为了 出现 发现 请问 来到 走到 想到 拿来 看着 笑着
    拿着 听着 这是 那是 有关 无关 有所 使得 让我们 看一看 意味着 表示 提供 包含 支持 允许 希望
    想要 不想 完成 还有 实在 坐下 却说 不肯 晓得 正要 请求 的话 罢了 不成 不料 便问 叫作 在内
    之外 以内
"""
_STOP = frozenset((*_ENGLISH.split(), *_CHINESE.split()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """How often passages hold words: three columns of one length, sorted by passage."""

    words: list[str]
    passage: NDArray[np.int32]
    word: NDArray[np.int32]
    """place in ``words``"""
    count: NDArray[np.int32]


def counted(passages: Sequence[str]) -> Counted:
    """The naming words of each passage, as they are written there."""
    found = [naming_words(passage) for passage in passages]
    column = pa.array([word for words in found for word in words], pa.string())
    encoded = column.dictionary_encode()
    words: list[str] = encoded.dictionary.to_pylist()
    owner = np.repeat(np.arange(len(found)), [len(words) for words in found])
    key, count = np.unique(
        owner * max(len(words), 1) + encoded.indices.to_numpy(), return_counts=True
    )
    return Counted(
        words=words,
        passage=(key // max(len(words), 1)).astype(np.int32),
        word=(key % max(len(words), 1)).astype(np.int32),
        count=count.astype(np.int32),
    )


def naming_words(passage: str) -> list[str]:
    """The words of a passage that can name a topic, in reading order.

    English by spaces, Chinese as rjieba cuts and tags it (Traditional text as if it were
    Simplified); without stop words, code, links and numbers.
    """
    prose = _NO_PROSE.sub(" ", passage)
    if _HAN.search(prose):
        return _chinese(prose)
    return [word for word in _WORD.findall(prose) if _names(word)]


def _names(word: str) -> bool:
    return len(word) <= _LONGEST and word.lower() not in _STOP


def _chinese(prose: str) -> list[str]:
    import rjieba  # its dictionary takes 40 MB

    folded, found, at = simplified(prose), [], 0
    for word, tag in rjieba.tag(folded):
        if tag in _NAMING and len(word) > 1 and word not in _STOP and _HAN_WORD.fullmatch(word):
            found.append(prose[at : at + len(word)])
        elif tag == "eng" and _WORD.fullmatch(word) and _names(word):
            found.append(word)
        at += len(word)
    return found


def folded(word: str, known: Container[str]) -> str:
    """The form under which spellings of one word are counted: lower case, Simplified, singular.

    ``known`` holds all words in lower case: "models" becomes "model" only where "model" is one.
    """
    if not word.isascii():
        word = simplified(word).replace("’", "'")
    low = word.lower().removesuffix("'s")
    if low[-1:] != "s" or len(low) <= 4:
        return low
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        if low.endswith(ending) and low.removesuffix(ending) + instead in known:
            return low.removesuffix(ending) + instead
    return low
