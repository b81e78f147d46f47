"""A key of the documents' metadata, or a file of labels > the label and the class of each document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.pretrain.texts import Text
from longgrain.recipes.rows import Bad, records

DOCUMENT = ("document", "source", "file", "id", "文档", "来源")
LABEL = ("label", "class", "category", "domain", "标签", "类别", "领域")
UNLABELLED = "unlabelled"


class Labels:
    """Labels by document: of a file that an expert filled in, or of a key of the metadata."""

    def __init__(self, label: str, materials: Materials) -> None:
        """PlanError for a file without columns for document and label."""
        self._key, self._materials = label, materials
        path = materials.path(label) if label else None
        self._of_file = _read(path) if path is not None and path.is_file() else None

    def of(self, text: Text) -> str:
        """Of a document by its id, its source, or the end of its source; "" where there is none."""
        if not self._key:
            return ""
        if self._of_file is None:
            return self._of_meta(self._materials.document(text.name).meta)
        parts = PurePosixPath(_TWIN.sub("", text.source)).parts
        ends = ["/".join(parts[n:]) for n in range(len(parts))]
        names = (text.name, text.source, *ends)
        return next((self._of_file[name] for name in names if name in self._of_file), "")

    def _of_meta(self, meta: Mapping[str, Any]) -> str:
        """A value of the metadata, or of the fields of a record."""
        fields = meta.get("fields")
        inner = fields.get(self._key) if isinstance(fields, Mapping) else None
        value = meta.get(self._key, inner)
        return "" if value is None else str(value).strip()


def _read(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, record in records(path):
        if isinstance(record, Bad) or not isinstance(record, Mapping):
            raise PlanError(f"pretrain label: {name} of {path} is no row; correct it")
        document, label = (_cell(record, names) for names in (DOCUMENT, LABEL))
        if not document or not label:
            raise PlanError(
                f"pretrain label: {name} of {path} has no document or no label, so nothing could be "
                f"chosen by it; give columns named {DOCUMENT[0]} and {LABEL[0]}"
            )
        found[document] = label
    return found


def _cell(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(record[name]).strip() for name in names if record.get(name)), "")


def place(source: str) -> str:
    """Where a text is from, for balance: the file of which it is a row, or its folder ("." for none)."""
    name, _, row = _TWIN.sub("", source).rpartition("#")
    return name if name and row else PurePosixPath(row).parent.as_posix()


# What stands before the name of a source when an earlier one has the same.
_TWIN = re.compile(r"^\d+:")
