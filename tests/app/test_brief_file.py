"""What a person may type after ``inkwright write``, and what is said when it is wrong."""

import json
from pathlib import Path

import pytest

from inkwright.app.briefs.loader import read_brief
from inkwright.memory.errors import BadInput


def brief(text: str | bytes, name: str = "brief.yaml", **changes: object):
    """Read a brief from a file of this content."""
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_brief(name, **changes)


def refusal(text: str | bytes, name: str = "brief.yaml", **changes: object) -> str:
    """Return the one line that refuses this brief."""
    with pytest.raises(BadInput) as fault:
        brief(text, name, **changes)
    assert "\n" not in str(fault.value)
    return str(fault.value)


def test_a_sentence_is_a_request():
    assert (
        read_brief("A story about TCP/IP and tides.").request == "A story about TCP/IP and tides."
    )


def test_a_text_file_is_a_request_whatever_its_line_ends_and_byte_order_mark():
    assert brief(b"\xef\xbb\xbfOne.\r\nTwo.", "brief.txt").request == "One.\nTwo."


def test_text_is_composed_to_nfc():
    assert brief("e\u0301te\u0301", "brief.md").request == "été"


def test_a_yaml_brief_gives_every_key():
    found = brief(
        "request: Tides\ntitle: On tides\nkind: report\naudience: sailors\nlanguage: en\n"
        "words: 900\ncontinuity: free\nstyle: dry\nheadings: chapters\nseed: 7\nsources: []\n"
        "constraints: [plain, {text: say ebb, kind: must_contain, phrases: [ebb], where: 2}]\n"
        "outline: [One, {title: Two, words: 300}]\n"
        "memory: [{subject: Ann, statement: she sails}]\n"
    )
    assert (found.words, found.continuity, found.headings, found.seed) == (
        900,
        "free",
        "chapters",
        7,
    )
    assert [c.kind for c in found.constraints] == ["judged", "must_contain"]
    assert [i.title for i in found.outline] == ["One", "Two"]
    assert found.memory[0].subject == "Ann"


def test_a_json_brief_gives_the_same_as_yaml():
    content = {"request": "Tides", "words": 900, "outline": ["One", {"title": "Two"}]}
    assert brief(json.dumps(content), "brief.json") == brief(
        "request: Tides\nwords: 900\noutline: [One, Two]"
    )


def test_options_come_before_what_the_file_says():
    assert brief("request: Tides\nwords: 900\nseed: 2", words=100, seed=None).words == 100
    assert brief("request: Tides\nwords: 900\nseed: 2", words=100, seed=None).seed == 2


@pytest.mark.parametrize("text", ["", "  \n ", "\ufeff"])
def test_an_empty_brief_is_refused(text: str):
    assert "empty" in refusal(text, "brief.txt")
    assert "empty" in refusal(text, "brief.yaml")


def test_an_empty_sentence_is_refused():
    with pytest.raises(BadInput, match="empty"):
        read_brief("  ")


@pytest.mark.parametrize("given", ["nowhere.yaml", "./nowhere", "briefs/nowhere", "my brief.md"])
def test_a_file_that_is_not_there_is_named(given: str):
    with pytest.raises(BadInput, match=r"nowhere|my brief") as fault:
        read_brief(given)
    assert "no such file" in str(fault.value)


def test_a_file_of_another_kind_is_refused():
    Path("brief.docx").write_bytes(b"PK")
    with pytest.raises(BadInput, match=r"\.txt, \.md, \.yaml or \.json"):
        read_brief("brief.docx")


@pytest.mark.parametrize("content", [b"\xff\xfeh\x00i\x00", b"caf\xe9"])
def test_a_file_that_is_not_utf8_is_refused(content: bytes):
    assert "UTF-8" in refusal(content, "brief.txt")


def test_a_brief_of_two_megabytes_is_refused_with_its_size_and_the_limit():
    said = refusal("x" * 2_000_000, "brief.txt")
    assert "2,000,000" in said
    assert "1,000,000" in said
    assert "2,000,000" in refusal("request: " + "x" * 2_000_000)


