"""What is to be taken away: a title, and the chosen sections in reading order."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from inkwright.app.export.markdown_to_pandoc import printable
from inkwright.app.files.language import language_of
from inkwright.app.manuscripts.citation_report import as_read, cited
from inkwright.memory.citations.references import endmatter
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Heading, Outline, Section
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library

_FICTION = ("novel", "story", "stories", "fiction", "tale", "fable", "saga", "小说", "故事", "童话")
_NO_FICTION = re.compile(r"non-?\s?fiction|非虚构")
T = TypeVar("T", Heading, Section)


@dataclass(frozen=True)
class ExportSelection:
    """A work, or some of its sections, as it goes out."""

    work: str
    title: str
    author: str | None
    language: str
    """A code such as ``en`` or ``zh-CN``."""
    fiction: bool
    """A break between scenes is an ornament; a chapter begins a page."""
    outline: Outline
    """Its sections are those that go out."""
    drafts: dict[str, Draft]
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
        return tuple(s for s in self.outline.sections if not self.text(s.id))

    @property
    def endmatter(self) -> str:
        """What stands at the end of the manuscript: the list of references, and the notes."""
        return endmatter(self.references, self.notes)

    @property
    def words(self) -> int:
        return sum(d.words for d in self.drafts.values())

    @property
    def identifier(self) -> str:
        """What names this piece in an EPUB, every time it is made."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"inkwright:{self.work}").urn

    def text(self, section: str) -> str:
        """Return a section's text; empty when it has none."""
        draft = self.drafts.get(section)
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
            title=printable(self.title),
            author=None if self.author is None else printable(self.author),
            language=printable(self.language),
            outline=outline,
        )


def piece(
    library: Library,
    work: str,
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
    known, plan = works.get(library, work), plans.current(library, work)
    if plan is None:
        raise BadInput(f"{work} is not planned yet: there is nothing to export")
    outline = _chosen(work, plan.outline, sections)
    texts = drafts.current(library, work, outline)
    if not any(d.text.strip() for d in texts.values()):
        which = "none of these sections has any" if sections else "it has no"
        raise BadInput(f"{work}: {which} text yet; `inkwright resume {work}` writes it")
    brief = known.brief
    kept = sources.kept(library, work)
    citing = cited(brief, texts, kept)
    return ExportSelection(
        work=work,
        title=_one_line(title or "") or _one_line(outline.title),
        author=_one_line(author or "") or None,
        language=language or brief.language or _language(texts) or "en",
        fiction=_is_fiction(brief, outline) if fiction is None else fiction,
        outline=outline,
        drafts=as_read(texts, citing),
        references=citing.listed,
        notes=citing.notes,
        sources=tuple(k.source for key in citing.keys for k in kept if k.source.key == key),
        brief=brief,
        changed_at=known.updated_at,
    )


def _with_printable_title(part: T) -> T:
    """Return a heading or a section with a title that a document can hold."""
    return part.model_copy(update={"title": printable(_one_line(part.title))})


def _chosen(work: str, outline: Outline, sections: Sequence[str]) -> Outline:
    if not sections:
        return outline
    ids = [s.id for s in outline.sections]
    wanted = set()
    for given in sections:
        if given in ids:
            wanted.add(given)
        elif given.isdecimal() and 1 <= int(given) <= len(ids):
            wanted.add(ids[int(given) - 1])
        else:
            raise BadInput(
                f"{work} has no section {given!r}; it has {ids[0]} to {ids[-1]}, "
                f"and `inkwright status {work}` lists them"
            )
    kept = tuple(s for s in outline.sections if s.id in wanted)
    return outline.model_copy(update={"sections": kept})


def _is_fiction(brief: Brief, outline: Outline) -> bool:
    kind = (brief.kind or "").lower()
    if not kind:
        return outline.continuity == "strict"
    return not _NO_FICTION.search(kind) and any(word in kind for word in _FICTION)


def _language(texts: dict[str, Draft]) -> str | None:
    return language_of("\n\n".join(draft.text for draft in texts.values()))


def _one_line(text: str) -> str:
    return " ".join(text.split())
