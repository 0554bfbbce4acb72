"""An edited manuscript held against the work it came from: which sections have other words."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inkwright.app.manuscripts.assemble import (
    ChapterHeading,
    HeadingPlace,
    ManuscriptPart,
    SectionBody,
    SectionHeading,
    TitleHeading,
    format_gap,
    yield_pieces,
)
from inkwright.app.manuscripts.markdown import detect_newline, split_at_headings
from inkwright.memory.domain.brief import Headings
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.source_formatting import (
    BOM,
    FileLayout,
    SectionLayout,
    normalise_text,
    separate_layout,
)
from inkwright.memory.ids import HeadingId, SectionId

HeadingKey = tuple[int, str]
"""Level and title of a heading."""


@dataclass(frozen=True)
class OutlineHeading:
    """A heading of the outline as it stands in a text."""

    place: HeadingPlace | None
    """Whose heading it is; None: it is the beginning, before the first heading."""
    key: HeadingKey
    raw: str
    body: str
    """Everything up to the next heading of the outline."""

    @property
    def quoted_heading(self) -> str:
        return f"“{'#' * self.key[0]} {self.key[1]}”" if self.place else "the beginning"

    @property
    def quoted_heading_with_id(self) -> str:
        """The heading with the id of its section, where it has one."""
        return (
            f"{self.quoted_heading} ({self.place.id})"
            if isinstance(self.place, SectionHeading)
            else self.quoted_heading
        )


@dataclass
class MatchedManuscript:
    """What an edited manuscript has."""

    texts: dict[SectionId, str] = field(default_factory=dict)
    """Section id to text, of every section that has one."""
    titles: dict[HeadingPlace, str] = field(default_factory=dict)
    """New titles, by whose heading has them."""
    faults: list[str] = field(default_factory=list)
    """Why it cannot be taken back, one line each."""
    notices: list[str] = field(default_factory=list)
    outline: Outline | None = None
    """The outline with this file's headings and spacing."""


@dataclass(frozen=True)
class _Heading:
    key: HeadingKey
    raw: str
    start: int
    end: int


