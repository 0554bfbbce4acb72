"""The outline: headings and sections in reading order, and what each section depends on."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Self, TypeVar

from pydantic import Field, model_validator

from inkwright.memory.base import Value, digest
from inkwright.memory.domain.brief import Continuity
from inkwright.memory.domain.source_formatting import FileLayout, SectionLayout
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import HeadingId, SectionId

T = TypeVar("T")


class Heading(Value):
    """A chapter, or a heading inside one: it holds sections, and has no text of its own."""

    id: HeadingId
    title: str
    level: int = Field(ge=1)
    purpose: str = ""
    raw: str | None = None
    """In a manuscript from outside: the heading's line and the blank lines after it."""


class SectionSource(Value):
    """A source that a section is to rest on."""

    source: str
    """Its key."""
    point: str = ""
    """What the section takes from it."""


class Section(Value):
    """One planned part of the piece. Its prose lives in drafts."""

    id: SectionId
    """Stable and opaque: it says nothing about position."""
    title: str
    level: int = Field(default=1, ge=1)
    within: tuple[HeadingId, ...] = ()
    """Ids of the headings it stands under, outermost first."""
    purpose: str = ""
    key_points: tuple[str, ...] = ()
    target_words: int = Field(gt=0)
    owns: str = ""
    """The topic that belongs to this section alone."""
    hands_over: str = ""
    """What the next section can build on."""
    leaves_out: str = ""
    """What other sections cover, and this one must not."""
    subjects: tuple[str, ...] = ()
    """Names of people, places and terms it deals with."""
    after: tuple[SectionId, ...] = ()
    """Ids of sections it builds on, besides what continuity asks."""
    cites: tuple[SectionSource, ...] = ()
    """The sources planned for it, and what it takes from each."""
    placed: SectionLayout | None = None
    """How it stands in a manuscript from outside. Nothing a writer is told."""

    @property
    def has_heading(self) -> bool:
        """False for text that stands under its chapter's heading, or before the first one."""
        return self.placed is None or bool(self.placed.heading)

    @property
    def chapter_id(self) -> str:
        """Id of the outermost heading; a section at top level is a chapter of its own."""
        return self.within[0] if self.within else self.id

    @property
    def topic_text(self) -> str:
        """What it is itself about, as against its neighbours and what others cover."""
        return "\n".join((self.title, self.purpose, *self.key_points, self.owns, *self.subjects))

    @property
    def digest(self) -> str:
        """Changes when anything the writer is told about this section changes."""
        fields = self.model_dump(mode="json", exclude={"placed"})
        if not self.cites:  # as plans of earlier releases have it
            del fields["cites"]
        return digest(fields)


