"""From a Markdown manuscript to an outline and its sections' texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inkwright.app.manuscripts.markdown import MarkdownPart, newline_of, split
from inkwright.memory.domain.brief import Continuity
from inkwright.memory.domain.outline import Heading, Outline, Section
from inkwright.memory.domain.source_formatting import FileLayout, placed
from inkwright.memory.errors import BadInput
from inkwright.memory.text.words import count_words

MAX_SECTIONS = 3000
UNWRITTEN_WORDS = 300
"""Length of a section still to be written, where no other section says how long they are."""
UNTITLED = "Untitled"


@dataclass(frozen=True)
class SplitManuscript:
    """A manuscript, taken apart."""

    outline: Outline
    texts: dict[str, str]
    """Section id to text. A section without one is still to be written."""


@dataclass
class _Node:
    part: MarkdownPart
    level: int
    """1 for a chapter, whatever its heading's level in the file."""
    parts: list["_Node"] = field(default_factory=list)


def take_apart(
    text: str, name: str, *, title: str | None, continuity: Continuity, depth: int = 6
) -> SplitManuscript:
    """Return the outline that the headings of ``text`` make, and the text of each section.

    A heading with others below it is a chapter; text directly under it is a section without a
    heading of its own, as is text before the first heading. A lone heading above all others is the
    title of the whole. A heading with nothing under it is a section still to be written.
    ``title``, if given, comes first; ``name`` is the title of a text that has none.

    Raises:
        BadInput: it has too many headings.
    """
    found = split(text, depth=depth)
    opening, *parts = found.parts
    whole = _title_part(opening, parts)
    if whole is not None:
        parts = parts[1:]
    called = title or found.title or (whole.title if whole else "")
    if not called and len(parts) == 1 and not opening.body.strip():
        called = parts[0].title
    builder = _Builder(newline_of(text), called or name)
    layout = FileLayout(
        front=found.front + (whole.heading if whole else ""),
        newline=builder.newline,
        titled=whole is not None,
    )
    under_title = whole.body if whole else ""
    if (opening.body + under_title).strip():
        builder.add_text(MarkdownPart(0, called or name, "", opening.body + under_title), 1, ())
    else:
        layout = layout.model_copy(update={"front": layout.front + opening.body + under_title})
    for node in _tree(parts):
        builder.walk(node, ())
    if len(builder.sections) > MAX_SECTIONS:
        raise BadInput(
            f"{len(builder.sections):,} sections; at most {MAX_SECTIONS:,} are made; "
            "--depth 1 makes sections of first-level headings alone"
        )
    outline = Outline(
        title=called or name,
        continuity=continuity,
        headings=tuple(builder.headings),
        sections=tuple(_sized(builder.sections, builder.texts)),
        layout=layout,
    )
    return SplitManuscript(outline, builder.texts)


class _Builder:
    """Headings, sections and texts, as they are met in reading order."""

    def __init__(self, newline: str, title: str) -> None:
        self.newline, self.title = newline, title
        self.headings: list[Heading] = []
        self.sections: list[Section] = []
        self.texts: dict[str, str] = {}

    def walk(self, node: _Node, within: tuple[str, ...]) -> None:
        if not node.parts:
            self.add_text(node.part, node.level, within)
            return
        written = bool(node.part.body.strip())
        heading = Heading(
            id=f"h{len(self.headings) + 1}",
            title=node.part.title or UNTITLED,
            level=node.level,
            raw=node.part.heading + ("" if written else node.part.body),
        )
        self.headings.append(heading)
        below = (*within, heading.id)
        if written:
            bare = MarkdownPart(node.part.level, node.part.title, "", node.part.body)
            self.add_text(bare, node.level + 1, below)
        for child in node.parts:
            self.walk(child, below)

    def add_text(self, part: MarkdownPart, level: int, within: tuple[str, ...]) -> None:
        sid = f"s{len(self.sections) + 1}"
        stands, text = placed(part.heading, part.body, self.newline)
        self.sections.append(
            Section(
                id=sid,
                title=part.title or UNTITLED,
                level=level,
                within=within,
                target_words=1,
                placed=stands,
            )
        )
        if text:
            self.texts[sid] = text


def _title_part(opening: MarkdownPart, parts: Sequence[MarkdownPart]) -> MarkdownPart | None:
    """Return the heading that stands above all others, if there is one."""
    if len(parts) < 2 or opening.body.strip() or not parts[0].title:
        return None
    return parts[0] if all(p.level > parts[0].level for p in parts[1:]) else None


def _tree(parts: Sequence[MarkdownPart]) -> list[_Node]:
    roots: list[_Node] = []
    path: list[_Node] = []
    for part in parts:
        while path and path[-1].part.level >= part.level:
            path.pop()
        node = _Node(part, len(path) + 1)
        (path[-1].parts if path else roots).append(node)
        path.append(node)
    return roots


def _sized(sections: Sequence[Section], texts: dict[str, str]) -> list[Section]:
    """Return the sections with their own length as their budget; the mean where there is none."""
    sizes = {sid: max(count_words(text), 1) for sid, text in texts.items()}
    mean = round(sum(sizes.values()) / len(sizes)) if sizes else UNWRITTEN_WORDS
    return [s.model_copy(update={"target_words": sizes.get(s.id, mean)}) for s in sections]
