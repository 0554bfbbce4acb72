"""Rows that may end otherwise than in a piece, in one line; and settings by role."""

import random

import pytest

from tests.families import model
from tests.families.fake import FakeServer
from tests.families.servers import limits, streams, thinking
from tests.families.whole_run import MARKS, NO_TEXT, Desk, Run, check_ending, check_text
from tests.simserver.english import English

pytestmark = MARKS
FEW_CALLS = 4
LONG = 2_600
"""Tokens of background: more than the first contexts below, and of each prompt a part."""


def background(tokens: int) -> str:
    """Return so many tokens' worth of sentences, no two alike."""
    composer = English()
    rng = random.Random(tokens)
    return " ".join(composer.sentence(rng, 12) for _ in range(tokens // 13))


# Row 4: a switch for each kind of server


@pytest.mark.parametrize(
    "fake", [thinking.QwenOnVllm, thinking.OllamaThinks, thinking.DeepSeekThinks]
)
def test_thinking_off_reaches_the_server_in_its_own_words(
    desk: Desk, fake: type[thinking.Thinker]
) -> None:
    server = fake()
    desk.connect(server, THINKING="off")
    check_text(desk.write_live())
    thoughts = server.thoughts
    assert thoughts <= 1
    check_text(desk.write())
    assert server.thoughts == thoughts, "it is asked to think again in the second run"


def test_a_low_effort_reaches_a_server_that_refuses_other_switches(desk: Desk) -> None:
    server = thinking.GptOss()
    desk.connect(server, THINKING="low")
    first, second = desk.write_live(), desk.write()
    for run in (first, second):
        check_text(run)
        assert all(server.is_low(call.body) for call in run.calls if call.status == 200)
    assert sum(call.status >= 400 for call in first.calls) <= 1
    assert not any(call.status >= 400 for call in second.calls)


def test_by_itself_only_planner_and_reviewer_think(desk: Desk) -> None:
    server = thinking.QwenOnVllm()
    desk.connect(server)
    check_text(desk.write_live())
    check_text(desk.write())
    plain = (*model.PROSE, "remember", "remember_part")
    assert not [c.prompt for c in server.calls if c.prompt in plain and server.thinks(c.body)][1:]


def test_a_role_has_a_switch_of_its_own(desk: Desk) -> None:
    server = thinking.QwenOnVllm()
    desk.connect(server, THINKING="off", PLANNER_THINKING="medium")
    check_text(desk.write())
    thought_about = {call.prompt for call in server.calls if server.thinks(call.body)}
    assert "sections" in thought_about
    assert not thought_about & {*model.PROSE, "remember", "remember_part", "seams"}


# Row 9: a stream that ends early


@pytest.mark.parametrize("fake", [streams.EndsAtHalf, streams.EndsWithoutDone])
def test_a_stream_that_ends_early_is_gone_on_with(
    desk: Desk, fake: type[streams.EndsAtHalf]
) -> None:
    server = fake()
    desk.connect(server)
    check_text(desk.write_live())
    assert len(server.cut_short) >= 3
    ends = [answer.finish for answer in desk.load_journal() if answer.role == "writer"]
    assert len([end for end in ends if end != "stop"]) >= 3, ends


# Row 11: prompts are cut without a word


def test_a_server_that_cuts_prompts_silently_ends_the_run_with_what_to_do(desk: Desk) -> None:
    server = limits.OllamaCuts()
    desk.connect(server)
    run = desk.write("Low Water", wishes=background(LONG))
    check_ending(run, r"context|num_ctx", r"OLLAMA_CONTEXT_LENGTH|num_ctx")
    assert len([call for call in run.calls if call.prompt_tokens > 2_048]) <= FEW_CALLS


def test_a_server_that_counts_figures_otherwise_is_not_taken_for_one_that_cuts(desk: Desk) -> None:
    figures = " ".join(f"Berth {n} was dredged in {1900 + n % 90}." for n in range(300))
    desk.connect(FakeServer())
    check_text(desk.write("Low Water", extra=figures))


# Row 12: too long, in the server's words


@pytest.mark.parametrize("fake", [limits.LmStudioOverflow, limits.OllamaOverflow])
def test_a_prompt_that_is_too_long_is_named_whatever_the_server_calls_it(
    desk: Desk, fake: type[FakeServer]
) -> None:
    server = fake()
    desk.connect(server)
    run = desk.write("Low Water", extra=background(2 * LONG))
    if run.code in (0, 4):  # it was learned how much fits
        check_text(run)
    else:
        check_ending(run, r"too long|longer context|context length", r"INKWRIGHT_CONTEXT_TOKENS")
    assert sum(call.status >= 400 for call in run.calls) <= FEW_CALLS


# Row 16: a base that LiteLLM's Ollama cannot use


@pytest.mark.parametrize("provider", ["ollama_chat", "ollama"])
def test_a_base_with_v1_for_ollamas_own_protocol_names_the_right_one(
    desk: Desk, provider: str
) -> None:
    server = limits.OllamaPaths()
    root = desk.connect(server, MODEL=f"{provider}/{server.served}")
    run = desk.write()
    if run.code in (0, 4):
        check_text(run)
        return
    assert f"INKWRIGHT_API_BASE={root}" in check_ending(run).replace("`", "")


# Row 17: a budget of tokens, where nobody counts


@pytest.mark.parametrize("fake", [limits.NoUsage, limits.ZeroUsage])
def test_a_budget_of_tokens_bites_where_the_server_counts_none(
    desk: Desk, fake: type[FakeServer]
) -> None:
    server = fake()
    desk.connect(server)
    run = desk.write("Low Water", "--max-tokens", "2500")
    assert run.code not in (0, 4), "it went on"
    assert 2 <= len([call for call in run.calls if call.prompt]) <= 9
    assert "token" in run.output


# Row 18: every answer is an error


def test_the_providers_own_words_are_told(desk: Desk) -> None:
    server = streams.NoCredits()
    desk.connect(server)
    for run in (desk.write_live(), desk.write()):
        check_ending(run, "Insufficient credits")
        assert len(run.calls) <= FEW_CALLS


# Row 19: fields by role


def test_a_roles_own_fields_come_on_top(desk: Desk) -> None:
    server = FakeServer()
    desk.connect(
        server, EXTRA_BODY='{"user": "mara"}', WRITER_EXTRA_BODY='{"user": "mara", "min_p": 0.05}'
    )
    check_text(desk.write())
    assert {call.body.get("user") for call in server.calls} == {"mara"}
    assert all(call.is_prose == ("min_p" in call.body) for call in server.calls)


# Row 22: the base path


@pytest.mark.parametrize(
    ("fake", "base"),
    [
        (FakeServer, ""),
        (FakeServer, "/"),
        (FakeServer, "/v1/"),
        (FakeServer, "/v1/chat/completions"),
        (limits.BehindGateway, "/gw/openai/v1/"),
        (limits.BehindGateway, "/gw/openai"),
    ],
)
def test_a_base_is_used_or_the_right_one_is_named(
    desk: Desk, fake: type[FakeServer], base: str
) -> None:
    server = fake()
    root = desk.connect(server, API_BASE=base)
    run = desk.write()
    if run.code in (0, 4):
        check_text(run)
    else:
        assert f"{root}{server.path}" in check_ending(run, "INKWRIGHT_API_BASE")


# Row 23: nothing ever comes


def test_silence_ends_the_run_with_the_seconds_waited(desk: Desk) -> None:
    server = streams.Silent()
    desk.connect(server, TIMEOUT_S="1", TRIES="1")
    run = desk.write()
    check_ending(run, r"1 s\b|silen")
    assert sum(call.is_prose for call in run.calls) <= 6


# Row 24: filters


@pytest.mark.parametrize("fake", [streams.FiltersHalf, streams.FiltersPrompt])
def test_what_a_filter_stopped_is_named(desk: Desk, fake: type[FakeServer]) -> None:
    server = fake()
    desk.connect(server)
    for run in (desk.write_live(), desk.write()):
        assert run.code not in (0,), "it is called complete"
        told = f"{run.output} {run.report.get('problems')}"
        assert "filter" in told.replace("_", " "), told
        assert len(_written(run)) >= 2
        assert not NO_TEXT.search(run.text)
        asked = [call for call in run.calls if streams.is_about(call.body, "s2")]
        assert len(asked) <= 6


def _written(run: Run) -> list[str]:
    return [s["id"] for s in run.report["sections"] if (s["words"] or 0) >= 50]
