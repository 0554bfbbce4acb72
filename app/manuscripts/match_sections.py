"""An edited manuscript held against the work it came from: which sections have other words."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inkwright.app.manuscripts.assemble import gap, pieces
from inkwright.app.manuscripts.markdown import newline_of, split
from inkwright.memory.domain.brief import Headings
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.source_formatting import BOM, FileLayout, SectionLayout, normal, placed

Key = tuple[int, str]
"""Level and title of a heading."""


@dataclass(frozen=True)
class OutlineHeading:
    """A heading of the outline as it stands in a text. ``what``: as ``assemble.pieces`` says."""

    what: str
    key: Key
    raw: str
    body: str
    """Everything up to the next heading of the outline."""

    @property
    def shown(self) -> str:
        return f"“{'#' * self.key[0]} {self.key[1]}”" if self.what else "the beginning"

    @property
    def named(self) -> str:
        """The heading with the id of its section, where it has one."""
        return f"{self.shown} ({self.what[1:]})" if self.what[1:2] == "s" else self.shown


@dataclass
class MatchedManuscript:
    """What an edited manuscript has."""

    texts: dict[str, str] = field(default_factory=dict)
    """Section id to text, of every section that has one."""
    titles: dict[str, str] = field(default_factory=dict)
    """New titles, by ``assemble.pieces``'s name of the heading."""
    faults: list[str] = field(default_factory=list)
    """Why it cannot be taken back, one line each."""
    notices: list[str] = field(default_factory=list)
    outline: Outline | None = None
    """The outline with this file's headings and spacing."""


@dataclass(frozen=True)
class _Heading:
    key: Key
    raw: str
    start: int
    end: int


def compare(
    outline: Outline,
    drafts: Mapping[str, Draft],
    headings: Headings,
    text: str,
    *,
    take_titles: bool = False,
) -> MatchedManuscript:
    """Return the texts that ``text`` has for the sections of ``outline``.

    Sections are told by their headings, exactly. ``take_titles``: a heading with other words, alone
    between two that are as they were, is a new title; else it is a fault, like one that is
    missing, moved or doubled.
    """
    found = MatchedManuscript()
    stretches = list(pieces(outline, drafts, headings))
    before = "".join(part for _, part in stretches)
    known, old = _outlines_headings(stretches, before)
    if lost := [what for what, heading in known if heading is None]:
        found.faults.append(
            f"the heading of {lost[0][1:]} cannot be told from text: a code block before it is "
            "not closed"
        )
        return found
    front, new = _headings(text)
    places = _placed_in([(w, h) for w, h in known if h], old, new, found, take_titles=take_titles)
    if found.faults:
        return found
    heads = list(_heads(front, text, [w for w, _ in known], [new[n] for n in places]))
    groups = _groups(stretches, [w for w, _ in known])
    for head, sections in zip(heads, groups, strict=True):
        _share_out(outline, drafts, head, sections, found)
    _tell_new_headings(old, new, set(places), found)
    if not found.faults and headings == "all":
        found.outline = _laid_out(outline, drafts, text, front, heads, groups, found)
    return found


def _headings(text: str) -> tuple[str, list[_Heading]]:
    parts = split(text)
    at = len(parts.front) + len(parts.parts[0].body)
    found = []
    for part in parts.parts[1:]:
        end = at + len(part.heading)
        found.append(_Heading((part.level, part.title), part.heading, at, end))
        at = end + len(part.body)
    return parts.front, found


def _outlines_headings(
    stretches: Sequence[tuple[str, str]], text: str
) -> tuple[list[tuple[str, _Heading | None]], list[_Heading]]:
    """Return which headings of an assembled text are the outline's, and all of its headings."""
    _, parsed = _headings(text)
    starts = {h.start: h for h in parsed}
    found: list[tuple[str, _Heading | None]] = []
    at = 0
    for what, part in stretches:
        if what == "#":
            inside = [h for h in parsed if at <= h.start < at + len(part)]
            found += [(what, inside[0])] if inside else []
        elif what.startswith("#"):
            found.append((what, starts.get(at)))
        at += len(part)
    return found, parsed


