"""Bytes of one source > Documents, one file a format; a line here puts a reader on the shelf.

A reader is a frozen dataclass whose fields are its settings, with two class variables, ``name``
and ``suffixes``, and ``read(raw, source)``. It names each document after its place in the source
(``stories.jsonl#12``), gives it a ``title`` and a ``markup``, and answers what it cannot read with
a Dropped. It imports heavy libraries inside ``read``, since the suffixes of every reader are asked
before the first file is opened. A reader of things that are not files also has ``schemes``, the
words before the colon of a source such as ``pydoc:topics``, and ``fetch(source) -> bytes``.
"""

SHELF = {
    "text": "longgrain.readers.text:Text",
    "markdown": "longgrain.readers.markdown:Markdown",
    "jsonl": "longgrain.readers.jsonl:Jsonl",
    "csv": "longgrain.readers.csv:Csv",
    "parquet": "longgrain.readers.parquet:Parquet",
    "pydoc": "longgrain.readers.pydoc:Pydoc",
}
