"""Names of LaTeX commands and environments > what is done with them."""

from __future__ import annotations

import re


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


SECTIONING = re.compile(
    r"[a-z]*?(part|chapter|subsection|subsubsection|section|paragraph|subparagraph)\*?"
)
"""Commands of one's own that end like LaTeX's (``\\mysection``) head something, too."""
LEVELS = {
    "part": 2,  # the title of the document is 1
    "chapter": 3,
    "section": 4,
    "subsection": 5,
    "subsubsection": 6,
    "paragraph": 7,
    "subparagraph": 8,
}
MATH = _names(
    "equation align gather multline eqnarray displaymath math flalign alignat dmath xalignat"
)
DRAWINGS = _names(
    "tikzpicture pgfpicture picture circuitikz forest tikzcd asy pspicture axis scope feynman"
)
TABLES = _names("tabular tabularx tabulary tabu longtable array tblr supertabular")
LISTS = {
    "itemize": "- ",
    "enumerate": "1. ",
    "description": "- ",
    "compactitem": "- ",
    "compactenum": "1. ",
    "inparaenum": "1. ",
    "thebibliography": "- ",
}
HEADED = {"abstract": ("Abstract", "摘要"), "thebibliography": ("References", "参考文献")}
THEOREMS = {
    "theorem": ("Theorem", "定理"),
    "lemma": ("Lemma", "引理"),
    "proposition": ("Proposition", "命题"),
    "corollary": ("Corollary", "推论"),
    "definition": ("Definition", "定义"),
    "example": ("Example", "例"),
    "exercise": ("Exercise", "习题"),
    "problem": ("Problem", "问题"),
    "solution": ("Solution", "解"),
    "remark": ("Remark", "注"),
    "proof": ("Proof", "证明"),
    "conjecture": ("Conjecture", "猜想"),
    "claim": ("Claim", "断言"),
    "axiom": ("Axiom", "公理"),
}
SHORT = {
    "thm": "theorem",
    "lem": "lemma",
    "prop": "proposition",
    "cor": "corollary",
    "defn": "definition",
    "defi": "definition",
    "ex": "example",
    "exm": "example",
    "prob": "problem",
    "rem": "remark",
    "conj": "conjecture",
}
INCLUDES = re.compile(r"[a-z]*(?:input|include|import|subfile)|includeonly")
FONTS = _names(
    "emph textbf textit texttt textsf textsc textrm textup textmd textsl textnormal text mbox fbox"
    " underline uline em bf it tt sc rm heiti songti kaishu fangsong enquote ruby"
)
# How many arguments go with a command that says nothing, such as a label or a length.
SILENT = {
    "label": 1,
    "vspace": 1,
    "hspace": 1,
    "setlength": 2,
    "addtolength": 2,
    "includegraphics": 1,
    "bibliography": 1,
    "bibliographystyle": 1,
    "addbibresource": 1,
    "nocite": 1,
    "pagestyle": 1,
    "thispagestyle": 1,
    "pagenumbering": 1,
    "addcontentsline": 3,
    "setcounter": 2,
    "addtocounter": 2,
    "usepackage": 1,
    "documentclass": 1,
    "newcounter": 1,
    "color": 1,
    "index": 1,
    "hypersetup": 1,
    "graphicspath": 1,
    "fontsize": 2,
    "rule": 2,
    "phantom": 1,
    "hphantom": 1,
    "vphantom": 1,
    "definecolor": 3,
    "theoremstyle": 1,
    "lstset": 1,
    "tikzset": 1,
    "tikzstyle": 1,
    "ctexset": 1,
    "cline": 1,
    "cmidrule": 1,
    "hyphenation": 1,
    "markboth": 2,
    "markright": 1,
    "selectlanguage": 1,
    "usetikzlibrary": 1,
    "newenvironment": 3,
    "renewenvironment": 3,
    "institute": 1,
    "columnbreak": 0,
    "item": 0,
}
# How many arguments of a command are settings; the one behind them is text.
SETTINGS = {
    "multicolumn": 2,
    "multirow": 2,
    "textcolor": 1,
    "colorbox": 1,
    "raisebox": 1,
    "parbox": 1,
    "makebox": 0,
    "resizebox": 2,
    "scalebox": 1,
    "rotatebox": 1,
    "foreignlanguage": 1,
    "hyperref": 0,
    "hyperlink": 1,
    "hypertarget": 1,
}
# Arguments of \begin{...} that are settings: a width, a number of columns, an encoding.
ARGUMENTS = {"tabular*": 2, "tabularx": 2, "tabulary": 2, "tabu": 1, "array": 1, "tabular": 1}
KEY = re.compile(r"[a-z0-9:./,@=+*_-]{0,80}")
SETTING = re.compile(r"[A-Za-z0-9:./,@=+*_\\-]{0,40}")
