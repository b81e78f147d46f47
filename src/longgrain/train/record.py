"""What happened in a training > train.json beside the model: on what it was trained, how long, with what loss."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson

from longgrain.engine import atomic
from longgrain.errors import TrainError
from longgrain.manifest import sha256_of
from longgrain.run import Run
from longgrain.train.measures import listed, pairs
from longgrain.train.settings import Settings

FILE = "train.json"
CHECKPOINTS = "checkpoints"
LIBRARIES = ("longgrain", "torch", "transformers", "peft", "accelerate", "bitsandbytes")
# Values of each weight that its fingerprint looks at.
SEEN = 4096
FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
SAID_FULL = ("no space left", "file too large", "quota exceeded", "failed writing file")


@dataclass(frozen=True, kw_only=True)
class Record:
    """A training in a folder: what was asked, and once it is finished what came of it."""

    folder: Path
    asked: Mapping[str, Any]
    found: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def asking(cls, folder: Path, run: Run, settings: Settings) -> Record:
        """What is asked now: the settings, the model's files, and runs by the hashes of their rows."""
        asked: dict[str, Any] = {
            "settings": settings.as_dict(),
            "model": files_of(settings),
            "run": _about(run),
        }
        for part, words in (("old", listed(settings.old)), ("sources", _folders(settings))):
            if words:
                asked[part] = [_about(Run(Path(one))) for one in words]
        return cls(folder=folder, asked=asked)

    @classmethod
    def load(cls, folder: Path) -> Record | None:
        """What lies in a folder; None if nothing was begun there. TrainError for a broken file."""
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            values = orjson.loads(path.read_bytes())
            return cls(folder=folder, asked=values["asked"], found=values["found"])
        except (ValueError, KeyError) as error:
            raise TrainError(
                f"{path} cannot be read ({error}), so nobody knows what was trained there; give "
                "another folder with --out, or --replace"
            ) from error

    @property
    def finished(self) -> bool:
        """Whether the model beside it is the one that was asked for."""
        return bool(self.found)

    def write(self) -> None:
        """Writes the file; with nothing found yet it says that a training was begun."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic(self.folder / FILE) as part:
            values = {"asked": self.asked, "found": self.found}
            part.write_bytes(orjson.dumps(values, option=orjson.OPT_INDENT_2))


def opened(asking: Record, *, replace: bool) -> Record:
    """The record to go on with: what is asked, or that of the same training, begun or finished.

    Changes nothing on disk. TrainError for a folder with something else in it, or with another
    training that ``replace`` does not allow to remove.
    """
    folder, before = asking.folder, Record.load(asking.folder)
    if before is None:
        if folder.exists() and any(folder.iterdir()):
            raise TrainError(
                f"{folder} is not empty and holds no training, so its files might be lost; give a new "
                "folder with --out"
            )
        return asking
    differ = _changes(before.asked, asking.asked)
    if differ and not replace:
        raise TrainError(
            f"{folder} holds a training that was asked for in another way ({differ}); give another "
            "folder with --out, or --replace to train anew"
        )
    return asking if differ else before


def begin(record: Record) -> None:
    """Removes another training from the folder, and writes down that this one has begun."""
    before = Record.load(record.folder)
    if before is not None and _changes(before.asked, record.asked):
        shutil.rmtree(record.folder)
    record.write()


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What is not the same, in words; empty if all is."""
    settings = [
        f"{name} {before['settings'].get(name)!r} > {value!r}"
        for name, value in now["settings"].items()
        if before["settings"].get(name) != value
    ]
    other = [
        f"other {'files' if part == 'model' else 'rows'} of {part}"
        for part in ("model", "run", "old", "sources")
        if not settings and before.get(part) != now.get(part)
    ]
    return ", ".join([*settings[:4], *other])


def _about(run: Run) -> dict[str, Any]:
    """Which run this is."""
    listed = run.manifest["outputs"]
    rows = {one["file"]: one["sha256"] for one in listed if one["file"].startswith("rows-")}
    return {"plan_id": run.manifest["plan_id"], "name": run.manifest["name"], "rows": rows}


def _folders(settings: Settings) -> list[str]:
    return [*pairs("sources", settings.sources).values()]


def files_of(settings: Settings) -> dict[str, Any]:
    """The configuration by its hash, the weights of a folder by their sizes; of the hub nothing."""
    folder = Path(settings.model)
    config = Path(settings.config) if settings.config else folder / "config.json"
    if not config.is_file():
        return {}
    weights = sorted(folder.glob("*.safetensors")) if settings.model else []
    return {config.name: sha256_of(config)} | {one.name: one.stat().st_size for one in weights}


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that is whole; what a kill left of a later one is removed.

    ``trainer_state.json`` is the last file of a checkpoint.
    """
    places = (folder / CHECKPOINTS).glob("checkpoint-*")
    for place in sorted(places, key=lambda one: -int(one.name.split("-")[1])):
        try:
            orjson.loads((place / "trainer_state.json").read_bytes())
            return place
        except (OSError, ValueError):
            shutil.rmtree(place, ignore_errors=True)  # another process may be at it, too
    return None


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """TrainError, in words, where something could not be written."""
    try:
        yield
    except Exception as error:  # safetensors and torch raise classes of their own
        full = isinstance(error, OSError) and error.errno in FULL
        if not full and not any(words in str(error).lower() for words in SAID_FULL):
            raise
        free = shutil.disk_usage(folder).free
        raise TrainError(
            f"{folder} could not be written ({error}); its disk has {free / 1e9:,.2f} GB left: free "
            "some, then give the same command again, which goes on from the last whole checkpoint"
        ) from error


def fingerprint(named: Mapping[str, Any]) -> str:
    """The hash of a few thousand values of every weight: other weights have another one."""
    digest = hashlib.sha256()
    for name, values in sorted(named.items()):
        flat = values.detach().flatten()
        some = flat[:: max(1, len(flat) // SEEN)].float().cpu().numpy()
        digest.update(name.encode() + some.tobytes())
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Of the libraries that a training depends on, where they are installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def written(folder: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """Name, hash and size of files in a folder that match."""
    paths = sorted({path for name in names for path in folder.glob(name)})
    return [
        {"file": path.name, "sha256": sha256_of(path), "bytes": path.stat().st_size}
        for path in paths
    ]
