"""A reply that ends in a short answer > whether it is the right one, by FILM's rules for GSM8K and MATH."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from longgrain.metrics.item import Figures, Item

Rule = Literal["gsm8k", "math"]
_SAYS = "The answer is "
_LETTERS = str.maketrans("", "", "abcdefghijklmnopqrstuvwxyz")
_SIGNS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
# What MATH's own comparison leaves out or writes in one way, in this order.
_PLAIN = (
    *(("\n", ""), ("\\!", ""), ("\\\\", "\\"), ("tfrac", "frac"), ("dfrac", "frac")),
    *(("\\left", ""), ("\\right", ""), ("^{\\circ}", ""), ("^\\circ", ""), ("\\$", "")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalAnswer:
    """``final_answer``: 1 if what the reply says last is what the reference says last.

    gsm8k: the word behind the last "the answer is", as a number; sums and fractions are worked out,
    and without the phrase the answer counts as 0. math: what stands behind "The answer is", else in
    the last \\boxed{}, in the spelling that MATH compares. A reference may be the bare answer, and so
    may a reply that is the reference to the letter. Not scored where FILM's evaluation.py stops: a
    reference that says nothing or 0, an empty reply.
    """

    name: ClassVar[str] = "final_answer"
    origin: ClassVar[str] = (
        "FILM, short_tasks/utils.py; Hendrycks et al. 2021 for the spelling of MATH"
    )
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "final_answer"
    shares: ClassVar[bool] = True

    rule: Rule = "math"

    def score(self, item: Item) -> Figures:
        """1 or 0, or None where there is nothing to compare."""
        read = _number if self.rule == "gsm8k" else _formula
        wanted = [read(one if _has_answer(one) else f"{_SAYS}{one}") for one in item.references]
        if not all(wanted):
            return {"final_answer": None}
        said = read(item.prediction)
        if said is None:
            return {"final_answer": None}
        is_right = item.prediction in item.references or any(_equal(said, one) for one in wanted)
        return {"final_answer": float(is_right)}


def _has_answer(text: str) -> bool:
    return _SAYS in text.replace("The answer is: ", _SAYS) or "\\boxed" in text


def _equal(said: Any, wanted: Any) -> bool:
    if isinstance(said, str) and "," not in wanted:
        said = said.replace(",", "")
    return bool(said == wanted)


def _number(text: str) -> float | None:
    """The number that a text ends in; 0 where it says none, None for a text of nothing but full stops."""
    for begun in ("\n\nQ: ", "\n\nQuestion: "):
        text = text.split(begun)[0]
    text = text.replace("The answer is: ", _SAYS).rstrip(".\n")
    if not text:
        return None
    if _SAYS not in text:
        return 0.0
    word = text.lower().split(_SAYS.lower())[-1].split(" ")[0].removesuffix(".")
    word = word.replace("£", "").replace("€", "").removesuffix(".").replace(",", "")
    for mark in ("=", ">>"):
        word = word.split(mark)[-1].strip() if mark in word else word
    word = word.translate(_LETTERS).split(":")[0].replace("$", "").replace('"', "")
    if "%" in word:
        word = word.strip()
        if not word.endswith("%"):
            return 0.0
        word = word.removesuffix("%")
    return _value(word.removesuffix("/").replace(" ", ""))


def _value(word: str) -> float:
    """A number or a calculation; 0 for anything else."""
    try:
        if any(sign in word for sign in "+-*/"):
            return float(_worked_out(ast.parse(word, mode="eval").body))
        return float(word)
    except (ValueError, SyntaxError, TypeError, KeyError, ArithmeticError):
        return 0.0


def _worked_out(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp):
        return _SIGNS[type(node.op)](_worked_out(node.operand))
    if isinstance(node, ast.BinOp):
        return _SIGNS[type(node.op)](_worked_out(node.left), _worked_out(node.right))
    raise ValueError(ast.dump(node))


def _formula(text: str) -> str:
    """The answer of a text in one spelling; "" where it says none."""
    for begun in ("Q:", "Question:"):
        text = text.split(begun)[0].strip() if begun in text else text
    text = text.replace("The answer is: ", _SAYS)
    if _SAYS not in text:
        said = _boxed(text)
    else:
        said = text.split(_SAYS)[-1].strip().removesuffix(".").replace("$", "").strip()
        said = _boxed(said) if "boxed{" in said else said
    try:
        return _spelt(said) if said else ""
    except (IndexError, ValueError):
        return ""


def _boxed(text: str) -> str:
    """What stands in the last \\boxed{}, if its braces close; a \\fbox has no content here."""
    start = text.rfind("\\boxed")
    if start < 0:
        return ""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if text[at] == "}" and depth == 0:
            found = text[start : at + 1]
            return found[len("\\boxed{") : -1] if found.startswith("\\boxed{") else ""
    return ""


def _spelt(text: str) -> str:
    """As MATH compares it. Raises IndexError or ValueError for what its comparison cannot read."""
    for old, new in _PLAIN:
        text = text.replace(old, new)
    if "\\text{ " in text:
        text, _ = text.split("\\text{ ")
    text = text.replace("\\%", "").replace(" .", " 0.").replace("{.", "{0.")
    if not text:
        return ""
    text = f"0{text}" if text[0] == "." else text
    name, sign, value = text.partition("=")
    text = value if sign and "=" not in value and len(name) <= 2 else text
    text = _fractions(_braced(text, "\\sqrt").replace(" ", ""))
    return _slash("\\frac{1}{2}" if text == "0.5" else text)


def _braced(text: str, command: str) -> str:
    """A command with its one argument in braces."""
    head, *rest = text.split(command)
    own = [one if one[0] == "{" else f"{{{one[0]}}}{one[1:]}" for one in rest]
    return command.join([head, *own])


def _fractions(text: str) -> str:
    """Fractions with both arguments in braces; unchanged where one lacks an argument."""
    head, *rest = text.split("\\frac")
    own = []
    for one in rest:
        if one[0] == "{":
            own.append(one)
        elif len(one) < 2:
            return text
        else:
            below = one[1:] if one[1] == "{" else f"{{{one[1]}}}{one[2:]}"
            own.append(f"{{{one[0]}}}{below}")
    return "\\frac".join([head, *own])


def _slash(text: str) -> str:
    """Two whole numbers with a slash between them as a fraction."""
    above, slash, below = text.partition("/")
    try:
        numbers = int(above), int(below)
    except ValueError:
        return text
    plain = f"{numbers[0]}/{numbers[1]}" == text
    return f"\\frac{{{numbers[0]}}}{{{numbers[1]}}}" if slash and plain else text
