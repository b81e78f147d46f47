"""Bytes of one source > Documents, one file a format; a line here puts a reader on the shelf.

A reader is a frozen dataclass whose fields are its settings, with two class variables, ``name``
and ``suffixes``, and ``read(raw, source)``. It names each document after its place in the source
(``stories.jsonl#12``), gives it a ``title`` and a ``markup``, and answers what it cannot read with
a Dropped. It imports heavy libraries inside ``read``, since the suffixes of every reader are asked
before the first file is opened. A reader of things that are not files also has ``schemes``, the
words before the colon of a source such as ``pydoc:topics``, and ``fetch(source)``, which gives the
bytes to read, the same each time in one run, or a Dropped.
"""

SHELF = {
    "text": "longgrain.readers.text:Text",
    "markdown": "longgrain.readers.markdown:Markdown",
    "jsonl": "longgrain.readers.jsonl:Jsonl",
    "csv": "longgrain.readers.csv:Csv",
    "parquet": "longgrain.readers.parquet:Parquet",
    "latex": "longgrain.readers.latex:Latex",
    "code": "longgrain.readers.code:Code",
    "pydoc": "longgrain.readers.pydoc:Pydoc",
    "web": "longgrain.readers.web:Web",
    "html": "longgrain.readers.html:Html",
    "epub": "longgrain.readers.epub:Epub",
    "docx": "longgrain.readers.docx:Docx",
    "pdf": "longgrain.readers.pdf:Pdf",
    "docling": "longgrain.readers.docling:Docling",  # after pdf, which reads the same suffix
}