def _placed_in(
    known: Sequence[tuple[str, _Heading]],
    old: Sequence[_Heading],
    new: Sequence[_Heading],
    found: MatchedManuscript,
    *,
    take_titles: bool,
) -> list[int]:
    """Return for each of the outline's headings its place among the new ones."""
    was, now = defaultdict(list), defaultdict(list)
    for heading in old:
        was[heading.key].append(heading.start)
    for number, heading in enumerate(new):
        now[heading.key].append(number)
    places: list[int | None] = []
    for what, heading in known:
        there, before = now[heading.key], was[heading.key]
        if len(there) > len(before):
            found.faults.append(
                f"{_named(what, heading.key)} stands {len(there)} times, and {len(before)} "
                "before: which one is meant cannot be told"
            )
        if len(there) == len(before):
            places.append(there[before.index(heading.start)])
        else:
            places.append(None)
    if found.faults:
        return []
    _tell_moved(known, places, found)
    return _fill_gaps(known, places, old, new, found, take_titles=take_titles)


def _tell_moved(
    known: Sequence[tuple[str, _Heading]], places: Sequence[int | None], found: MatchedManuscript
) -> None:
    there = [(n, p) for n, p in enumerate(places) if p is not None]
    in_order = _longest_rising([p for _, p in there])
    for number, place in there:
        if place not in in_order:
            what, heading = known[number]
            found.faults.append(f"{_named(what, heading.key)} was moved; sections keep their order")


def _fill_gaps(
    known: Sequence[tuple[str, _Heading]],
    places: Sequence[int | None],
    old: Sequence[_Heading],
    new: Sequence[_Heading],
    found: MatchedManuscript,
    *,
    take_titles: bool,
) -> list[int]:
    """Take a lone unknown heading for the lone missing one between two that are known."""
    filled: list[int] = []
    keys = {h.key for h in old}
    for number, place in enumerate(places):
        if place is not None:
            filled.append(place)
            continue
        what, heading = known[number]
        after = next((p for p in places[number + 1 :] if p is not None), len(new))
        alone = (number + 1 == len(places) or places[number + 1] is not None) and (
            number == 0 or places[number - 1] is not None
        )
        first = filled[-1] + 1 if filled else 0
        candidates = [
            n
            for n in range(first, after)
            if new[n].key not in keys and new[n].key[0] == heading.key[0] and new[n].key[1]
        ]
        name = _named(what, heading.key)
        if not alone or len(candidates) != 1:
            found.faults.append(f"{name} is not there; put the heading back as it was")
            filled.append(first - 1)
            continue
        title = new[candidates[0]].key[1]
        filled.append(candidates[0])
        if take_titles:
            found.titles[what] = title
        else:
            found.faults.append(f"{name} is now headed “{title}”; --titles takes the new title")
    return filled


def _heads(
    front: str, text: str, whats: Sequence[str], headings: Sequence[_Heading]
) -> Iterator[OutlineHeading]:
    """Yield the text before the first heading of the outline, then each heading with its body."""
    ends = [h.start for h in headings[1:]] + [len(text)]
    first = headings[0].start if headings else len(text)
    yield OutlineHeading("", (0, ""), "", text[len(front) : first])
    for what, heading, end in zip(whats, headings, ends, strict=True):
        yield OutlineHeading(what, heading.key, heading.raw, text[heading.end : end])


def _groups(stretches: Sequence[tuple[str, str]], known: Sequence[str]) -> list[list[str]]:
    """Return which sections stand before the first heading of the outline, and under each."""
    groups: list[list[str]] = [[]]
    for what, _ in stretches:
        if what in known:
            groups.append([what[1:]] if what[1:2] == "s" else [])
        elif what and not what.startswith("#") and what not in groups[-1]:
            groups[-1].append(what)
    return groups


