"""The Python API, as its users call it."""

import asyncio
import doctest
import inspect

import pytest

import inkwright
from inkwright.app.api import runs

pytestmark = [
    pytest.mark.filterwarnings("ignore:Item 'summary' on TypedDict:UserWarning"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]
"""LiteLLM's own, when it streams."""
BRIEF = inkwright.Brief(
    request="Write two diary entries of a lighthouse keeper.",
    words=160,
    outline=(inkwright.OutlineItem(title="One"), inkwright.OutlineItem(title="Two")),
)


def test_every_public_name_is_there_and_documented():
    for name in inkwright.__all__:
        offered = getattr(inkwright, name)
        if inspect.isclass(offered) or inspect.isfunction(offered):
            assert offered.__doc__, name


def test_a_name_that_is_not_offered_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'inkwright' has no attribute 'wirte'"):
        inkwright.wirte  # noqa: B018


def test_write_returns_the_manuscript(model, tmp_path):
    piece = inkwright.write(BRIEF, out=tmp_path / "out")
    assert isinstance(piece, inkwright.Manuscript)
    assert (piece.status, piece.words) == ("complete", piece.report["words"])
    assert piece.path == tmp_path / "out" / "manuscript.md"
    assert piece.path.read_text() == piece.text


def test_without_out_no_file_is_written(model, tmp_path):
    assert inkwright.write(BRIEF).path is None
    assert not list((tmp_path / "here").iterdir())


async def test_write_works_inside_a_running_loop(model):
    assert inkwright.write(BRIEF).words > 0


async def test_the_async_twin_returns_the_same(model):
    assert (await inkwright.awrite(BRIEF)).text == (await inkwright.awrite(BRIEF)).text


async def test_a_stream_ends_with_finished_and_then_has_the_manuscript(model):
    run = inkwright.stream(BRIEF)
    with pytest.raises(RuntimeError, match="has not ended"):
        _ = run.manuscript
    events = [event async for event in run]
    assert isinstance(events[-1], inkwright.Finished)
    assert sum(isinstance(e, inkwright.Finished) for e in events) == 1
    grown = "".join(e.text for e in events if isinstance(e, inkwright.TextGrew))
    assert len(grown) > 100
    assert run.manuscript.status == "complete", run.manuscript.report["problems"]


async def test_leaving_a_stream_stops_the_run_and_writing_again_goes_on(model):
    model.configure(decode_ms_per_token=5.0)
    events = inkwright.stream(BRIEF).__aiter__()
    async for event in events:
        if isinstance(event, inkwright.SectionBegan):
            break
    await events.aclose()
    before = len(model.calls())
    await asyncio.sleep(0.3)
    assert len(model.calls()) == before
    model.configure(decode_ms_per_token=0.0)
    assert (await inkwright.awrite(BRIEF)).status == "complete"


def test_plan_stops_before_anything_is_drafted_and_resume_goes_on(model):
    planned = inkwright.plan(BRIEF)
    assert [s.title for s in planned.plan.outline.sections] == ["One", "Two"]
    assert not model.calls(role="writer")
    assert inkwright.resume(planned.work).work == planned.work
    assert inkwright.status(planned.work)[0].status == "complete"


def test_settings_can_be_given_instead_of_the_environment(model, monkeypatch):
    monkeypatch.delenv("INKWRIGHT_API_BASE")
    monkeypatch.delenv("INKWRIGHT_MODEL")
    with pytest.raises(inkwright.BadInput, match="INKWRIGHT_MODEL"):
        inkwright.write(BRIEF)
    settings = inkwright.Settings.load(api_base=model.base, model=model.model)
    assert inkwright.write(BRIEF, settings=settings, review="off").words > 0


def test_a_brief_made_in_python_is_checked_like_a_file():
    fog = {"text": "fog", "kind": "must_contain", "phrases": ("fog",)}
    brief = BRIEF.model_copy(
        update={"constraints": (inkwright.Constraint.model_validate({**fog, "where": 9}),)}
    )
    with pytest.raises(inkwright.BadInput, match="section 9 of 2"):
        inkwright.write(brief)


def test_the_examples_in_the_docstrings_run(model):
    for module in (inkwright, runs):
        assert doctest.testmod(module).failed == 0
