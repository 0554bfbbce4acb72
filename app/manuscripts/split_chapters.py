"""From a Markdown manuscript to an outline and its sections' texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inkwright.app.manuscripts.markdown import MarkdownPart, detect_newline, split_at_headings
from inkwright.memory.domain.brief import Continuity
from inkwright.memory.domain.outline import Heading, Outline, Section
from inkwright.memory.domain.source_formatting import FileLayout, separate_layout
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId
from inkwright.memory.text.words import count_words

MAX_SECTIONS = 3000
DEFAULT_SECTION_WORDS = 300
"""Length of a section still to be written, where no other section says how long they are."""
UNTITLED = "Untitled"


@dataclass(frozen=True)
class SplitManuscript:
    """A manuscript, taken apart."""

    outline: Outline
    texts: dict[SectionId, str]
    """Section id to text. A section without one is still to be written."""


@dataclass
class _Node:
    part: MarkdownPart
    level: int
    """1 for a chapter, whatever its heading's level in the file."""
    children: list["_Node"] = field(default_factory=list)


def split_manuscript(
    text: str, default_title: str, *, title: str | None, continuity: Continuity, depth: int = 6
) -> SplitManuscript:
    """Return the outline that the headings of ``text`` make, and the text of each section.

    A heading with others below it is a chapter; text directly under it is a section without a
    heading of its own, as is text before the first heading. A lone heading above all others is the
    title of the whole. A heading with nothing under it is a section still to be written.
    ``title``, if given, comes first; ``default_title`` is the title of a text that has none.

    Raises:
        BadInput: it has too many headings.
    """
    markdown_parts = split_at_headings(text, depth=depth)
    opening, *parts = markdown_parts.parts
    title_part = _find_title_part(opening, parts)
    if title_part is not None:
        parts = parts[1:]
    manuscript_title = title or markdown_parts.title or (title_part.title if title_part else "")
    if not manuscript_title and len(parts) == 1 and not opening.body.strip():
        manuscript_title = parts[0].title
    builder = _Builder(detect_newline(text), manuscript_title or default_title)
    layout = FileLayout(
        front=markdown_parts.front + (title_part.heading if title_part else ""),
        newline=builder.newline,
        titled=title_part is not None,
    )
    text_under_title = title_part.body if title_part else ""
    if (opening.body + text_under_title).strip():
        builder.add_text(
            MarkdownPart(0, manuscript_title or default_title, "", opening.body + text_under_title),
            1,
            (),
        )
    else:
        layout = layout.model_copy(update={"front": layout.front + opening.body + text_under_title})
    for node in _build_tree(parts):
        builder.add_node(node, ())
    if len(builder.sections) > MAX_SECTIONS:
        raise BadInput(
            f"{len(builder.sections):,} sections; at most {MAX_SECTIONS:,} are made; "
            "--depth 1 makes sections of first-level headings alone"
        )
    outline = Outline(
        title=manuscript_title or default_title,
        continuity=continuity,
        headings=tuple(builder.headings),
        sections=tuple(_set_target_words(builder.sections, builder.texts)),
        layout=layout,
    )
    return SplitManuscript(outline, builder.texts)


class _Builder:
    """Headings, sections and texts, as they are met in reading order."""

    def __init__(self, newline: str, title: str) -> None:
        self.newline, self.title = newline, title
        self.headings: list[Heading] = []
        self.sections: list[Section] = []
        self.texts: dict[SectionId, str] = {}

    def add_node(self, node: _Node, within: tuple[str, ...]) -> None:
        if not node.children:
            self.add_text(node.part, node.level, within)
            return
        has_text = bool(node.part.body.strip())
        heading = Heading(
            id=f"h{len(self.headings) + 1}",
            title=node.part.title or UNTITLED,
            level=node.level,
            raw=node.part.heading + ("" if has_text else node.part.body),
        )
        self.headings.append(heading)
        inner_ids = (*within, heading.id)
        if has_text:
            bare_part = MarkdownPart(node.part.level, node.part.title, "", node.part.body)
            self.add_text(bare_part, node.level + 1, inner_ids)
        for child in node.children:
            self.add_node(child, inner_ids)

    def add_text(self, part: MarkdownPart, level: int, within: tuple[str, ...]) -> None:
        section_id = SectionId(f"s{len(self.sections) + 1}")
        layout, text = separate_layout(part.heading, part.body, self.newline)
        self.sections.append(
            Section(
                id=section_id,
                title=part.title or UNTITLED,
                level=level,
                within=within,
                target_words=1,
                placed=layout,
            )
        )
        if text:
            self.texts[section_id] = text


def _find_title_part(opening: MarkdownPart, parts: Sequence[MarkdownPart]) -> MarkdownPart | None:
    """Return the heading that stands above all others, if there is one."""
    if len(parts) < 2 or opening.body.strip() or not parts[0].title:
        return None
    return parts[0] if all(p.level > parts[0].level for p in parts[1:]) else None


def _build_tree(parts: Sequence[MarkdownPart]) -> list[_Node]:
    roots: list[_Node] = []
    path: list[_Node] = []
    for part in parts:
        while path and path[-1].part.level >= part.level:
            path.pop()
        node = _Node(part, len(path) + 1)
        (path[-1].children if path else roots).append(node)
        path.append(node)
    return roots


def _set_target_words(
    sections: Sequence[Section], text_by_id: dict[SectionId, str]
) -> list[Section]:
    """Return the sections with their own length as their budget; the mean where there is none."""
    words_by_id = {section_id: max(count_words(text), 1) for section_id, text in text_by_id.items()}
    mean_words = (
        round(sum(words_by_id.values()) / len(words_by_id))
        if words_by_id
        else DEFAULT_SECTION_WORDS
    )
    return [
        s.model_copy(update={"target_words": words_by_id.get(s.id, mean_words)}) for s in sections
    ]
