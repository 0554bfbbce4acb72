"""Inkwright: long-form writing, planned, drafted and reviewed by agents with a shared memory.

    import inkwright

    piece = inkwright.write(inkwright.Brief(request="A report on tides.", words=3000))
    print(piece.text)

A model is set by environment (``INKWRIGHT_API_BASE``, ``INKWRIGHT_MODEL``), by ``inkwright.toml``,
or by ``settings=inkwright.Settings.load(model=..., api_base=...)``. Names are imported when they
are first used, so that ``import inkwright`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from inkwright.app.config.version import VERSION as __version__

if TYPE_CHECKING:
    from inkwright.agents.llm.events import (
        CallAnswered,
        Event,
        Finished,
        Notice,
        PhaseBegan,
        Planned,
        SectionBegan,
        SectionFailed,
        SectionLine,
        SectionReached,
        SectionRevised,
        SectionSettled,
        TextGrew,
    )
    from inkwright.app.api.batch import Batch, awrite_batch, write_batch
    from inkwright.app.api.edit_proposal import EditProposal
    from inkwright.app.api.memory import Memory
    from inkwright.app.api.outline import WorkOutline
    from inkwright.app.api.runs import (
        Run,
        awrite,
        candidates,
        choose,
        edit,
        export,
        import_file,
        plan,
        purge,
        resume,
        status,
        stream,
        sync,
        write,
    )
    from inkwright.app.api.section import SectionText
    from inkwright.app.api.sources import Sources, read_sources
    from inkwright.app.batch.results import Result
    from inkwright.app.config.settings import Settings
    from inkwright.app.export.formats import Exported
    from inkwright.app.manuscripts.import_file import Imported
    from inkwright.app.manuscripts.sync import CannotSync, Synced
    from inkwright.app.reports.report import Report
    from inkwright.app.services.engine import PlannedWork
    from inkwright.app.services.library_status import WorkSummary
    from inkwright.app.services.run_result import Manuscript
    from inkwright.memory.domain.brief import Brief, Constraint, OutlineItem, Placement, Remembered
    from inkwright.memory.domain.source import Source
    from inkwright.memory.errors import (
        BadInput,
        BudgetSpent,
        ExportFailed,
        InkwrightError,
        LeaseLost,
        LibraryUnusable,
        ModelError,
        ModelRefused,
        ModelUnreachable,
        UnusableAnswer,
        WorkBusy,
        WorkNotFound,
    )
    from inkwright.memory.store.sources import StoredSource

_HOMES = {
    "inkwright.agents.llm.events": (
        "CallAnswered", "Event", "Finished", "Notice", "PhaseBegan", "Planned", "SectionBegan",
        "SectionFailed", "SectionLine", "SectionReached", "SectionRevised", "SectionSettled",
        "TextGrew",
    ),
    "inkwright.app.api.runs": (
        "Run", "awrite", "candidates", "choose", "edit", "export", "import_file", "plan", "purge",
        "resume", "status", "stream", "sync", "write",
    ),
    "inkwright.app.batch.results": ("Result",),
    "inkwright.app.api.batch": ("Batch", "awrite_batch", "write_batch"),
    "inkwright.app.api.edit_proposal": ("EditProposal",),
    "inkwright.app.services.engine": ("PlannedWork",),
    "inkwright.app.export.export": ("Exported",),
    "inkwright.app.manuscripts.import_file": ("Imported",),
    "inkwright.app.services.run_result": ("Manuscript",),
    "inkwright.app.api.memory": ("Memory",),
    "inkwright.app.reports.report": ("Report",),
    "inkwright.app.config.settings": ("Settings",),
    "inkwright.app.services.library_status": ("WorkSummary",),
    "inkwright.app.api.outline": ("WorkOutline",),
    "inkwright.app.api.sources": ("Sources", "read_sources"),
    "inkwright.app.manuscripts.sync": ("CannotSync", "Synced"),
    "inkwright.app.api.section": ("SectionText",),
    "inkwright.memory.domain.brief": (
        "Brief", "Constraint", "OutlineItem", "Placement", "Remembered",
    ),
    "inkwright.memory.errors": (
        "BadInput", "BudgetSpent", "ExportFailed", "InkwrightError", "LeaseLost",
        "LibraryUnusable", "ModelError", "ModelRefused", "ModelUnreachable", "UnusableAnswer",
        "WorkBusy", "WorkNotFound",
    ),
    "inkwright.memory.domain.source": ("Source",),
    "inkwright.memory.store.sources": ("StoredSource",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BadInput", "Batch", "Brief", "BudgetSpent", "CallAnswered", "CannotSync", "Constraint",
    "EditProposal", "Event", "ExportFailed", "Exported", "Finished", "Imported", "InkwrightError",
    "LeaseLost", "LibraryUnusable", "Manuscript", "Memory", "ModelError", "ModelRefused",
    "ModelUnreachable", "Notice", "OutlineItem", "PhaseBegan", "Placement", "Planned",
    "PlannedWork", "Remembered", "Report", "Result", "Run", "SectionBegan", "SectionFailed",
    "SectionLine", "SectionReached", "SectionRevised", "SectionSettled", "SectionText", "Settings",
    "Source", "Sources", "StoredSource", "Synced", "TextGrew", "UnusableAnswer", "WorkBusy",
    "WorkNotFound", "WorkOutline", "WorkSummary", "__version__", "awrite", "awrite_batch",
    "candidates", "choose", "edit", "export", "import_file", "plan", "purge", "read_sources",
    "resume", "status", "stream", "sync", "write", "write_batch",
]  # fmt: skip


_RENAMED = {
    "Edit": "EditProposal",
    "Kept": "StoredSource",
    "Standing": "WorkSummary",
    "Structure": "WorkOutline",
    "Text": "SectionText",
}
"""Names of 0.1, which are understood until 0.3."""


def __getattr__(name: str) -> Any:
    if (new := _RENAMED.get(name)) is not None:
        from warnings import warn

        text = f"inkwright.{name} is called inkwright.{new} now; the old name goes with 0.3"
        warn(text, DeprecationWarning, stacklevel=2)
        name = new
    if name not in _HOME_OF:
        raise AttributeError(f"module 'inkwright' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
