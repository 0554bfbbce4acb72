# ruff: noqa: I001
# fmt: off
"""The names that ``inkwright`` offers, each under its home. Type checkers read this, and so does
``inkwright`` when a name is first used."""

from inkwright.agents.llm.events import (
    CallAnswered as CallAnswered, Event as Event, Finished as Finished, Notice as Notice,
    PhaseBegan as PhaseBegan, Planned as Planned, SectionBegan as SectionBegan,
    SectionFailed as SectionFailed, SectionLine as SectionLine, SectionReached as SectionReached,
    SectionRevised as SectionRevised, SectionSettled as SectionSettled, TextGrew as TextGrew,
)
from inkwright.app.api.batch import (
    Batch as Batch, awrite_batch as awrite_batch, write_batch as write_batch,
)
from inkwright.app.api.edit_proposal import EditProposal as EditProposal
from inkwright.app.api.memory import Memory as Memory
from inkwright.app.api.outline import WorkOutline as WorkOutline
from inkwright.app.api.runs import (
    Run as Run, awrite as awrite, candidates as candidates, choose as choose, edit as edit,
    export as export, import_file as import_file, plan as plan, purge as purge, resume as resume,
    status as status, stream as stream, sync as sync, write as write,
)
from inkwright.app.api.section import SectionText as SectionText
from inkwright.app.api.sources import Sources as Sources, read_sources as read_sources
from inkwright.app.batch.results import Result as Result
from inkwright.app.config.settings import Settings as Settings
from inkwright.app.export.formats import Exported as Exported
from inkwright.app.manuscripts.import_file import Imported as Imported
from inkwright.app.manuscripts.sync import CannotSync as CannotSync, Synced as Synced
from inkwright.app.reports.report import Report as Report
from inkwright.app.services.engine import PlannedWork as PlannedWork
from inkwright.app.services.library_status import WorkSummary as WorkSummary
from inkwright.app.services.run_result import Manuscript as Manuscript
from inkwright.memory.domain.brief import (
    Brief as Brief, Constraint as Constraint, OutlineItem as OutlineItem, Placement as Placement,
    Remembered as Remembered,
)
from inkwright.memory.domain.source import Source as Source
from inkwright.memory.errors import (
    BadInput as BadInput, BudgetSpent as BudgetSpent, ExportFailed as ExportFailed,
    InkwrightError as InkwrightError, LeaseLost as LeaseLost, LibraryUnusable as LibraryUnusable,
    ModelError as ModelError, ModelRefused as ModelRefused, ModelUnreachable as ModelUnreachable,
    UnusableAnswer as UnusableAnswer, WorkBusy as WorkBusy, WorkNotFound as WorkNotFound,
)
from inkwright.memory.store.sources import StoredSource as StoredSource

__version__: str
