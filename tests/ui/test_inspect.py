"""Inspect: the exact prompts, what was shown and why, the parts' shares, cache and cost."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from inkwright.app.services import engine
from inkwright.app.services.draft_provenance import split_prompt
from inkwright.memory.store import journal, works
from inkwright.memory.store.library import Library
from tests.simserver.process import SimServer
from tests.ui.showing import said, shown

BRIEF = """\
request: Write about a <b>lamp</b> at sea.
title: The Lamp
words: 120
continuity: strict
memory:
- {subject: Mara, statement: She keeps the lamp., pinned: true}
outline:
- {title: Dusk, purpose: Mara lights it., words: 60, subjects: [Mara]}
- {title: Dawn, purpose: Mara puts it out., words: 60, subjects: [Mara]}
constraints:
- {id: calm, text: It stays calm., where: all}
"""


@pytest.fixture(scope="module")
def written(sim_process: SimServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library folder of a work that was written once."""
    from inkwright.app.cli.main import app

    folder = tmp_path_factory.mktemp("written")
    (folder / "brief.yaml").write_text(BRIEF)
    sim_process.restore()
    settings = {
        "INKWRIGHT_HOME": str(folder / "library"),
        "INKWRIGHT_API_BASE": sim_process.base,
        "INKWRIGHT_MODEL": sim_process.model,
    }
    command = ["write", str(folder / "brief.yaml"), "--out", str(folder / "out"), "--yes"]
    result = CliRunner().invoke(app, command, env=settings)
    assert result.exit_code in (0, 4), result.output
    return folder / "library"


@pytest.fixture
def work(written: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("INKWRIGHT_HOME", str(written))
    opened = Library.open(written)
    try:
        return works.list_works(opened)[0].id
    finally:
        opened.close()


def test_every_call_of_a_section_is_there_exactly_as_sent(work: str, written: Path):
    found = engine.inspect(work, "s2")
    opened = Library.open(written)
    sent = journal.load_calls(opened, work, "s2")
    everything = journal.load_calls(opened, work)
    opened.close()
    assert sent
    assert sent == [c for c in everything if c.step == "s2"]
    versions = range(1, found.draft.version + 1) if found.draft else ()
    shown_calls = [c for v in versions for c in engine.inspect(work, "s2", v).calls]
    assert [c.messages for c in shown_calls] == [
        tuple((m.role, m.content) for m in call.messages) for call in sent
    ]
    assert [c.answer for c in shown_calls] == [c.answer for c in sent]
    assert shown_calls[0].role == "writer"


def test_what_was_shown_from_memory_is_told_with_the_reason(work: str):
    found = engine.inspect(work, "s2", 1)
    (mara,) = [s for s in found.weighed_entries if "She keeps the lamp." in s.line]
    assert (mara.shown, mara.reason) == (True, "pinned")
    assert found.manifest is not None
    assert "She keeps the lamp." in found.manifest.recall
    assert any("She keeps the lamp." in text for _, text in found.calls[0].messages)


def test_shares_add_up_to_the_prompt(work: str):
    for call in engine.inspect(work, "s2", 1).calls:
        assert abs(sum(p.tokens for p in call.parts) - call.prompt_tokens) <= len(call.parts)
    names = {p.name for p in engine.inspect(work, "s2", 1).calls[0].parts}
    assert {"brief", "outline", "memory", "rules", "orders"} <= names


def test_a_part_is_counted_once_whatever_stands_in_it():
    sent = (
        ("system", "Rules.\n<brief>\na a a a a a\n</brief>"),
        ("user", "<memory>\na a a\n</memory>\n<memory>\na\n</memory>\nOrders <memory> no"),
    )
    found = split_prompt(sent, 100, lambda text: text.count("a"))
    assert {p.name: p.tokens for p in found} == {"brief": 60, "memory": 40, "rules": 0, "orders": 0}


def test_the_page_shows_prompts_as_text_with_their_cost(work: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INKWRIGHT_PRICE_PROMPT", "2")
    monkeypatch.setenv("INKWRIGHT_PRICE_COMPLETION", "10")
    test = shown("inspect", work=work, section="s2")
    assert not test.exception
    assert not test.error
    found = engine.inspect(work, "s2")
    labels = {m.label: m.value for m in test.metric}
    assert labels["Calls"] == str(len(found.calls))
    assert found.cost is not None
    assert labels["Cost"].startswith(f"{found.cost:,.4f}")
    first = found.calls[0]
    assert [c.value for c in test.code] == [
        x.strip() for x in (*(m for _, m in first.messages), first.answer)
    ], "of the others nothing is drawn until they are opened"
    assert found.draft is not None
    for number in range(2, len(found.calls) + 1):
        test.session_state[f"call {number} {work} s2 {found.draft.version}"] = True
    sent = [c.value for c in test.run().code]
    told = [x for c in found.calls for x in (*(m for _, m in c.messages), c.answer)]
    assert sent == [text.strip() for text in told]
    assert any("<b>lamp</b>" in text for text in sent)


def test_every_version_and_the_plan_can_be_looked_at(work: str):
    test = shown("inspect", work=work)
    step = test.selectbox(key=f"inspect step {work}")
    assert step.options[:2] == ["The plan", "The whole piece"]
    assert "1  Dusk" in step.options
    step.set_value("plan").run()
    assert not test.exception
    assert "planner" in " ".join(e.label for e in test.expander)
    version = test.selectbox(key=f"inspect step {work}").set_value("s1").run()
    assert "Version" in said(version)


def test_a_text_of_the_persons_says_that_no_call_is_behind_it(work: str):
    import inkwright

    Path("book.md").write_text("# Mine\n\nOnly words.\n")
    mine = inkwright.import_file("book.md").work
    test = shown("inspect", work=mine, section="s1")
    assert "The journal has no call behind this" in said(test)
    assert not test.exception


def test_a_version_that_is_not_there_is_one_line(work: str):
    from inkwright.memory.errors import BadInput

    with pytest.raises(BadInput, match="has no version 99"):
        engine.inspect(work, "s1", 99)
    with pytest.raises(BadInput, match="has no text"):
        engine.inspect(work, "s9")
