"""A series of entries that a method can be asked for: its request, and an outline in chapters."""

from collections.abc import Sequence

from inkwright.memory.domain.brief import OutlineItem


def request(entries: int, words: int) -> str:
    """Return the request for so many entries of so many words each."""
    return (
        f"Write the log of a lighthouse: {entries} entries, numbered 1 to {entries}, of about"
        f" {words} words each, every one under the heading 'Entry n'."
    )


def chapters(sections: Sequence[OutlineItem], size: int) -> tuple[OutlineItem, ...]:
    """Return the sections in chapters of ``size``, called Part 1 and so on."""
    return tuple(
        OutlineItem(title=f"Part {number}", sections=tuple(sections[at : at + size]))
        for number, at in enumerate(range(0, len(sections), size), 1)
    )