def match_manuscript(
    outline: Outline,
    drafts: Mapping[SectionId, Draft],
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
    match_result = MatchedManuscript()
    old_pieces = list(yield_pieces(outline, drafts, headings))
    old_text = "".join(part for _, part in old_pieces)
    outline_headings, old_headings = _find_outline_headings(old_pieces, old_text)
    if missing_places := [place for place, heading in outline_headings if heading is None]:
        match_result.faults.append(
            f"the heading of {get_heading_id(missing_places[0])} cannot be told from text: "
            "a code block before it is not closed"
        )
        return match_result
    front_text, new_headings = _parse_headings(text)
    new_positions = _locate_headings(
        [(w, h) for w, h in outline_headings if h],
        old_headings,
        new_headings,
        match_result,
        take_titles=take_titles,
    )
    if match_result.faults:
        return match_result
    matched_headings = list(
        _yield_matched_headings(
            front_text,
            text,
            [w for w, _ in outline_headings],
            [new_headings[n] for n in new_positions],
        )
    )
    section_groups = _group_sections(old_pieces, [w for w, _ in outline_headings])
    for matched_heading, section_ids in zip(matched_headings, section_groups, strict=True):
        _assign_texts(outline, drafts, matched_heading, section_ids, match_result)
    _report_new_headings(old_headings, new_headings, set(new_positions), match_result)
    if not match_result.faults and headings == "all":
        match_result.outline = _build_outline(
            outline, drafts, text, front_text, matched_headings, section_groups, match_result
        )
    return match_result


def _parse_headings(text: str) -> tuple[str, list[_Heading]]:
    markdown_parts = split_at_headings(text)
    position = len(markdown_parts.front) + len(markdown_parts.parts[0].body)
    headings = []
    for part in markdown_parts.parts[1:]:
        end = position + len(part.heading)
        headings.append(_Heading((part.level, part.title), part.heading, position, end))
        position = end + len(part.body)
    return markdown_parts.front, headings


def _find_outline_headings(
    text_pieces: Sequence[ManuscriptPart], text: str
) -> tuple[list[tuple[HeadingPlace, _Heading | None]], list[_Heading]]:
    """Return which headings of an assembled text are the outline's, and all of its headings."""
    _, all_headings = _parse_headings(text)
    heading_by_start = {h.start: h for h in all_headings}
    outline_headings: list[tuple[HeadingPlace, _Heading | None]] = []
    position = 0
    for place, part in text_pieces:
        if isinstance(place, TitleHeading):
            inner_headings = [h for h in all_headings if position <= h.start < position + len(part)]
            outline_headings += [(place, inner_headings[0])] if inner_headings else []
        elif isinstance(place, ChapterHeading | SectionHeading):
            outline_headings.append((place, heading_by_start.get(position)))
        position += len(part)
    return outline_headings, all_headings


def _locate_headings(
    outline_headings: Sequence[tuple[HeadingPlace, _Heading]],
    old_headings: Sequence[_Heading],
    new_headings: Sequence[_Heading],
    match_result: MatchedManuscript,
    *,
    take_titles: bool,
) -> list[int]:
    """Return for each of the outline's headings its place among the new ones."""
    old_starts_by_key, new_numbers_by_key = defaultdict(list), defaultdict(list)
    for heading in old_headings:
        old_starts_by_key[heading.key].append(heading.start)
    for number, heading in enumerate(new_headings):
        new_numbers_by_key[heading.key].append(number)
    new_positions: list[int | None] = []
    for place, heading in outline_headings:
        new_numbers, old_starts = new_numbers_by_key[heading.key], old_starts_by_key[heading.key]
        if len(new_numbers) > len(old_starts):
            match_result.faults.append(
                f"{_describe_heading(place, heading.key)} stands {len(new_numbers)} times, and "
                f"{len(old_starts)} before: which one is meant cannot be told"
            )
        if len(new_numbers) == len(old_starts):
            new_positions.append(new_numbers[old_starts.index(heading.start)])
        else:
            new_positions.append(None)
    if match_result.faults:
        return []
    _report_moved(outline_headings, new_positions, match_result)
    return _fill_gaps(
        outline_headings,
        new_positions,
        old_headings,
        new_headings,
        match_result,
        take_titles=take_titles,
    )


def _report_moved(
    outline_headings: Sequence[tuple[HeadingPlace, _Heading]],
    new_positions: Sequence[int | None],
    match_result: MatchedManuscript,
) -> None:
    known_positions = [(n, p) for n, p in enumerate(new_positions) if p is not None]
    ordered_positions = _find_longest_rising([p for _, p in known_positions])
    for number, position in known_positions:
        if position not in ordered_positions:
            place, heading = outline_headings[number]
            match_result.faults.append(
                f"{_describe_heading(place, heading.key)} was moved; sections keep their order"
            )


def _fill_gaps(
    outline_headings: Sequence[tuple[HeadingPlace, _Heading]],
    new_positions: Sequence[int | None],
    old_headings: Sequence[_Heading],
    new_headings: Sequence[_Heading],
    match_result: MatchedManuscript,
    *,
    take_titles: bool,
) -> list[int]:
    """Take a lone unknown heading for the lone missing one between two that are known."""
    filled_positions: list[int] = []
    old_keys = {h.key for h in old_headings}
    for number, position in enumerate(new_positions):
        if position is not None:
            filled_positions.append(position)
            continue
        place, heading = outline_headings[number]
        next_position = next(
            (p for p in new_positions[number + 1 :] if p is not None), len(new_headings)
        )
        is_lone_gap = (
            number + 1 == len(new_positions) or new_positions[number + 1] is not None
        ) and (number == 0 or new_positions[number - 1] is not None)
        first_candidate = filled_positions[-1] + 1 if filled_positions else 0
        candidates = [
            n
            for n in range(first_candidate, next_position)
            if new_headings[n].key not in old_keys
            and new_headings[n].key[0] == heading.key[0]
            and new_headings[n].key[1]
        ]
        name = _describe_heading(place, heading.key)
        if not is_lone_gap or len(candidates) != 1:
            match_result.faults.append(f"{name} is not there; put the heading back as it was")
            filled_positions.append(first_candidate - 1)
            continue
        title = new_headings[candidates[0]].key[1]
        filled_positions.append(candidates[0])
        if take_titles:
            match_result.titles[place] = title
        else:
            match_result.faults.append(
                f"{name} is now headed “{title}”; --titles takes the new title"
            )
    return filled_positions


def _yield_matched_headings(
    front_text: str, text: str, places: Sequence[HeadingPlace], headings: Sequence[_Heading]
) -> Iterator[OutlineHeading]:
    """Yield the text before the first heading of the outline, then each heading with its body."""
    ends = [h.start for h in headings[1:]] + [len(text)]
    first_start = headings[0].start if headings else len(text)
    yield OutlineHeading(None, (0, ""), "", text[len(front_text) : first_start])
    for place, heading, end in zip(places, headings, ends, strict=True):
        yield OutlineHeading(place, heading.key, heading.raw, text[heading.end : end])


def _group_sections(
    text_pieces: Sequence[ManuscriptPart], heading_places: Sequence[HeadingPlace]
) -> list[list[SectionId]]:
    """Return which sections stand before the first heading of the outline, and under each."""
    groups: list[list[SectionId]] = [[]]
    for place, _ in text_pieces:
        if place in heading_places:
            groups.append([place.id] if isinstance(place, SectionHeading) else [])
        elif isinstance(place, SectionBody) and place.id not in groups[-1]:
            groups[-1].append(place.id)
    return groups


def _assign_texts(
    outline: Outline,
    drafts: Mapping[SectionId, Draft],
    matched_heading: OutlineHeading,
    section_ids: Sequence[SectionId],
    match_result: MatchedManuscript,
) -> None:
    """Give each section its part of what stands under a heading."""
    _, text = separate_layout("", matched_heading.body.removeprefix(BOM), "\n")
    if not section_ids:
        if text:
            match_result.faults.append(
                f"there is text under {matched_heading.quoted_heading}, where no section stands: "
                f"{text[:40]!r}"
            )
        return
    old_text_by_id = {s: _get_section_text(outline, drafts, s) for s in section_ids}
    remaining_ids = list(section_ids)
    while len(remaining_ids) > 1 and _starts_with_part(text, old_text_by_id[remaining_ids[0]]):
        first_id = remaining_ids.pop(0)
        match_result.texts[first_id] = old_text_by_id[first_id]
        text = text[len(old_text_by_id[first_id]) :].lstrip("\n")
    while len(remaining_ids) > 1 and _ends_with_part(text, old_text_by_id[remaining_ids[-1]]):
        last_id = remaining_ids.pop()
        match_result.texts[last_id] = old_text_by_id[last_id]
        text = text[: len(text) - len(old_text_by_id[last_id])].rstrip("\n")
    if len(remaining_ids) > 1:
        match_result.faults.append(
            f"{remaining_ids[0]} to {remaining_ids[-1]} have no headings between them, and more "
            "than one was changed: which words are whose cannot be told; change one at a time"
        )
    elif text:
        match_result.texts[remaining_ids[0]] = text
    elif remaining_ids[0] in drafts and old_text_by_id[remaining_ids[0]].strip():
        match_result.faults.append(
            f"{remaining_ids[0]} has no text any more; a section cannot be emptied"
        )


def _get_section_text(
    outline: Outline, drafts: Mapping[SectionId, Draft], section_id: SectionId
) -> str:
    return (
        normalise_text(drafts[section_id].text).strip()
        if section_id in drafts
        else format_gap(outline.section(section_id))
    )


def _starts_with_part(text: str, part: str) -> bool:
    return text.startswith(part + "\n\n")


def _ends_with_part(text: str, part: str) -> bool:
    return text.endswith("\n\n" + part)


def _report_new_headings(
    old_headings: Sequence[_Heading],
    new_headings: Sequence[_Heading],
    used_positions: set[int],
    match_result: MatchedManuscript,
) -> None:
    old_keys = {h.key for h in old_headings}
    for number, heading in enumerate(new_headings):
        if number not in used_positions and heading.key not in old_keys:
            match_result.notices.append(
                f"{_describe_heading(TitleHeading(), heading.key)} is a new heading: "
                "it is text of the section it is in"
            )


def _build_outline(
    outline: Outline,
    drafts: Mapping[SectionId, Draft],
    text: str,
    front_text: str,
    matched_headings: Sequence[OutlineHeading],
    section_groups: Sequence[Sequence[SectionId]],
    match_result: MatchedManuscript,
) -> Outline:
    """Return the outline with the headings and the spacing of this file."""
    newline = detect_newline(text)
    raw_by_heading_id: dict[HeadingId, str] = {}
    layout_by_section_id: dict[SectionId, SectionLayout] = {}
    opening_text = front_text
    for matched_heading, section_ids in zip(matched_headings, section_groups, strict=True):
        place = matched_heading.place
        own_section_id = place.id if isinstance(place, SectionHeading) else None
        for section_id in section_ids:
            section_layout, section_text = separate_layout(
                matched_heading.raw if section_id == own_section_id else "",
                matched_heading.body,
                newline,
            )
            if section_id in drafts or section_text != format_gap(outline.section(section_id)):
                layout_by_section_id[section_id] = section_layout
        heading_text = matched_heading.raw + ("" if section_ids else matched_heading.body)
        if place is None or isinstance(place, TitleHeading):
            opening_text += heading_text
        elif isinstance(place, ChapterHeading):
            raw_by_heading_id[place.id] = heading_text
    updated_headings = (
        h.model_copy(update={"raw": raw_by_heading_id.get(h.id)}) for h in outline.headings
    )
    updated_sections = (
        s.model_copy(update={"placed": layout_by_section_id.get(s.id)}) for s in outline.sections
    )
    layout = FileLayout(
        front=opening_text,
        newline=newline,
        titled=any(isinstance(m.place, TitleHeading) for m in matched_headings),
    )
    return apply_titles(
        outline.model_copy(
            update={
                "headings": tuple(updated_headings),
                "sections": tuple(updated_sections),
                "layout": layout,
            }
        ),
        match_result.titles,
    )


def apply_titles(outline: Outline, titles: Mapping[HeadingPlace, str]) -> Outline:
    """Return the outline with new titles.

    A section without a heading of its own is called like the one it stands under.
    """

    def find_title(section: Section) -> str:
        place: HeadingPlace = TitleHeading()
        if section.has_heading:
            place = SectionHeading(section.id)
        elif section.within:
            place = ChapterHeading(section.within[-1])
        return titles.get(place, section.title)

    headings = (
        h.model_copy(update={"title": titles.get(ChapterHeading(h.id), h.title)})
        for h in outline.headings
    )
    sections = (s.model_copy(update={"title": find_title(s)}) for s in outline.sections)
    return Outline(
        title=titles.get(TitleHeading(), outline.title),
        continuity=outline.continuity,
        headings=tuple(headings),
        sections=tuple(sections),
        layout=outline.layout,
    )


def get_heading_id(place: HeadingPlace) -> str:
    """Return the id of the section or chapter whose heading it is; empty: it is the whole's."""
    return "" if isinstance(place, TitleHeading) else place.id


def _describe_heading(place: HeadingPlace, key: HeadingKey) -> str:
    return OutlineHeading(place, key, "", "").quoted_heading_with_id


def _find_longest_rising(numbers: Sequence[int]) -> set[int]:
    """Return the members of the longest rising subsequence."""
    ends: list[int] = []
    predecessors: dict[int, int | None] = {}
    for number in numbers:
        index = bisect_left(ends, number)
        predecessors[number] = ends[index - 1] if index else None
        ends[index : index + 1] = [number]
    members: set[int] = set()
    member = ends[-1] if ends else None
    while member is not None:
        members.add(member)
        member = predecessors[member]
    return members
