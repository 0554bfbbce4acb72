"""``inkwright sync``: edits made to an exported manuscript, taken back as the person's own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkwright.app.manuscripts.assemble import assemble
from inkwright.app.manuscripts.citation_report import build_citations
from inkwright.app.manuscripts.import_file import read_raw
from inkwright.app.manuscripts.match_sections import (
    MatchedManuscript,
    apply_titles,
    get_heading_id,
    match_manuscript,
)
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.source_formatting import normalise_text
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.user_work import imported_drafts

MANUSCRIPT_NAME, REPORT_NAME = "manuscript.md", "report.json"


class CannotSync(BadInput):
    """The manuscript cannot be taken back as it is; nothing was. One line for each reason."""

    def __init__(self, file: Path, lines: tuple[str, ...]) -> None:
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        super().__init__(f"{file}: {lines[0]}{more}")
        self.lines = lines


@dataclass(frozen=True)
class Synced:
    """What was taken back."""

    work: WorkId
    changed: tuple[SectionId, ...]
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
    work_id, exported_versions = _read_report(folder / REPORT_NAME)
    file = folder / MANUSCRIPT_NAME
    text = read_raw(file)
    brief = works.get(library, work_id).brief
    with works.hold_lease(library, work_id) as lease:
        plan = plans.current(library, work_id)
        assert plan is not None, "a work with a report has a plan"
        current_drafts = drafts.current(library, work_id, plan.outline)
        stored_sources = sources.load_sources(library, work_id)
        text = build_citations(brief, current_drafts, stored_sources).restore_citations(text)
        match_result = match_manuscript(
            plan.outline, current_drafts, brief.headings, text, take_titles=take_titles
        )
        changed_texts, older_notices = _find_changes(library, work_id, current_drafts, match_result)
        for section_id in changed_texts:
            exported_version = exported_versions.get(section_id)
            current_version = (
                current_drafts[section_id].version if section_id in current_drafts else None
            )
            if exported_version is not None and exported_version != current_version:
                match_result.faults.append(
                    f"{section_id} was changed here, and in the library since this was exported "
                    f"(version {exported_version}, now {current_version}); "
                    "export it again and put your change there"
                )
        if match_result.faults:
            raise CannotSync(file, tuple(match_result.faults))
        outline = _choose_outline(
            plan, current_drafts, match_result, changed_texts, text, is_up_to_date=not older_notices
        )
        if changed_texts or outline is not None:
            imported_drafts.store_texts(
                library, lease, changed_texts, outline=outline, constraints=plan.constraints
            )
    return Synced(
        work=work_id,
        changed=tuple(changed_texts),
        titles={get_heading_id(place): title for place, title in match_result.titles.items()},
        notices=(*match_result.notices, *older_notices),
    )


def _read_report(file: Path) -> tuple[WorkId, dict[SectionId, int]]:
    """Return the work that a report is about, and the version of each section it came with."""
    try:
        report: Any = json.loads(read_raw(file))
        versions = {s["id"]: s.get("version") for s in report["sections"]}
        work_id = report["work"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise BadInput(f"{file}: not a report that inkwright wrote") from fault
    if not isinstance(work_id, str):
        raise BadInput(f"{file}: not a report that inkwright wrote")
    return WorkId(work_id), {SectionId(s): v for s, v in versions.items() if isinstance(v, int)}


def _find_changes(
    library: Library,
    work_id: WorkId,
    current_drafts: Mapping[SectionId, Draft],
    match_result: MatchedManuscript,
) -> tuple[dict[SectionId, str], list[str]]:
    """Return the texts that no version of their section has, and a line for each older one."""
    changed_texts, older_notices = {}, []
    for section_id, text in match_result.texts.items():
        if section_id in current_drafts and _is_same_text(current_drafts[section_id].text, text):
            continue
        if section_id not in current_drafts and text.startswith(
            f"*[Missing: section {section_id},"
        ):
            continue
        same_versions = [
            d.version
            for d in drafts.versions(library, work_id, section_id)
            if _is_same_text(d.text, text)
        ]
        if same_versions:
            older_notices.append(
                f"{section_id} is here as it was in version {same_versions[-1]}; "
                f"the library keeps version {current_drafts[section_id].version}"
            )
        else:
            changed_texts[section_id] = text
    return changed_texts, older_notices


def _is_same_text(first: str, second: str) -> bool:
    return normalise_text(first).strip() == normalise_text(second).strip()


def _choose_outline(
    plan: Plan,
    current_drafts: Mapping[SectionId, Draft],
    match_result: MatchedManuscript,
    changed_texts: Mapping[SectionId, str],
    text: str,
    *,
    is_up_to_date: bool,
) -> Outline | None:
    """Return the outline to adopt so that the manuscript comes out as this file; None: as it is."""
    if match_result.outline is None or not is_up_to_date:
        return apply_titles(plan.outline, match_result.titles) if match_result.titles else None
    resulting_drafts = {
        **current_drafts,
        **{
            section_id: _build_draft(section_id, new_text)
            for section_id, new_text in changed_texts.items()
        },
    }
    if not match_result.titles and assemble(plan.outline, resulting_drafts, "all") == text:
        return None
    return match_result.outline


def _build_draft(section_id: SectionId, text: str) -> Draft:
    return Draft(section=section_id, version=0, stage="person", text=text, words=0, manifest=0)
