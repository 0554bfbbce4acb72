"""The outline: headings and sections in reading order, and what each section depends on."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Self, TypeVar

from pydantic import Field, model_validator

from inkwright.memory.base import Value, digest
from inkwright.memory.domain.brief import Continuity
from inkwright.memory.domain.source_formatting import FileLayout, SectionLayout

T = TypeVar("T")


class Heading(Value):
    """A chapter, or a heading inside one: it holds sections, and has no text of its own."""

    id: str
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

    id: str
    """Stable and opaque: it says nothing about position."""
    title: str
    level: int = Field(default=1, ge=1)
    within: tuple[str, ...] = ()
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
    after: tuple[str, ...] = ()
    """Ids of sections it builds on, besides what continuity asks."""
    cites: tuple[SectionSource, ...] = ()
    """The sources planned for it, and what it takes from each."""
    placed: SectionLayout | None = None
    """How it stands in a manuscript from outside. Nothing a writer is told."""

    @property
    def headed(self) -> bool:
        """False for text that stands under its chapter's heading, or before the first one."""
        return self.placed is None or bool(self.placed.heading)

    @property
    def chapter(self) -> str:
        """Id of the outermost heading; a section at top level is a chapter of its own."""
        return self.within[0] if self.within else self.id

    @property
    def about(self) -> str:
        """What it is itself about, as against its neighbours and what others cover."""
        return "\n".join((self.title, self.purpose, *self.key_points, self.owns, *self.subjects))

    @property
    def digest(self) -> str:
        """Changes when anything the writer is told about this section changes."""
        told = self.model_dump(mode="json", exclude={"placed"})
        if not self.cites:  # as plans of earlier releases have it
            del told["cites"]
        return digest(told)


class Outline(Value):
    """The plan of a piece. Sections are in reading order."""

    title: str
    continuity: Continuity
    headings: tuple[Heading, ...] = ()
    sections: tuple[Section, ...]
    layout: FileLayout | None = None
    """For a manuscript from outside: what its file has beside headings and texts."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        ids = [h.id for h in self.headings] + [s.id for s in self.sections]
        if len(set(ids)) != len(ids):
            raise ValueError("two parts of the outline have the same id")
        known = {s.id for s in self.sections}
        for section in self.sections:
            if missing := [a for a in section.after if a not in known]:
                raise ValueError(f"{section.title!r} depends on {missing[0]!r}, which is not there")
        try:
            tuple(TopologicalSorter(self.depends_on).static_order())
        except CycleError as fault:
            titles = {s.id: repr(s.title) for s in self.sections}
            circle = " -> ".join(titles[sid] for sid in fault.args[1])
            raise ValueError(f"sections depend on each other in a circle: {circle}") from fault
        return self

    @cached_property
    def depends_on(self) -> Mapping[str, tuple[str, ...]]:
        """Section id to the ids whose drafts and deltas it waits for, in reading order.

        A section that depends on later ones (a summary placed first) is left out of the chain it
        stands in, or the chain would bite its own tail.
        """
        order = {s.id: n for n, s in enumerate(self.sections)}
        chains: dict[str, str] = {}
        edges: dict[str, tuple[str, ...]] = {}
        for section in self.sections:
            needed = set(section.after)
            looks_ahead = any(order[a] > order[section.id] for a in section.after)
            chain = {"strict": "all", "chapter": section.chapter, "free": section.id}
            key = chain[self.continuity]
            if not looks_ahead:
                if key in chains:
                    needed.add(chains[key])
                chains[key] = section.id
            edges[section.id] = tuple(sorted(needed, key=order.__getitem__))
        return edges

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Section id to its place in reading order, from 1."""
        return {s.id: n for n, s in enumerate(self.sections, 1)}

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """Section id to every section it depends on, directly or through others."""
        found: dict[str, frozenset[str]] = {}
        for sid in TopologicalSorter(self.depends_on).static_order():
            direct = self.depends_on[sid]
            found[sid] = frozenset(direct).union(*(found[d] for d in direct))
        return found

    @property
    def target_words(self) -> int:
        return sum(s.target_words for s in self.sections)

    def section(self, sid: str) -> Section:
        """Return the section ``sid``; KeyError when the outline has none."""
        return self.sections[self.position[sid] - 1]

    def in_order(self, by_section: Mapping[str, T]) -> dict[str, T]:
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

    def chain(self, sid: str) -> tuple[str, ...]:
        """Return the ids a section follows on from, first to last: its predecessor, and so on."""
        back: list[str] = []
        current = sid
        while (before := self._previous(current)) is not None:
            back.append(before)
            current = before
        return tuple(reversed(back))

    def _previous(self, sid: str) -> str | None:
        earlier = [d for d in self.depends_on[sid] if self.position[d] < self.position[sid]]
        return max(earlier, key=self.position.__getitem__, default=None)

    def placed(self, positions: Iterable[int]) -> tuple[Section, ...]:
        """Return the sections at these 1-based positions."""
        return tuple(self.sections[p - 1] for p in positions)
