"""What is to be taken away: a title, and the chosen sections in reading order."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from inkwright.app.display.formatting import collapse_lines
from inkwright.app.export.markdown_to_pandoc import replace_unprintable
from inkwright.app.files.language import detect_language
from inkwright.app.manuscripts.citation_report import build_citations, render_citations
from inkwright.memory.citations.references import format_endmatter
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Heading, Outline, Section, resolve_section_id
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library

_FICTION_WORDS = (
    "novel",
    "story",
    "stories",
    "fiction",
    "tale",
    "fable",
    "saga",
    "小说",
    "故事",
    "童话",
)
_NONFICTION = re.compile(r"non-?\s?fiction|非虚构")
T = TypeVar("T", Heading, Section)


@dataclass(frozen=True)
class ExportSelection:
    """A work, or some of its sections, as it goes out."""

    work: WorkId
    title: str
    author: str | None
    language: str
    """A code such as ``en`` or ``zh-CN``."""
    fiction: bool
    """A break between scenes is an ornament; a chapter begins a page."""
    outline: Outline
    """Its sections are those that go out."""
    drafts: dict[SectionId, Draft]
    """With their citations as readers see them."""
    references: str
    """The list of what they cite, with its heading; empty when they cite nothing."""
    notes: tuple[str, ...]
    """Footnotes; ``[^1]`` in a draft is the first."""
    sources: tuple[Source, ...]
    """What they cite."""
    brief: Brief
    changed_at: float
    """When the work was last changed, in seconds since the epoch."""

    @property
    def gaps(self) -> tuple[Section, ...]:
        """The sections that have no text yet."""
        return tuple(s for s in self.outline.sections if not self.get_text(s.id))

    @property
    def endmatter(self) -> str:
        """What stands at the end of the manuscript: the list of references, and the notes."""
        return format_endmatter(self.references, self.notes)

    @property
    def words(self) -> int:
        return sum(d.words for d in self.drafts.values())

    @property
    def identifier(self) -> str:
        """What names this piece in an EPUB, every time it is made."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"inkwright:{self.work}").urn

    def get_text(self, section_id: SectionId) -> str:
        """Return a section's text; empty when it has none."""
        draft = self.drafts.get(section_id)
        return draft.text.strip() if draft else ""

    def printable(self) -> "ExportSelection":
        """Return the piece with titles and names that a document can hold.

        Its prose is made so when its Markdown is read: an entity may stand for any character.
        """
        outline = self.outline.model_copy(
            update={
                "headings": tuple(map(_with_printable_title, self.outline.headings)),
                "sections": tuple(map(_with_printable_title, self.outline.sections)),
            }
        )
        return replace(
            self,
            title=replace_unprintable(self.title),
            author=None if self.author is None else replace_unprintable(self.author),
            language=replace_unprintable(self.language),
            outline=outline,
        )


def build_selection(
    library: Library,
    work_id: WorkId,
    *,
    sections: Sequence[str] = (),
    title: str | None = None,
    author: str | None = None,
    language: str | None = None,
    fiction: bool | None = None,
) -> ExportSelection:
    """Return what is to go out of a work. ``sections`` are ids or numbers; none: all of them.

    Raises:
        BadInput: it is not planned, lacks a section, or has no text there yet.
    """
    work, plan = works.get(library, work_id), plans.require(library, work_id)
    outline = _select_sections(plan.outline, sections)
    draft_by_id = drafts.current(library, work_id, outline)
    if not any(d.text.strip() for d in draft_by_id.values()):
        subject_text = "none of these sections has any" if sections else "it has no"
        raise BadInput(
            f"{work_id}: {subject_text} text yet; `inkwright resume {work_id}` writes it"
        )
    brief = work.brief
    stored_sources = sources.load_sources(library, work_id)
    citations = build_citations(brief, draft_by_id, stored_sources)
    return ExportSelection(
        work=work_id,
        title=collapse_lines(title or "") or collapse_lines(outline.title),
        author=collapse_lines(author or "") or None,
        language=language or brief.language or _detect_language(draft_by_id) or "en",
        fiction=_is_fiction(brief, outline) if fiction is None else fiction,
        outline=outline,
        drafts=render_citations(draft_by_id, citations),
        references=citations.reference_list,
        notes=citations.notes,
        sources=tuple(
            k.source for key in citations.keys for k in stored_sources if k.source.key == key
        ),
        brief=brief,
        changed_at=work.updated_at,
    )


def _with_printable_title(part: T) -> T:
    """Return a heading or a section with a title that a document can hold."""
    return part.model_copy(update={"title": replace_unprintable(collapse_lines(part.title))})


def _select_sections(outline: Outline, sections: Sequence[str]) -> Outline:
    if not sections:
        return outline
    all_ids = [s.id for s in outline.sections]
    selected_ids = {resolve_section_id(reference, all_ids) for reference in sections}
    selected_sections = tuple(s for s in outline.sections if s.id in selected_ids)
    return outline.model_copy(update={"sections": selected_sections})


def _is_fiction(brief: Brief, outline: Outline) -> bool:
    kind = (brief.kind or "").lower()
    if not kind:
        return outline.continuity == "strict"
    return not _NONFICTION.search(kind) and any(word in kind for word in _FICTION_WORDS)


def _detect_language(draft_by_id: dict[SectionId, Draft]) -> str | None:
    return detect_language("\n\n".join(draft.text for draft in draft_by_id.values()))