class Outline(Value):
    """The plan of a piece. Sections are in reading order."""

    title: str
    continuity: Continuity
    headings: tuple[Heading, ...] = ()
    sections: tuple[Section, ...]
    layout: FileLayout | None = None
    """For a manuscript from outside: what its file has beside headings and texts."""

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        ids = [h.id for h in self.headings] + [s.id for s in self.sections]
        if len(set(ids)) != len(ids):
            raise ValueError("two parts of the outline have the same id")
        section_ids = {s.id for s in self.sections}
        for section in self.sections:
            if missing_ids := [a for a in section.after if a not in section_ids]:
                raise ValueError(
                    f"{section.title!r} depends on {missing_ids[0]!r}, which is not there"
                )
        try:
            tuple(TopologicalSorter(self.depends_on).static_order())
        except CycleError as fault:
            titles = {s.id: repr(s.title) for s in self.sections}
            cycle = " -> ".join(titles[section_id] for section_id in fault.args[1])
            raise ValueError(f"sections depend on each other in a circle: {cycle}") from fault
        return self

    @cached_property
    def depends_on(self) -> Mapping[SectionId, tuple[SectionId, ...]]:
        """Section id to the ids whose drafts and deltas it waits for, in reading order.

        A section that depends on later ones (a summary placed first) is left out of the chain it
        stands in, or the chain would bite its own tail.
        """
        order = {s.id: n for n, s in enumerate(self.sections)}
        last_id_in_chain: dict[str, SectionId] = {}
        edges: dict[SectionId, tuple[SectionId, ...]] = {}
        for section in self.sections:
            dependency_ids = set(section.after)
            looks_ahead = any(order[a] > order[section.id] for a in section.after)
            chain_keys = {"strict": "all", "chapter": section.chapter_id, "free": section.id}
            chain_key = chain_keys[self.continuity]
            if not looks_ahead:
                if chain_key in last_id_in_chain:
                    dependency_ids.add(last_id_in_chain[chain_key])
                last_id_in_chain[chain_key] = section.id
            edges[section.id] = tuple(sorted(dependency_ids, key=order.__getitem__))
        return edges

    @cached_property
    def position(self) -> Mapping[SectionId, int]:
        """Section id to its place in reading order, from 1."""
        return {s.id: n for n, s in enumerate(self.sections, 1)}

    @cached_property
    def ancestors(self) -> Mapping[SectionId, frozenset[SectionId]]:
        """Section id to every section it depends on, directly or through others."""
        ancestors_by_id: dict[SectionId, frozenset[SectionId]] = {}
        for section_id in TopologicalSorter(self.depends_on).static_order():
            direct_ids = self.depends_on[section_id]
            ancestors_by_id[section_id] = frozenset(direct_ids).union(
                *(ancestors_by_id[d] for d in direct_ids)
            )
        return ancestors_by_id

    @property
    def target_words(self) -> int:
        return sum(s.target_words for s in self.sections)

    def section(self, section_id: SectionId) -> Section:
        """Return the section ``section_id``; KeyError when the outline has none."""
        return self.sections[self.position[section_id] - 1]

    def sort_in_reading_order(self, by_section: Mapping[SectionId, T]) -> dict[SectionId, T]:
        """Return what there is for its sections, by their ids, in reading order."""
        return {s.id: by_section[s.id] for s in self.sections if s.id in by_section}

    def with_sections(self, sections: Iterable[Section]) -> "Outline":
        """Return this outline with other sections, checked anew."""
        return Outline(
            title=self.title,
            continuity=self.continuity,
            headings=self.headings,
            sections=tuple(sections),
            layout=self.layout,
        )

    def find_chain(self, section_id: SectionId) -> tuple[SectionId, ...]:
        """Return the ids a section follows on from, first to last: its predecessor, and so on."""
        predecessor_ids: list[SectionId] = []
        current_id = section_id
        while (predecessor_id := self._find_predecessor(current_id)) is not None:
            predecessor_ids.append(predecessor_id)
            current_id = predecessor_id
        return tuple(reversed(predecessor_ids))

    def _find_predecessor(self, section_id: SectionId) -> SectionId | None:
        earlier_ids = [
            d for d in self.depends_on[section_id] if self.position[d] < self.position[section_id]
        ]
        return max(earlier_ids, key=self.position.__getitem__, default=None)

    def sections_at(self, positions: Iterable[int]) -> tuple[Section, ...]:
        """Return the sections at these 1-based positions."""
        return tuple(self.sections[p - 1] for p in positions)


def resolve_section_id(reference: str, section_ids: Sequence[SectionId]) -> SectionId:
    """Return the one of ``section_ids`` that ``reference`` is, or counts from 1 as a bare number.

    Raises:
        BadInput: there is no such section.
    """
    if reference in section_ids:
        return SectionId(reference)
    if reference.isdecimal() and 1 <= int(reference) <= len(section_ids):
        return section_ids[int(reference) - 1]
    raise BadInput(word_missing_section(reference, section_ids))


def word_missing_section(reference: str, section_ids: Sequence[str]) -> str:
    """Return what to tell somebody who asked for a section that the outline does not have."""
    section_range = f"; it has {section_ids[0]} to {section_ids[-1]}" if section_ids else ""
    return f"the outline has no section {reference!r}{section_range}"
