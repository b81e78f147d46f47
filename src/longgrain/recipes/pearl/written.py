"""A question and a language model > a plan, carried out step by step, whose answer is the question's own.

The order is that of PEARL: actions are mined from questions and merged; a plan is written without
the document; what does not parse goes back with what is wrong; each step is one call; the plans of
the first questions are asked for again until their answers are right, and then shown to the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from longgrain.errors import PlanError
from longgrain.facts import Language, language_of
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.fitting import unfit
from longgrain.recipes.judged import agree
from longgrain.recipes.pearl.actions import SEEDS, Done, Item, Items
from longgrain.recipes.pearl.plans import CTX, Action, Fault, Plan, Step, parse
from longgrain.recipes.replied import told
from longgrain.types import Draft, Dropped, Refused, Reply, Request

# Questions that a call mines actions from, and actions that a call merges.
SHARD = 80
# Grains nearest to the question that are read beside the evidence.
BESIDE = 4
_ACTION = re.compile(r"[A-Z][A-Z0-9_]{1,40}")
_PARAMETER = re.compile(r"\w{1,40}")


class Settings(Protocol):
    """The settings of the recipe that planning needs."""

    @property
    def actions(self) -> int:
        """Actions that mining is merged to."""
        ...

    @property
    def tries(self) -> int:
        """How often an invalid plan goes back."""
        ...

    @property
    def demonstrations(self) -> int:
        """Plans that are shown."""
        ...

    @property
    def refinements(self) -> int:
        """How often a demonstration with a wrong answer goes back."""
        ...


def user_questions(path: Any) -> list[str]:
    """The questions of a JSONL file. Raises PlanError for a line without one."""
    if not path.is_file():
        raise PlanError(
            f"pearl questions: there is no file {path}; give a JSONL file with `question`"
        )
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            row = orjson.loads(line) if line.strip() else None
        except orjson.JSONDecodeError:
            row = {}
        if row is None:
            continue
        question = row.get("question") if isinstance(row, Mapping) else None
        if not isinstance(question, str) or not question.strip():
            raise PlanError(
                f"{path}:{number} holds no `question`, so no action can be mined from it; take the "
                "line out or name its field `question`"
            )
        found.append(question.strip())
    return found


@dataclass
class Planner:
    """Plans for the questions of one side in each language; what it has learned stays with the side."""

    settings: Settings
    materials: Materials
    _actions: dict[str, Mapping[str, Action]] = field(default_factory=dict)
    _shown: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def mine(self, questions: Sequence[str]) -> None:
        """Learns actions from questions, by language."""
        for language in ("en", "zh"):
            mine = [one for one in questions if language_of(one) == language]
            found: dict[str, Action] = {}
            for start in range(0, len(mine), SHARD):
                found |= self._mined(mine[start : start + SHARD], language)
            for name in SEEDS[language]:
                found.pop(name, None)
            if len(found) > self.settings.actions:
                found = self._merged(list(found.values()), language)
            self._actions[language] = {**SEEDS[language], **found}

    def _mined(self, questions: Sequence[str], language: Language) -> dict[str, Action]:
        known = [str(action) for action in SEEDS[language].values()]
        settings = {
            "language": language,
            "given": {"questions": "\n".join(questions)},
            "said": {"actions": known},
        }
        [reply] = self.materials.ask([Request(task="pearl.mine", settings=settings)])
        return self._read(reply)

    def _merged(self, actions: Sequence[Action], language: Language) -> dict[str, Action]:
        """At most as many as wanted: what a reply does not shorten is cut, and counted."""
        kept: dict[str, Action] = {}
        for start in range(0, len(actions), SHARD):
            some = actions[start : start + SHARD]
            limit = max(1, self.settings.actions * len(some) // len(actions))
            settings = {
                "language": language,
                "given": {"actions": "\n".join(map(str, some))},
                "said": {"limit": limit},
            }
            [reply] = self.materials.ask([Request(task="pearl.merge", settings=settings)])
            merged = self._read(reply) or {action.name: action for action in some}
            self.materials.count("mined action beyond the limit, cut", max(0, len(merged) - limit))
            kept |= dict(list(merged.items())[:limit])
        return kept

    def _read(self, reply: Reply | Refused) -> dict[str, Action]:
        """The sound actions of a reply; others are counted."""
        found = told(reply, actions=list)
        if isinstance(found, str):
            self.materials.count(f"no actions could be mined: {found}")
            return {}
        actions = {}
        for one in found["actions"]:
            action = _action(one)
            if action is None:
                self.materials.count("mined action that is none, left out")
            else:
                actions[action.name] = action
        return actions

    def planned(self, item: Draft) -> tuple[Plan, Done, Reply] | Dropped:
        """The plan of a question and what its steps gave, or why it falls."""
        language: Language = "zh" if item.meta["language"] == "zh" else "en"
        shown = self._shown.setdefault(language, [])
        is_demonstration = len(shown) < self.settings.demonstrations
        more: dict[str, Any] = {}
        answer = ""
        for time in range(1 + (self.settings.refinements if is_demonstration else 0)):
            written = self._written(item, language, more, time)
            if isinstance(written, Dropped):
                return written
            plan, reply = written
            done = self._carried_out(plan, item, language)
            if isinstance(done, Dropped):
                return done
            answer = done.answer
            if agree(answer, item.answer):
                if is_demonstration:
                    shown.append({"question": asked(item), "plan": plan.written(language)})
                    self.materials.count("demonstration of a plan with the right answer, kept")
                return plan, done, reply
            problem = "carried out, this plan does not give the right answer"
            more = {"plan": plan.written(language), "problem": problem}
        reason = "the plan's answer is not the answer of the question"
        return Dropped(step="draft", id=item.id, reason=reason, detail=answer[:200])

    def _written(
        self, item: Draft, language: Language, more: Mapping[str, Any], time: int
    ) -> tuple[Plan, Reply] | Dropped:
        """A plan that parses; one that does not goes back with what is wrong with it."""
        actions = self._actions.get(language, SEEDS[language])
        problem, last = "", dict(more)
        for number in range(1 + self.settings.tries):
            settings = {
                "language": language,
                "question": asked(item),
                "given": {"plan": last["plan"]} if last else {},
                "said": {
                    "actions": [str(action) for action in actions.values()],
                    "demonstrations": list(self._shown[language]),
                    "problem": last.get("problem", ""),
                },
            }
            request = Request(task="pearl.plan", settings=settings, index=time * 100 + number)
            [reply] = self.materials.ask([request])
            if isinstance(reply, Refused):
                return Dropped(step="draft", id=item.id, reason=reply.reason)
            said = told(reply, plan=str)
            text = reply.text[:2000] if isinstance(said, str) else said["plan"]
            found = said if isinstance(said, str) else parse(text, actions)
            if isinstance(found, Plan):
                return found, reply
            problem = str(found)
            kind = found.kind if isinstance(found, Fault) else "no plan"
            self.materials.count(f"plan sent back: {kind}")
            last = {"plan": text, "problem": problem}
        reason = f"no valid plan after {1 + self.settings.tries} tries"
        return Dropped(step="draft", id=item.id, reason=reason, detail=problem[:200])

    def _carried_out(self, plan: Plan, item: Draft, language: Language) -> Done | Dropped:
        """Every step by the teacher, but COUNT and CONCAT, which are done here."""
        outputs: dict[str, Items] = {}
        known = {**self._actions.get(language, SEEDS[language]), **{a.name: a for a in plan.new}}
        for number, step in enumerate(plan.steps, 1):
            earlier = [
                outputs[one.text]
                for one in step.arguments
                if one.text in outputs and not one.quoted
            ]
            if step.action in ("COUNT", "CONCAT") and earlier:
                items = tuple(one for some in earlier for one in some)
                outputs[step.output] = (Item(str(len(items))),) if step.action == "COUNT" else items
                continue
            found = self._step(step, known[step.action], outputs, item)
            if isinstance(found, str):
                detail = f"step {number}: {step}"
                return Dropped(step="draft", id=item.id, reason=found, detail=detail[:200])
            outputs[step.output] = found
        return Done(outputs, plan.results)

    def _step(
        self, step: Step, action: Action, outputs: Mapping[str, Items], item: Draft
    ) -> Items | str:
        given = {
            one.text: "\n".join(held.text for held in outputs[one.text])
            for one in step.arguments
            if not one.quoted and one.text != CTX
        }
        numbers = sorted({*item.meta["evidence"], *list(item.meta["hard"])[:BESIDE]})
        settings = {
            "language": item.meta["language"],
            "question": asked(item),  # which the prompt does not show
            "given": given,
            "said": {"action": str(action), "call": str(step)},
        }
        texts = tuple(map(self.materials.text, numbers))
        [reply] = self.materials.ask(
            [Request(task="pearl.step", material=texts, settings=settings)]
        )
        said = told(reply, items=list)
        if isinstance(said, str):
            return said
        assert isinstance(reply, Reply)
        items = [str(one).strip() for one in said["items"] if isinstance(one, str | int | float)]
        if not any(items):
            return "a step of the plan comes to nothing"
        if problem := unfit(str(item.meta["language"]), *items):
            return f"what a step gives {problem}"
        return tuple(Item(one, origin=reply) for one in items if one)


def _action(said: Any) -> Action | None:
    if not isinstance(said, Mapping):
        return None
    name, meaning = (
        str(said.get("name", "")).strip(),
        " ".join(str(said.get("meaning", "")).split()),
    )
    listed = said.get("parameters")
    parameters = tuple(str(one).strip() for one in listed) if isinstance(listed, list) else ()
    sound = _ACTION.fullmatch(name) and meaning and parameters
    return (
        Action(name, parameters, meaning)
        if sound and all(map(_PARAMETER.fullmatch, parameters))
        else None
    )


def rehearsed(request: Request) -> str:
    """Replies as long as a model's: a plan of two steps, and the answer as what a step finds."""
    if request.task in ("pearl.mine", "pearl.merge"):
        return '{"actions": []}'
    if request.task == "pearl.plan":
        asked = str(request.settings.get("question", ""))[:80].replace('"', "'").replace("\\", "")
        steps = f'1. found = FIND(CTX, "{asked}")\n2. answer = CONCAT(found)'
        return orjson.dumps({"plan": f"New actions:\n- None\n\n{steps}"}).decode()
    known = request.settings.get("known")
    return orjson.dumps({"items": [known] if known else list(request.material)}).decode()
