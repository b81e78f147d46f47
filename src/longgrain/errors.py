"""The errors that longgrain raises on purpose: each names the value, the consequence and the next step.

LonggrainError
├── PlanError        the plan asks for something that cannot be: file and line, and what would work
├── SourceError      a source cannot be found or read at all (bad records in it are dropped, not raised)
├── TokenizerError   a tokenizer or a chat template that longgrain cannot be exact with
├── TeacherError     a teacher that cannot be asked (a single refused request is a drop, not an error)
│   └── TeacherWaits   its answers come in a file: what to upload, and where to put what comes back
├── RunError         a run folder that cannot be used as asked
└── TrainError       a model that cannot be trained as asked, or a training that cannot go on
    └── StepError      a step that these settings brought down: a loss that is no number, no memory
"""

from __future__ import annotations


class LonggrainError(Exception):
    """Base of every error above; the command line prints its text and exits with 2."""


class PlanError(LonggrainError):
    """The plan is wrong or asks for something that cannot be."""


class SourceError(LonggrainError):
    """A source is missing or cannot be read at all."""


class TokenizerError(LonggrainError):
    """A tokenizer or chat template with which token ids could not be exact."""


class TeacherError(LonggrainError):
    """A teacher that cannot be asked."""


class TeacherWaits(TeacherError):  # noqa: N818  nothing went wrong
    """A teacher whose answers come in a file that is not there yet; the same build goes on then."""


class RunError(LonggrainError):
    """A run folder that cannot be used as asked."""


class TrainError(LonggrainError):
    """A model that cannot be trained as asked, or a training that cannot go on."""


class StepError(TrainError):
    """A training that its settings brought down in a step; with others it may go through."""
