"""A Markdown manuscript taken apart at its headings, and put together again byte for byte."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.app.manuscripts.assemble import assemble
from inkwright.app.manuscripts.split_chapters import SplitManuscript, split_manuscript
from inkwright.memory.domain.draft import Draft
from inkwright.memory.text.words import count_words

LINES = st.one_of(
    st.sampled_from(
        [
            "",
            "",
            "  ",
            "# One",
            "## Two ##",
            "### Three",
            "###### Six",
            "#",
            "####### seven is none",
            "#none",
            "    # code",
            "\t# code",
            "Title",
            "===",
            "---",
            "```",
            "~~~~",
            "```python",
            "<!--",
            "-->",
            "<div>",
            "> # quoted",
            "- # in a list",
            "  # in a list, or not",
            "[a]: b",
            "Some words of text.",
            "é e\u0301 \u212b \u2028 \x0c \u3000",
            "\u3000",
            "灯塔看守人写下日记。",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=12),
)
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw a Markdown text of any line ends, with or without mark, front matter and final end."""
    parts = draw(st.lists(st.tuples(LINES, ENDS), min_size=1, max_size=30))
    if draw(st.booleans()):
        end = draw(ENDS)
        parts = [(line, end) for line, _ in parts]
    text = "".join(line + end for line, end in parts)
    front = draw(st.sampled_from(["", "", "\ufeff", "---\ntitle: A\n---\n", "---\nno\n---\n"]))
    return front + (text if draw(st.booleans()) else text.rstrip("\r\n"))


def apart(text: str, **how: object) -> SplitManuscript:
    return split_manuscript(text, "name", **({"title": None, "continuity": "strict"} | how))  # type: ignore[arg-type]


def drafts(texts: dict[str, str]) -> dict[str, Draft]:
    return {
        sid: Draft(section=sid, version=1, stage="person", text=t, words=count_words(t), manifest=1)
        for sid, t in texts.items()
    }


def together(found: SplitManuscript, **changed: str) -> str:
    return assemble(found.outline, drafts({**found.texts, **changed}), "all")


@given(documents())
def test_any_markdown_comes_out_again_character_for_character(text):
    try:
        found = apart(text)
    except ValueError:
        assert not text.strip("\ufeff").strip()
        return
    assert together(found) == text


@given(documents(), st.integers(1, 6))
def test_so_it_does_whatever_the_depth(text, depth):
    assert together(apart(text + "\n# End\nx", depth=depth)) == text + "\n# End\nx"


@given(documents())
def test_texts_are_kept_in_normal_form(text):
    for kept in apart(text + "\n# End\nx").texts.values():
        assert "\r" not in kept
        assert kept == unicodedata.normalize("NFC", kept)
        assert kept.strip()


def test_headings_become_the_outline():
    found = apart(
        "# The Book\n\n## One\n\nText under one.\n\n### A\n\nIn A.\n\n### B\n\nIn B.\n\n"
        "Two\n---\n\nIn two.\n\n## Three\n\n```\n## not a heading\n```\n"
    )
    outline = found.outline
    assert outline.title == "The Book"
    assert [(h.title, h.level) for h in outline.headings] == [("One", 1)]
    assert [(s.title, s.level, s.has_heading, s.chapter_id) for s in outline.sections] == [
        ("One", 2, False, "h1"),
        ("A", 2, True, "h1"),
        ("B", 2, True, "h1"),
        ("Two", 1, True, "s4"),
        ("Three", 1, True, "s5"),
    ]
    assert list(found.texts.values()) == [
        "Text under one.",
        "In A.",
        "In B.",
        "In two.",
        "```\n## not a heading\n```",
    ]


@pytest.mark.parametrize(
    ("text", "title", "titles"),
    [
        ("just words", "name", ["name"]),
        ("# One\n\nwords", "One", ["One"]),
        ("# One\na\n# Two\nb", "name", ["One", "Two"]),
        ("before\n\n# One\na\n", "name", ["name", "One"]),
        ("# Book\n\npreface\n\n## One\na\n", "Book", ["Book", "One"]),
        ("---\ntitle: Given\n---\n# One\na\n# Two\nb\n", "Given", ["One", "Two"]),
        ("#\na\n# Two\nb", "name", ["Untitled", "Two"]),
    ],
)
def test_a_title_is_found_where_there_is_one(text: str, title: str, titles: list[str]):
    outline = apart(text).outline
    assert (outline.title, [s.title for s in outline.sections]) == (title, titles)


def test_a_heading_with_nothing_under_it_is_still_to_be_written():
    found = apart("# Book\n## One\nwords and words\n## Two\n## Three\nmore words\n")
    assert list(found.texts) == ["s1", "s3"]
    assert found.outline.section("s2").target_words == 2
    written = together(found, s2="New text.\n\nOf two paragraphs.")
    assert written == (
        "# Book\n## One\nwords and words\n## Two\n\nNew text.\n\nOf two paragraphs.\n\n"
        "## Three\nmore words\n"
    )


def test_a_new_text_takes_the_place_of_the_old_with_the_files_line_ends():
    found = apart("# A\r\n\r\nOld.\r\n\r\n# B\r\nOther.")
    assert together(found, s1="New.\nLonger.") == (
        "# A\r\n\r\nNew.\r\nLonger.\r\n\r\n# B\r\nOther."
    )
    assert together(found, s2="New.") == "# A\r\n\r\nOld.\r\n\r\n# B\r\nNew."


def test_a_new_text_does_not_run_into_an_underlined_heading():
    found = apart("A\n=\n* * *\nB\n=\ntext\n")
    assert together(found, s1="Words.") == "A\n=\nWords.\n\nB\n=\ntext\n"


def test_a_section_that_joins_later_stands_apart():
    found = apart("# Book\n\n## One\n\nText.")
    outline = found.outline
    more = outline.sections[0].model_copy(update={"id": "s9", "title": "Two", "placed": None})
    longer = outline.with_sections([*outline.sections, more])
    whole = assemble(longer, drafts({**found.texts, "s9": "More."}), "all")
    assert whole == "# Book\n\n## One\n\nText.\n\n## Two\n\nMore.\n"
