"""What ``longgrain review`` is asked > a page that is served until it is stopped."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import uvicorn

from longgrain.errors import PlanError, RunError
from longgrain.forecast import LEDGER
from longgrain.plan import Plan
from longgrain.review.examples import Examples
from longgrain.review.guard import Guard, is_local
from longgrain.review.items import Items
from longgrain.review.label_spec import FromRun, LabelSpec, load
from longgrain.review.labelling import Labelling
from longgrain.review.pairs import Pairs
from longgrain.review.queue import Queue
from longgrain.review.server import Site, proper
from longgrain.review.store import FILE, Store
from longgrain.review.suggesting import Suggester
from longgrain.review.task import Task
from longgrain.run import Run
from longgrain.types import Side


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One review. ``folder`` is where decisions are kept; a run is needed for examples and grains."""

    folder: Path
    label: Path | None = None
    pairs: tuple[Path, Path] | None = None
    side: Side | None = None
    by: str = ""
    repeat: float = 0.05
    judges: int = 0
    language: Literal["en", "zh", "auto"] = "auto"
    host: str = "127.0.0.1"
    port: int = 8400

    def __post_init__(self) -> None:
        if not 0 <= self.repeat <= 1:
            raise PlanError(f"repeat {self.repeat} is no share of the items; give 0 to 1")
        if self.judges < 0:
            raise PlanError(
                f"{self.judges} people cannot judge an item; give 0 for everyone, or more"
            )
        if self.label and self.pairs:
            raise PlanError("texts and pairs cannot be shown on one page; start a review for each")
        if not 0 <= self.port < 1 << 16:
            raise PlanError(
                f"port {self.port} does not exist; give 1 to 65535, or 0 for a free one"
            )


def task_of(asked: Asked) -> Task:
    """What people are asked. Raises RunError, SourceError, PlanError for what is not there."""
    if asked.pairs:
        return Pairs(a=asked.pairs[0], b=asked.pairs[1])
    if asked.label:
        spec = load(asked.label)
        asks = spec.suggest == "teacher"
        run = Run(asked.folder) if asks or isinstance(spec.texts, FromRun) else None
        teacher = _suggester(run, spec) if run and asks else None
        seed = run.plan.seed if run else 17
        return Labelling(spec=spec, run=run, suggester=teacher, seed=seed)
    return Examples(run=Run(asked.folder), side=asked.side)


def _suggester(run: Run, spec: LabelSpec) -> Suggester:
    """The teacher of the plan, its paths read from the folder in which the plan lay."""
    plan = Plan.of(run.plan.as_dict(), folder=run.manifest["plan_folder"])
    return Suggester(plan=plan, ledger=run.folder / LEDGER, spec=spec)


def queue_of(asked: Asked, task: Task) -> Queue:
    """The items and who sees which, kept in the folder. Raises RunError where there is none."""
    if not asked.folder.is_dir():
        raise RunError(
            f"there is no folder {asked.folder}, so decisions cannot be kept; check the path"
        )
    items = Items(Store(asked.folder / FILE), task)
    return Queue(items=items, seed=task.seed, repeat=asked.repeat, judges=asked.judges)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A socket that listens, and the address under which a browser finds it."""

    socket: socket.socket
    host: str
    token: str

    @property
    def address(self) -> str:
        """With the token, where there is one."""
        name = socket.gethostname() if self.host in ("0.0.0.0", "::") else self.host
        port = self.socket.getsockname()[1]
        named = f"[{name}]" if ":" in name else name
        return f"http://{named}:{port}/" + (f"?token={self.token}" if self.token else "")


def bind(host: str, port: int) -> Bound:
    """Takes the port; a host that others can reach gets a token. Raises RunError where it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise RunError(
            f"{host}:{port} cannot be taken ({error}); another review may run there: give another "
            "--port, or --port 0 for a free one"
        ) from error
    return Bound(
        socket=listening, host=host, token="" if is_local(host) else secrets.token_urlsafe(24)
    )


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A review that can be served: its pages behind their guard, and the port that it has taken."""

    site: Site
    guard: Guard
    bound: Bound


def opened(asked: Asked) -> Opened:
    """Makes a review ready. Raises PlanError, RunError, SourceError for what cannot be."""
    task = task_of(asked)
    site = Site(
        task=task,
        queue=queue_of(asked, task),
        title=asked.folder.resolve().name,
        by=proper(asked.by),
        spoken=None if asked.language == "auto" else asked.language,
    )
    bound = bind(asked.host, asked.port)
    guard = Guard(app=site.app(), host=asked.host, token=bound.token)
    return Opened(site=site, guard=guard, bound=bound)


def server_of(one: Opened) -> uvicorn.Server:
    """What answers browsers; no line of its log holds an address, which may have a token."""
    settings = uvicorn.Config(one.guard, log_level="warning", access_log=False, lifespan="off")
    return uvicorn.Server(settings)


def serve(asked: Asked, ready: Callable[[Opened], None]) -> None:
    """Serves until it is interrupted; ``ready`` is told when a browser may come."""
    one = opened(asked)
    threading.Thread(target=one.site.warm, daemon=True).start()
    ready(one)
    server_of(one).run(sockets=[one.bound.socket])
