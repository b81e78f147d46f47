"""A task and a store > the page for people: what a browser asks for, and what it gets."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from longgrain.errors import LonggrainError
from longgrain.review.decision import VERDICTS, Decision
from longgrain.review.pages import STATIC, html
from longgrain.review.queue import Queue, Turn, now
from longgrain.review.store import OPEN, UNDOES
from longgrain.review.task import Entry, Task, UnusableError
from longgrain.review.words import LANGUAGES, Language, language_of, speaker_of
from longgrain.show import TEMPLATES
from longgrain.types import content_id

LANGUAGE = "longgrain_language"
YEAR = 365 * 24 * 3600
LONGEST_NAME = 80
# A browser keeps no page with decisions on it, and asks for scripts and styles again.
_FRESH = {"cache-control": "no-store"}
# Seconds that an item can be in view; a tab left open over night says nothing about the item.
_LONGEST_LOOK = 86_400.0


@dataclass(kw_only=True)
class Site:
    """What all pages share. ``by`` is the name of whoever has given none, ``spoken`` the language."""

    task: Task
    queue: Queue
    title: str
    by: str = ""
    spoken: Language | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """A Run reads one thing at a time."""

    def warm(self) -> None:
        """Reads what items need, before somebody waits for it."""
        listed = self.queue.items.listed("", state="", sort="", words="", page=1)
        for entry, _ in listed.entries[:1]:
            with self._lock, suppress(LonggrainError):  # the page says what is wrong
                self.task.view(entry, "", "en")

    @property
    def cookie(self) -> str:
        """Keeps a name for this folder alone; with another name in the command nobody has given one yet."""
        return (
            f"longgrain_name_{content_id(str(self.queue.items.store.path.resolve()), self.by)[:8]}"
        )

    def app(self) -> Starlette:
        """The application, without the guard that stands before it."""
        return Starlette(
            routes=[
                Route("/", self.work),
                Route("/name", self.name, methods=["GET", "POST"]),
                Route("/item/{item}", self.item),
                Route("/item/{item}", self.decide, methods=["POST"]),
                Route("/undo", self.undo, methods=["POST"]),
                Route("/list", self.list),
                Route("/static/{file}", static),
            ],
            exception_handlers={Exception: self.failed},
        )

    async def failed(self, request: Request, error: Exception) -> Response:
        """What went wrong inside, in words where we know it; the server's output has the rest."""
        about = str(error) if isinstance(error, LonggrainError) else type(error).__name__
        return self._problem(request, UnusableError("failed", about), 500)

    # --- who asks, and in which language ---

    def language(self, request: Request) -> Language:
        """As the address says, else as chosen before, else as the command or the browser says."""
        for said in (request.query_params.get("lang"), request.cookies.get(LANGUAGE)):
            for language in LANGUAGES:
                if said == language:
                    return language
        return self.spoken or language_of(request.headers.get("accept-language", ""))

    def who(self, request: Request) -> str:
        """The name in the cookie, else that of the command; "" for nobody yet."""
        return proper(unquote(request.cookies.get(self.cookie, ""))) or self.by

    def page(self, request: Request, template: str, values: Mapping[str, Any]) -> HTMLResponse:
        """A whole page, or with htmx the part of it that changes."""
        language = self.language(request)
        by = self.who(request)
        shared = {
            "title": self.title,
            "by": by,
            "kind": self.task.kind,
            "part": "hx-request" in request.headers,
            "said": "",
            "progress": self.queue.progress(by) if by else None,
            "left_out": self.queue.items.left_out(),
        }
        answer = HTMLResponse(html(template, language, {**shared, **values}), headers=_FRESH)
        if request.query_params.get("lang") in LANGUAGES:
            answer.set_cookie(LANGUAGE, language, max_age=YEAR, samesite="lax")
        return answer

    # --- what is asked for ---

    def work(self, request: Request) -> Response:
        """The next item."""
        by = self.who(request)
        if not by:
            return RedirectResponse("/name", 303)
        return self._turn(request, self.queue.next(by))

    async def name(self, request: Request) -> Response:
        """Asks for a name, or keeps it."""
        if request.method == "GET":
            return self.page(request, "name.html", {"problem": ""})
        form = await request.form()
        by = proper(str(form.get("name", "")))
        if not by:
            return self.page(request, "name.html", {"problem": "name_is_empty"})
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self.cookie, quote(by), max_age=YEAR, httponly=True, samesite="lax")
        return answer

    def item(self, request: Request) -> Response:
        """One item, whatever was decided about it."""
        if not self.who(request):
            return RedirectResponse("/name", 303)
        return self._turn(request, Turn(item=request.path_params["item"]))

    async def decide(self, request: Request) -> Response:
        """Keeps a decision; the answer, the next item, is sent when it is on disk."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        return await _in_thread(self._decide, request, form)

    def _decide(self, request: Request, form: Mapping[str, str]) -> Response:
        by = self.who(request)
        try:
            if by != form.get("by", ""):
                raise UnusableError("other_person", form.get("by", ""))
            decision = self._decision(request.path_params["item"], by, form)
        except UnusableError as error:
            return self._problem(request, error)
        self.queue.settle(decision, form.get("once") or secrets.token_urlsafe(12))
        if "hx-request" not in request.headers:
            return RedirectResponse("/", 303)
        say = speaker_of(self.language(request))
        said = say("saved", verdict=say(decision.verdict))
        return self._turn(request, self.queue.next(by), said=said)

    def _decision(self, item: str, by: str, form: Mapping[str, str]) -> Decision:
        entry = self.queue.items.entry(item)
        if entry is None:
            raise UnusableError("no_such_item", item)
        repeat = 1 if form.get("repeat") == "1" else 0
        if repeat and not any(one.by == by for one in self.queue.said(item)):
            raise UnusableError("not_seen_before")
        with self._lock:
            parts = self.task.parts(entry, by, form)
        assert parts["verdict"] in VERDICTS[self.task.kind]
        try:
            seconds = min(max(0.0, float(form.get("seconds", 0))), _LONGEST_LOOK)
        except ValueError:
            seconds = 0.0
        return Decision(
            item=item,
            kind=self.task.kind,
            by=by,
            at=now(),
            seconds=round(seconds, 1) if seconds == seconds else 0.0,
            repeat=repeat,
            **parts,
        )

    def _problem(self, request: Request, error: UnusableError, status: int = 400) -> Response:
        """Why nothing was kept, put beside the item, which stays as it is."""
        said = speaker_of(self.language(request))(error.word, about=error.about)
        if "hx-request" not in request.headers:
            answer = self.page(request, "missing.html", {"problem": said})
            answer.status_code = status
            return answer
        part = html("problem.html", self.language(request), {"problem": said})
        headers = {**_FRESH, "hx-retarget": "#problem", "hx-reswap": "innerHTML"}
        return HTMLResponse(part, status, headers)

    async def undo(self, request: Request) -> Response:
        """Takes back what the person decided last, and shows that item."""
        await request.body()
        return await _in_thread(self._undo, request)

    def _undo(self, request: Request) -> Response:
        turn = self.queue.undo(self.who(request))
        if turn is None:
            return self._problem(request, UnusableError("nothing_to_undo"))
        return self._turn(request, turn, said=speaker_of(self.language(request))("undone"))

    def list(self, request: Request) -> Response:
        """The items, page by page."""
        by = self.who(request)
        if not by:
            return RedirectResponse("/name", 303)
        asked = {name: request.query_params.get(name, "") for name in ("state", "sort", "words")}
        page = request.query_params.get("page", "1")
        number = int(page) if page.isdecimal() and len(page) < 9 else 1
        listed = self.queue.items.listed(by, **asked, page=number)
        states = ["open", "done", *VERDICTS[self.task.kind]]
        if self.task.kind == "pair":
            states = ["open", "done", "skip"]  # which side won is not told before the end
        values = {"listed": listed, "asked": asked, "states": states, "said": ""}
        return self.page(request, "list.html", {**values, "sorts": self.queue.items.sorts()})

    # --- one item ---

    def _turn(self, request: Request, turn: Turn | None, said: str = "") -> Response:
        by = self.who(request)
        if turn is None:
            return self._end(request, by, said)
        entry = self.queue.items.entry(turn.item)
        if entry is None:
            return self._problem(request, UnusableError("no_such_item", turn.item), 404)
        shown = {"entry": entry, "turn": turn, "once": secrets.token_urlsafe(12), "said": said}
        following = self.queue.items.following(entry.id)
        with self._lock:
            wait = self.task.prepare(entry)
            if following:
                self.task.prepare(following)
        wait()  # others go on meanwhile
        with self._lock:
            values = self.task.view(entry, by, self.language(request))
        return self.page(
            request, self.task.page, {**values, **shown, **self._before(entry, turn, by)}
        )

    def _before(self, entry: Entry, turn: Turn, by: str) -> dict[str, Any]:
        """What was said of the item: by this person, and by others once this person has decided.

        ``own`` stands, ``started`` is what the form starts from: that, or what was taken back. Of an
        item that comes again nothing is told of the first time.
        """
        said = self.queue.said(entry.id)
        mine = [one for one in said if one.by == by and one.repeat == turn.repeat]
        own = mine[-1] if mine and not mine[-1].shown.get(OPEN) else None
        acts = [one for one in mine if UNDOES not in one.shown]
        edits = [one for one in said if one.edit and (own or one.by == by)]
        return {
            "own": own,
            "started": own or (acts[-1] if acts else None),
            "versions": [] if turn.repeat else edits,
        }

    def _end(self, request: Request, by: str, said: str) -> Response:
        progress = self.queue.progress(by)
        values: dict[str, Any] = {"said": said, "result": {}, "verdicts": {}}
        values["free"] = progress.done + progress.skipped >= progress.all
        if values["free"]:
            store = self.queue.items.store
            own = (one for one in store.decisions() if one.kind == self.task.kind and one.by == by)
            last = {
                one.item: one for one in own if not one.repeat and self.queue.items.entry(one.item)
            }
            values["result"] = self.task.result(last.values())
            values["verdicts"] = Counter(one.verdict for one in last.values())
        return self.page(request, "end.html", values)


async def _in_thread(act: Any, *given: Any) -> Response:
    answer: Response = await run_in_threadpool(act, *given)
    return answer


def proper(name: str) -> str:
    """A name without blanks around it and signs that nobody sees; "" where it is none."""
    found = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    return found if len(found) <= LONGEST_NAME else ""


def static(request: Request) -> Response:
    """A script or a style sheet of ours."""
    name = request.path_params["file"]
    files = {path.name: path for path in STATIC.iterdir()} | {"style.css": TEMPLATES / "style.css"}
    if name not in files:
        return Response(status_code=404)
    return FileResponse(files[name], headers={"cache-control": "no-cache"})
