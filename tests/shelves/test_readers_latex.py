"""LaTeX becomes the prose that a reader of the printed page sees, with its math as source."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from longgrain.grains import tree
from longgrain.readers.latex import Latex
from longgrain.types import Document, Dropped

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "corpora"
REAL = SHARED / "en" / "latex" / "openlogic-turing-machines.tex"
with_corpora = pytest.mark.skipif(not REAL.is_file(), reason=f"no LaTeX at {REAL}")


def read(source: str) -> Document:
    (item,) = Latex().read(source.encode(), "paper.tex")
    assert isinstance(item, Document), item
    return item


def body(source: str) -> str:
    """What becomes of a piece of a body, without the line end behind it."""
    return read(f"\\begin{{document}}\n{source}\n\\end{{document}}").text.rstrip("\n")


def headings(document: Document) -> list[tuple[int, str]]:
    return [(level, document.text[s:e]) for s, e, level in document.meta.get("headings", [])]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        # accents, signs, quotes, dashes
        (r"Caf\'e, na\"{\i}ve, \v{S}koda, Stra\ss e, \c{c}a, \AA ngstr\"om", "Café, naïve, Škoda, Straße, ça, Ångström"),
        (r"``quoted'' `once' -- 1--2 --- it's", "“quoted” ‘once’ – 1–2 — it’s"),
        (r"50\% of \$5 \& \#1 \_ \{x\} \S 3 \ldots", "50% of $5 & #1 _ {x} § 3 …"),
        (r"a~b\,c \LaTeX\ is \TeX{} too", "a b c LaTeX is TeX too"),
        ("one\ntwo % a comment\n  three%\nfour", "one two threefour"),
        ("引航员在外\n浮标处登船。", "引航员在外浮标处登船。"),
        ("first\\\\[2pt] second", "first\nsecond"),
        # fonts and commands of one's own
        (r"\textbf{bold}, {\it old}, \unknown{kept}, \unknown[x]{y}", "bold, old, kept, y"),
        (r"\textcolor{red}{warm} \vspace{2em}\noindent \label{a}there", "warm there"),
        ("\\setthing{to-a-key}\nwords", "words"),
        # notes and references
        (r"word\footnote{A note.} on", "word (A note.) on"),
        (r"登船\footnote{见第三章。}。", "登船（见第三章。）。"),
        (r"see~\cite{a,b} and \citep[see][p.~3]{c}", "see [a, b] and [see c, p. 3]"),
        (r"Section~\ref{sec:a}, \eqref{eq:b}, \cref{c}", "Section [sec:a], (eq:b), [c]"),
        (r"\href{https://e.org/a\_b}{the site}, \url{http://x.org/~me}", "the site (https://e.org/a_b), http://x.org/~me"),
        # math stays as it is
        (r"$a_1 < \frac{1}{2}$ and \(x\)", r"$a_1 < \frac{1}{2}$ and \(x\)"),
        ("so\n\\begin{align*}\n x &= y \\label{eq:b}\\\\\n &= z\n\\end{align*}\nholds", "so\n\n\\begin{align*}\n x &= y \\\\\n &= z\n\\end{align*}\n\nholds"),
        ("\\[ a % note\n = b \\]", "\\[ a = b \\]"),
        ("it costs $5 today\n\nand more", "it costs $5 today\n\nand more"),
        # verbatim stays as it is
        ("\\begin{verbatim}\nfor i in x:  % no comment\n    \\emph{i}\n\\end{verbatim}", "for i in x:  % no comment\n    \\emph{i}"),
        ("\\begin{lstlisting}[language=C]\nint  x;\n\\end{lstlisting}", "int  x;"),
        (r"use \verb|\a{ b}|.", r"use \a{ b}."),
        # lists and tables
        ("\\begin{itemize}\\item one\n\\item two\\end{itemize}", "- one\n- two"),
        ("\\begin{enumerate}\\item a\\begin{itemize}\\item b\\end{itemize}\\item c\\end{enumerate}", "1. a\n  - b\n2. c"),
        (r"\begin{description}\item[Port] left\end{description}", "- Port: left"),
        ("\\begin{tabular}{l|r}\\hline A & B \\\\ \\cline{1-2} \\multicolumn{2}{c}{x \\& y} \\\\ \\end{tabular}", "| A | B |\n| x & y |"),
        ("\\begin{figure}\\includegraphics[width=1cm]{a.png}\\caption[s]{A ship}\\end{figure}", "Figure: A ship"),
        ("\\begin{table}\\caption{船只}\\end{table}", "表：船只"),
        ("\\begin{quote}Words of another.\\end{quote} Ours.", "Words of another.\n\nOurs."),
        ("\\begin{thm}[Gauss] It holds.\\end{thm}", "Theorem (Gauss). It holds."),
        ("\\iffalse never \\fi shown \\begin{comment}x\\end{comment}", "shown"),
    ],
)  # fmt: skip
def test_a_piece_of_latex_reads_like_the_printed_page(source: str, text: str) -> None:
    assert body(source) == text


def test_sections_become_headings_with_their_levels_and_long_titles() -> None:
    found = read(
        "\\title{A \\emph{Book}}\\author{Ann \\and Bob}\\begin{document}\\maketitle\n"
        "\\part{One}\\chapter*{Two}\\section[short]{Three $x$}\\subsection{Four}\n"
        "\\subsubsection{Five}\\paragraph{Six} words\\section{Seven}\\end{document}"
    )
    titles = ["A Book", "One", "Two", "Three $x$", "Four", "Five", "Six", "Seven"]
    assert headings(found) == list(zip([1, 2, 3, 4, 5, 6, 7, 4], titles, strict=True))
    assert found.meta["title"] == "A Book"
    assert "A Book\n\nAnn, Bob\n\nOne\n" in found.text
    depths = [len(grain.path) for grain in tree(found.text, found.meta).grains(found.id, ("section", "chapter", "part"))]  # fmt: skip
    assert depths == [1, 2, 3, 4, 5, 6, 3]


def test_a_chinese_paper_is_read_with_its_own_words() -> None:
    found = read(
        "\\documentclass{ctexart}\\newtheorem{dl}{定理}\\title{港口手册}\\date{2024年5月}\n"
        "\\begin{document}\\begin{abstract}这是摘要。\\end{abstract}\n\\section{引航员}\n"
        "\\begin{dl}[勾股]成立。\\end{dl}\\begin{proof}显然。\\end{proof}\n\\end{document}"
    )
    assert headings(found) == [(1, "港口手册"), (4, "摘要"), (4, "引航员")]
    assert found.text.endswith("定理（勾股）。成立。\n\n证明。显然。\n")
    assert found.meta["date"] == "2024年5月"


def test_preamble_comments_and_what_follows_the_document_are_out() -> None:
    source = "\\usepackage{secret}\n% hidden\n\\newcommand{\\x}{y}\n\\begin{document}\nseen\n\\end{document}\nafterwards"
    assert read(source).text == "seen\n"


def test_a_fragment_without_a_document_is_read_whole() -> None:
    found = read("\\section{Alone}\nIncluded elsewhere.\n")
    assert headings(found) == [(4, "Alone")]


def test_macros_are_expanded_with_arguments_and_defaults_in_math_too() -> None:
    source = (
        "\\newcommand{\\R}{\\mathbb{R}}\\newcommand{\\vect}[2][x]{\\mathbf{#2}_{#1}}\n"
        "\\def\\who#1{dear #1}\\DeclareMathOperator{\\rank}{rank}\\renewcommand\\name{Ann}\n"
        "\\begin{document}$x\\in\\R$, $\\vect{v}$, $\\vect[i]{w}$, \\who{reader}, $\\rank A$, \\name.\\end{document}"
    )
    expected = r"$x\in\mathbb{R}$, $\mathbf{v}_{x}$, $\mathbf{w}_{i}$, dear reader, $\operatorname{rank}A$, Ann."
    assert read(source).text.strip() == expected


def test_included_files_are_noted_and_drawings_counted() -> None:
    found = read(
        "Words.\n\\input{chapters/one}\n\\include{two}\n\\begin{tikzpicture}\\draw;\\end{tikzpicture}"
    )
    assert found.meta["includes"] == ["chapters/one", "two"]
    assert found.meta["drawings"] == 1
    assert found.text == "Words.\n"


def test_nothing_but_a_preamble_is_dropped_as_empty() -> None:
    (item,) = Latex().read(
        b"\\documentclass{article}\n\\begin{document}\n% soon\n\\end{document}", "a.tex"
    )
    assert isinstance(item, Dropped)
    assert item.reason == "empty"


@pytest.mark.parametrize(
    "source",
    [
        "\\newcommand{\\a}{x\\a\\a}\\begin{document}\\a\\end{document}",
        "\\newcommand{\\a}[1]{#1#1\\a{#1#1}}\\begin{document}\\a{xxxxxxxxxxxxxxxx}\\end{document}",
        "".join(f"\\def\\{a}{{\\{b}\\{b}}}" for a, b in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True)) + "\\def\\q{boom }\\a",
    ],
)  # fmt: skip
def test_macros_that_never_end_are_left_standing_and_counted(source: str) -> None:
    began = time.process_time()
    found = read(source)
    assert found.meta["macros_left"] > 0
    assert len(found.text) < 200_000
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "unit",
    ["\\emph{", "}", "\\footnote{", "\\begin{verbatim}", "\\begin{tabular}{l}", "$", "\\section[",
     "\\newcommand{\\a}[", "\\cite[[[", "\\[", "\\\\[", "\\verb|", "%\n", "字\n", "\\'"],
)  # fmt: skip
def test_what_is_never_closed_takes_linear_time(unit: str) -> None:
    began = time.process_time()
    list(Latex().read((unit * 30_000).encode(), "a.tex"))
    assert time.process_time() - began < 4


@with_corpora
def test_a_real_text_book_keeps_all_its_sections_and_words() -> None:
    raw = REAL.read_text("utf-8")
    found = read(raw)
    given = re.findall(r"^\\ol(?:section|chapter|part)\b", raw, re.MULTILINE)
    assert len(given) == len(found.meta["headings"]) == 66
    assert found.meta["title"] == "Turing Machines"
    assert len(found.meta["includes"]) > 50
    # No command is left outside of math, and hardly a word of the prose is lost.
    outside = re.sub(
        r"\$[^$]*\$|\\\[[\s\S]*?\\\]|\\begin\{(\w+\*?)\}[\s\S]*?\\end\{\1\}", "", found.text
    )
    assert not re.findall(r"\\(?:begin|end|item|emph|olref|section)", outside)
    assert not re.search(r"^% ", found.text, re.MULTILINE)
    plain = {
        word
        for line in raw.split("\n")
        if "\\" not in line and "$" not in line and "%" not in line
        for word in re.findall(r"[A-Za-z]{4,}", line)
    }
    missing = plain - set(re.findall(r"[A-Za-z]{4,}", found.text))
    assert len(missing) < 0.01 * len(plain), sorted(missing)[:40]
