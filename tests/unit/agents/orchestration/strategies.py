"""Random outlines for property tests."""

from hypothesis import strategies as st

from inkwright.memory.domain.outline import Heading, Outline, Section


@st.composite
def outlines(draw: st.DrawFn, *, most: int = 12) -> Outline:
    """Outlines of any continuity, with chapters or without, and some edges of their own.

    An edge of its own goes from a later section to an earlier one, but for at most one section
    that waits for all others wherever it stands.
    """
    number = draw(st.integers(1, most))
    chapter_of = sorted(draw(st.lists(st.integers(0, 3), min_size=number, max_size=number)))
    headings = tuple(
        Heading(id=f"h{c}", title=f"Chapter {c}", level=1) for c in set(chapter_of) - {0}
    )
    last = draw(st.none() | st.integers(0, number - 1))
    ids = draw(st.permutations([f"s{n}" for n in range(number)]))
    sections = []
    for place, sid in enumerate(ids):
        earlier = [i for n, i in enumerate(ids[:place]) if n != last]
        after = draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if earlier else []
        if place == last:
            after = [i for i in ids if i != sid]
        within = (f"h{chapter_of[place]}",) if chapter_of[place] else ()
        sections.append(
            Section(
                id=sid,
                title=f"Title {sid}",
                within=within,
                target_words=draw(st.integers(1, 900)),
                after=tuple(after),
            )
        )
    continuity = draw(st.sampled_from(["strict", "chapter", "free"]))
    return Outline(title="T", continuity=continuity, headings=headings, sections=tuple(sections))
