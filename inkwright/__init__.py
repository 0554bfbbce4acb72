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

from inkwright.app.version import VERSION as __version__

if TYPE_CHECKING:
    from inkwright.agents.events import (
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
    from inkwright.app.api import (
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
    from inkwright.app.batch.results import Result
    from inkwright.app.batch_api import Batch, awrite_batch, write_batch
    from inkwright.app.editing import Edit
    from inkwright.app.engine import PlannedWork
    from inkwright.app.exporting.result import Exported
    from inkwright.app.importing import Imported
    from inkwright.app.manuscript import Manuscript
    from inkwright.app.memory_of import Memory
    from inkwright.app.report import Report
    from inkwright.app.settings import Settings
    from inkwright.app.shelf import Standing
    from inkwright.app.sources_of import Sources, read_sources
    from inkwright.app.structure import Structure
    from inkwright.app.syncing import CannotSync, Synced
    from inkwright.app.text_of import Text
    from inkwright.memory.brief import Brief, Constraint, OutlineItem, Placement, Remembered
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
    from inkwright.memory.source import Source
    from inkwright.memory.sources import Kept

_HOMES = {
    "inkwright.agents.events": (
        "CallAnswered", "Event", "Finished", "Notice", "PhaseBegan", "Planned", "SectionBegan",
        "SectionFailed", "SectionLine", "SectionReached", "SectionRevised", "SectionSettled",
        "TextGrew",
    ),
    "inkwright.app.api": (
        "Run", "awrite", "candidates", "choose", "edit", "export", "import_file", "plan", "purge",
        "resume", "status", "stream", "sync", "write",
    ),
    "inkwright.app.batch.results": ("Result",),
    "inkwright.app.batch_api": ("Batch", "awrite_batch", "write_batch"),
    "inkwright.app.editing": ("Edit",),
    "inkwright.app.engine": ("PlannedWork",),
    "inkwright.app.exporting.export": ("Exported",),
    "inkwright.app.importing": ("Imported",),
    "inkwright.app.manuscript": ("Manuscript",),
    "inkwright.app.memory_of": ("Memory",),
    "inkwright.app.report": ("Report",),
    "inkwright.app.settings": ("Settings",),
    "inkwright.app.shelf": ("Standing",),
    "inkwright.app.structure": ("Structure",),
    "inkwright.app.sources_of": ("Sources", "read_sources"),
    "inkwright.app.syncing": ("CannotSync", "Synced"),
    "inkwright.app.text_of": ("Text",),
    "inkwright.memory.brief": ("Brief", "Constraint", "OutlineItem", "Placement", "Remembered"),
    "inkwright.memory.errors": (
        "BadInput", "BudgetSpent", "ExportFailed", "InkwrightError", "LeaseLost",
        "LibraryUnusable", "ModelError", "ModelRefused", "ModelUnreachable", "UnusableAnswer",
        "WorkBusy", "WorkNotFound",
    ),
    "inkwright.memory.source": ("Source",),
    "inkwright.memory.sources": ("Kept",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BadInput", "Batch", "Brief", "BudgetSpent", "CallAnswered", "CannotSync", "Constraint", "Edit",
    "Event", "ExportFailed", "Exported", "Finished", "Imported", "InkwrightError", "Kept",
    "LeaseLost", "LibraryUnusable", "Manuscript", "Memory", "ModelError", "ModelRefused",
    "ModelUnreachable", "Notice", "OutlineItem", "PhaseBegan", "Placement", "Planned",
    "PlannedWork", "Remembered", "Report", "Result", "Run", "SectionBegan", "SectionFailed",
    "SectionLine", "SectionReached", "SectionRevised", "SectionSettled", "Settings", "Source",
    "Sources", "Standing", "Structure", "Synced", "Text", "TextGrew", "UnusableAnswer", "WorkBusy",
    "WorkNotFound", "__version__", "awrite", "awrite_batch", "candidates", "choose", "edit",
    "export", "import_file", "plan", "purge", "read_sources", "resume", "status", "stream", "sync",
    "write", "write_batch",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'inkwright' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