def _share_out(
    outline: Outline,
    drafts: Mapping[str, Draft],
    head: OutlineHeading,
    sections: Sequence[str],
    found: MatchedManuscript,
) -> None:
    """Give each section its part of what stands under a heading."""
    _, text = placed("", head.body.removeprefix(BOM), "\n")
    if not sections:
        if text:
            found.faults.append(
                f"there is text under {head.shown}, where no section stands: {text[:40]!r}"
            )
        return
    was = {s: _text(outline, drafts, s) for s in sections}
    rest = list(sections)
    while len(rest) > 1 and _begins(text, was[rest[0]]):
        first = rest.pop(0)
        found.texts[first] = was[first]
        text = text[len(was[first]) :].lstrip("\n")
    while len(rest) > 1 and _ends(text, was[rest[-1]]):
        last = rest.pop()
        found.texts[last] = was[last]
        text = text[: len(text) - len(was[last])].rstrip("\n")
    if len(rest) > 1:
        found.faults.append(
            f"{rest[0]} to {rest[-1]} have no headings between them, and more than one was "
            "changed: which words are whose cannot be told; change one at a time"
        )
    elif text:
        found.texts[rest[0]] = text
    elif rest[0] in drafts and was[rest[0]].strip():
        found.faults.append(f"{rest[0]} has no text any more; a section cannot be emptied")


def _text(outline: Outline, drafts: Mapping[str, Draft], sid: str) -> str:
    return normal(drafts[sid].text).strip() if sid in drafts else gap(outline.section(sid))


def _begins(text: str, part: str) -> bool:
    return text.startswith(part + "\n\n")


def _ends(text: str, part: str) -> bool:
    return text.endswith("\n\n" + part)


def _tell_new_headings(
    old: Sequence[_Heading], new: Sequence[_Heading], taken: set[int], found: MatchedManuscript
) -> None:
    keys = {h.key for h in old}
    for number, heading in enumerate(new):
        if number not in taken and heading.key not in keys:
            found.notices.append(
                f"{_named('', heading.key)} is a new heading: it is text of the section it is in"
            )


def _laid_out(
    outline: Outline,
    drafts: Mapping[str, Draft],
    text: str,
    front: str,
    heads: Sequence[OutlineHeading],
    groups: Sequence[Sequence[str]],
    found: MatchedManuscript,
) -> Outline:
    """Return the outline with the headings and the spacing of this file."""
    newline = newline_of(text)
    raws: dict[str, str] = {}
    stands: dict[str, SectionLayout] = {}
    opening = front
    for head, sections in zip(heads, groups, strict=True):
        own = head.what[1:] if head.what[1:2] == "s" else ""
        for sid in sections:
            at, said = placed(head.raw if sid == own else "", head.body, newline)
            if sid in drafts or said != gap(outline.section(sid)):
                stands[sid] = at
        above = head.raw + ("" if sections else head.body)
        if head.what in ("", "#"):
            opening += above
        elif not own:
            raws[head.what[1:]] = above
    headings = (h.model_copy(update={"raw": raws.get(h.id)}) for h in outline.headings)
    sections_now = (s.model_copy(update={"placed": stands.get(s.id)}) for s in outline.sections)
    layout = FileLayout(
        front=opening, newline=newline, titled=any(head.what == "#" for head in heads)
    )
    return renamed(
        outline.model_copy(
            update={
                "headings": tuple(headings),
                "sections": tuple(sections_now),
                "layout": layout,
            }
        ),
        found.titles,
    )


def renamed(outline: Outline, titles: Mapping[str, str]) -> Outline:
    """Return the outline with new titles, named as ``assemble.pieces`` names headings.

    A section without a heading of its own is called like the one it stands under.
    """

    def title_of(section: Section) -> str:
        above = f"#{section.within[-1]}" if section.within else "#"
        return titles.get(f"#{section.id}" if section.headed else above, section.title)

    headings = (
        h.model_copy(update={"title": titles.get(f"#{h.id}", h.title)}) for h in outline.headings
    )
    sections = (s.model_copy(update={"title": title_of(s)}) for s in outline.sections)
    return Outline(
        title=titles.get("#", outline.title),
        continuity=outline.continuity,
        headings=tuple(headings),
        sections=tuple(sections),
        layout=outline.layout,
    )


def _named(what: str, key: Key) -> str:
    return OutlineHeading(what or "#", key, "", "").named


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Return the members of the longest rising subsequence."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        place = bisect_left(ends, number)
        before[number] = ends[place - 1] if place else None
        ends[place : place + 1] = [number]
    found: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found
