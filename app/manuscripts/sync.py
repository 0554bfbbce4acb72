"""``inkwright sync``: edits made to an exported manuscript, taken back as the person's own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkwright.app.manuscripts.assemble import assemble
from inkwright.app.manuscripts.citation_report import cited
from inkwright.app.manuscripts.import_file import read_raw
from inkwright.app.manuscripts.match_sections import MatchedManuscript, compare, renamed
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.source_formatting import normal
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.user_work import imported_drafts

MANUSCRIPT, REPORT = "manuscript.md", "report.json"


class CannotSync(BadInput):
    """The manuscript cannot be taken back as it is; nothing was. One line for each reason."""

    def __init__(self, file: Path, lines: tuple[str, ...]) -> None:
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        super().__init__(f"{file}: {lines[0]}{more}")
        self.lines = lines


@dataclass(frozen=True)
class Synced:
    """What was taken back."""

    work: str
    changed: tuple[str, ...]
    """Ids of the sections that have a new version, in reading order."""
    titles: Mapping[str, str]
    """New titles: of sections and chapters by id, of the whole by ``""``."""
    notices: tuple[str, ...]


def sync_manuscript(library: Library, folder: Path, *, take_titles: bool = False) -> Synced:
    """Store the sections whose words were changed in ``folder/manuscript.md`` as the person's.

    Raises:
        CannotSync: headings are missing, moved, doubled or renamed, or a section was changed both
            here and in the library; nothing is stored.
        BadInput: it is no output folder of a work in this library.
    """
    work, exported = _read_report(folder / REPORT)
    file = folder / MANUSCRIPT
    text = read_raw(file)
    brief = works.get(library, work).brief
    with works.leased(library, work) as lease:
        plan = plans.current(library, work)
        assert plan is not None, "a work with a report has a plan"
        current = drafts.current(library, work, plan.outline)
        kept = sources.kept(library, work)
        text = cited(brief, current, kept).taken_back(text)
        found = compare(plan.outline, current, brief.headings, text, take_titles=take_titles)
        changed, older = _changed(library, work, current, found)
        for sid in changed:
            was, now = exported.get(sid), current[sid].version if sid in current else None
            if was is not None and was != now:
                found.faults.append(
                    f"{sid} was changed here, and in the library since this was exported (version "
                    f"{was}, now {now}); export it again and put your change there"
                )
        if found.faults:
            raise CannotSync(file, tuple(found.faults))
        outline = _outline(plan, current, found, changed, text, as_it_is=not older)
        if changed or outline is not None:
            imported_drafts.take(
                library, lease, changed, outline=outline, constraints=plan.constraints
            )
    return Synced(
        work=work,
        changed=tuple(changed),
        titles={what[1:]: title for what, title in found.titles.items()},
        notices=(*found.notices, *older),
    )


def _read_report(file: Path) -> tuple[str, dict[str, int]]:
    """Return the work that a report is about, and the version of each section it came with."""
    try:
        report: Any = json.loads(read_raw(file))
        versions = {s["id"]: s.get("version") for s in report["sections"]}
        work = report["work"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise BadInput(f"{file}: not a report that inkwright wrote") from fault
    if not isinstance(work, str):
        raise BadInput(f"{file}: not a report that inkwright wrote")
    return work, {sid: v for sid, v in versions.items() if isinstance(v, int)}


def _changed(
    library: Library, work: str, current: Mapping[str, Draft], found: MatchedManuscript
) -> tuple[dict[str, str], list[str]]:
    """Return the texts that no version of their section has, and a line for each older one."""
    changed, older = {}, []
    for sid, text in found.texts.items():
        if sid in current and _same(current[sid].text, text):
            continue
        if sid not in current and text.startswith(f"*[Missing: section {sid},"):
            continue
        known = [d.version for d in drafts.versions(library, work, sid) if _same(d.text, text)]
        if known:
            older.append(
                f"{sid} is here as it was in version {known[-1]}; the library keeps version "
                f"{current[sid].version}"
            )
        else:
            changed[sid] = text
    return changed, older


def _same(one: str, other: str) -> bool:
    return normal(one).strip() == normal(other).strip()


def _outline(
    plan: Plan,
    current: Mapping[str, Draft],
    found: MatchedManuscript,
    changed: Mapping[str, str],
    text: str,
    *,
    as_it_is: bool,
) -> Outline | None:
    """Return the outline to adopt so that the manuscript comes out as this file; None: as it is."""
    if found.outline is None or not as_it_is:
        return renamed(plan.outline, found.titles) if found.titles else None
    stands = {**current, **{sid: _draft(sid, new) for sid, new in changed.items()}}
    if not found.titles and assemble(plan.outline, stands, "all") == text:
        return None
    return found.outline


def _draft(sid: str, text: str) -> Draft:
    return Draft(section=sid, version=0, stage="person", text=text, words=0, manifest=0)