@pytest.mark.parametrize("words", [0, 10_000_000])
def test_an_impossible_target_is_refused(words: int):
    assert "words: must be at" in refusal(f"request: Tides\nwords: {words}")
    assert refusal("request: Tides", words=words).startswith("--words: must be at")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("request: a\nword: 3", "line 2: unknown key 'word'; did you mean 'words'?"),
        ("request: a\nconstraint: []", "did you mean 'constraints'?"),
        ("request: a\nconstraints:\n- text: b\n  knd: length", "line 4: unknown key 'knd'"),
        ("request: a\noutline:\n- title: b\n  sections:\n  - titel: c", "did you mean 'title'?"),
        ("request: a\nmemory:\n- subjekt: b", "did you mean 'subject'?"),
        ("request: a\nconstraints:\n- {text: b, where: {scoop: all}}", "did you mean 'scope'?"),
    ],
)
def test_an_unknown_key_is_refused_and_the_nearest_named(text: str, hint: str):
    assert hint in refusal(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("request: a\nwords: many", "line 2: words: expected a whole number"),
        ("request: a\nwords: yes", "line 2: words:"),
        ("request: a\ntitle: 1984", "line 2: title: expected text; put it in quotes"),
        ("request: a\nlanguage: no", "put a word in quotes"),
        ("request: a\ncontinuity: loose", "expected 'strict', 'chapter' or 'free'"),
        ("request: a\nconstraints: short", "constraints: expected a list"),
        ("request: a\nconstraints:\n- {text: b, kind: must_contain}", "needs phrases"),
        ("request: a\nconstraints:\n- {text: b, where: later}", "every 4 from 5"),
        (
            "request: a\nconstraints:\n- {text: b, kind: pattern, pattern: '('}",
            "regular expression",
        ),
        ("request: [a]", "line 1: request: expected text"),
        ("words: 3", "`request` is missing"),
        ("- a\n- b", "expected keys with values"),
        ("just words", "expected keys with values"),
        ("request: a\nrequest: b", "line 2: 'request' is given twice"),
        ("request: [a", "line 2:"),
        ("request: !!python/name:os.system", "line 1:"),
        ("a: b\n---\nc: d", "second document"),
        ('request: "a\\0b"', "NUL"),
    ],
)
def test_what_is_wrong_in_a_yaml_brief_is_said_in_one_line(text: str, hint: str):
    assert hint in refusal(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"request": "a", "request": "b"}', "given twice"),
        ('{"request": "a"', "line 1"),
        ('{"request": NaN}', "NaN"),
        ('{"request": "\\ud800"}', "Unicode"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_in_a_json_brief_is_said_in_one_line(text: str, hint: str):
    assert hint in refusal(text, "brief.json")


def test_yaml_that_unfolds_or_nests_without_end_is_refused_at_once():
    bomb = "a: &a [x]\n" + "".join(f"{b}: &{b} [*{a},*{a}]\n" for a, b in ["ab", "bc", "cd"])
    assert "aliases" in refusal(bomb)
    assert "nested" in refusal("[" * 100_000)


def test_sources_are_not_read_yet():
    assert "sources" in refusal("request: a\nsources: [tides.pdf]")


def test_an_outline_of_markdown_headings_keeps_titles_order_and_depth():
    found = brief(
        "request: a\noutline: |\n"
        "  # Tides\n  ## Ebb #\n  words: 300\n  What falls.\n  - low water\n"
        "  ### 1. Mud (wet)\n  ## Flood\n  ```\n  # not a heading\n  ```\n"
    )
    assert found.title == "Tides"
    ebb, flood = found.outline
    assert (ebb.title, ebb.words, ebb.purpose, ebb.key_points) == (
        "Ebb",
        300,
        "What falls.",
        ("low water",),
    )
    assert [s.title for s in ebb.sections] == ["1. Mud (wet)"]
    assert flood.title == "Flood"


def test_two_first_level_headings_are_chapters_not_a_title():
    found = brief("request: a\noutline: |\n  # One\n  ## A\n  # Two\n")
    assert found.title is None
    assert [i.title for i in found.outline] == ["One", "Two"]


def test_an_outline_can_stand_in_a_file_beside_the_brief():
    Path("parts").mkdir()
    Path("parts/plan.md").write_text("# One\n# Two\n")
    Path("parts/plan.yaml").write_text("- One\n- title: Two\n")
    Path("parts/brief.yaml").write_text("request: a\noutline: plan.md\n")
    assert [i.title for i in read_brief("parts/brief.yaml").outline] == ["One", "Two"]
    asked = read_brief("A request.", outline=Path("parts/plan.yaml"))
    assert [i.title for i in asked.outline] == ["One", "Two"]


def test_a_fault_in_an_outline_file_is_placed_there():
    Path("plan.yaml").write_text("- One\n- titel: Two\n")
    with pytest.raises(BadInput, match=r"plan\.yaml: line 2: unknown key 'titel'"):
        read_brief("A request.", outline=Path("plan.yaml"))


def test_text_without_headings_is_no_outline():
    assert "no Markdown heading" in refusal("request: a\noutline: |\n  first this\n  then that\n")


def test_memory_can_come_from_the_memory_file_of_an_earlier_work():
    entry = {
        "id": "p.1",
        "subject": "Ann",
        "statement": "she sails",
        "kind": "character",
        "attribute": "",
        "aliases": [],
        "pinned": True,
        "origin": "plan",
        "section": None,
    }
    Path("memory.json").write_text(json.dumps({"work": "w", "title": "t", "entries": [entry]}))
    found = brief("request: a\nmemory: memory.json")
    assert (found.memory[0].subject, found.memory[0].pinned) == ("Ann", True)


def test_every_example_brief_reads():
    examples = sorted(Path(__file__).parents[2].glob("app/examples/*.*"))
    assert [read_brief(str(e)).words for e in examples if e.suffix != ".md"]
