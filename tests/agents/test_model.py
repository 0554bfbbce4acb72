"""The model port: journaled before it is used, asked once more when it cannot be, then an error."""

import asyncio
from typing import Any

import pytest

from inkwright.agents.llm.client import MAX_FAILURES_IN_A_ROW
from inkwright.agents.llm.config import Limits
from inkwright.agents.llm.events import CallAnswered
from inkwright.agents.llm.schemas import Cuts, Delta, Edits, Sections
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import BudgetSpent, ModelRefused, ModelUnreachable, UnusableAnswer
from inkwright.memory.store import journal
from tests.agents.scripted import ANSWER, CALLING, Scripted, an_ask, models
from tests.builders import Built

STORY = "The keeper climbed the stairs and trimmed the lamp."
REFUSAL = "I'm sorry, but I can't help with that."
CUTS = {"sentences": [3, 1]}


def calls(work: Built) -> list[journal.JournaledCall]:
    return journal.load_calls(work.library, work.work)


def an_edit(**changes: Any):
    return an_ask(role="editor", purpose=Purpose.TRIM, attempt=1, **changes)


async def test_an_answer_comes_back_in_the_form_asked_for(a_work):
    found = await models(a_work, Scripted(CUTS)).ask_structured(an_edit(), Cuts)
    assert found.sentences == [3, 1]


async def test_prose_comes_back_clean_and_says_when_it_was_cut(a_work):
    cut = ANSWER.model_copy(update={"text": f"<think>hm</think>{STORY}", "finish": "length"})
    port = models(a_work, Scripted(STORY, cut))
    assert (await port.ask_prose(an_ask())).cut_short is False
    again = await port.ask_prose(an_ask(purpose=Purpose.CONTINUE))
    assert (again.text, again.cut_short) == (STORY, True)


PROMPT = "Rules.\n<before>\nNobody came.\n* * *\n</before>\nSection: s1\nTitle: The Lamp\n"


@pytest.mark.parametrize(
    "copy",
    [
        "Section: s1\nTitle: The Lamp",
        "<before>\nNobody came.\n</before>",
        "<before>\nNobody came.\n* * *\n</before>\n\nSection: s1",
        "Nobody came.\n</before>\nTitle: The Lamp",
        "<before>\n</before>",
    ],
)
async def test_a_copy_of_the_prompt_is_asked_for_again_and_is_never_a_text(a_work, copy):
    ask = an_ask(user=PROMPT)
    assert (await models(a_work, Scripted(copy, STORY)).ask_prose(ask)).text == STORY
    with pytest.raises(UnusableAnswer, match="only repeats its prompt"):
        await models(a_work, Scripted(copy, copy)).ask_prose(
            an_ask(user=PROMPT, purpose=Purpose.CONTINUE)
        )


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("Nobody came.\n* * *", "Nobody came.\n* * *"),
        (f"{STORY}\n* * *\nNobody came.", f"{STORY}\n* * *\nNobody came."),
        (f"Title: The Lamp\n{STORY}", STORY),
        (f"<sofar>\n{STORY}\n</sofar>", STORY),
        (f"<draft>\n{STORY}", STORY),
        (f"{STORY}\n</before>", STORY),
        (f"<before>\nNobody came.\n* * *\n</before>\n\n{STORY}", STORY),
        (f"{STORY}\n<summary>\nMore\n</summary>", f"{STORY}\n<summary>\nMore\n</summary>"),
        (f"<summary>Oil</summary>\n{STORY}", f"<summary>Oil</summary>\n{STORY}"),
    ],
)
async def test_of_the_prompt_only_its_own_tags_are_taken_off_a_text(a_work, answer, text):
    ask = an_ask(user=PROMPT)
    assert (await models(a_work, Scripted(answer)).ask_prose(ask)).text == text


# The journal


async def test_an_answered_call_is_never_sent_again(a_work):
    asked = Scripted(STORY)
    first = await models(a_work, asked).ask_prose(an_ask())
    port = models(a_work, Scripted())
    assert await port.ask_prose(an_ask()) == first
    assert (port.usage.calls, port.usage.from_journal) == (0, 1)


async def test_a_call_is_in_the_journal_before_its_answer_is_used(a_work):
    seen: list[int] = []

    def fault(_: Cuts) -> None:
        seen.append(len(calls(a_work)))

    await models(a_work, Scripted(CUTS)).ask_structured(an_edit(), Cuts, fault)
    assert seen == [1]


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "s2"},
        {"role": "editor"},
        {"purpose": Purpose.CONTINUE},
        {"attempt": 1},
        {"subject": "c1"},
        {"sample": 1},
        {"system": "Other rules."},
        {"user": "Write about a boat."},
        {"max_tokens": 201},
    ],
)
async def test_any_other_question_is_another_call(a_work, changes):
    asked = Scripted(STORY, STORY)
    port = models(a_work, asked)
    await port.ask_prose(an_ask())
    await port.ask_prose(an_ask(**changes))
    assert len(asked.requests) == 2


async def test_another_seed_another_form_and_another_model_are_other_calls(a_work):
    await models(a_work, Scripted({"sentences": []})).ask_structured(an_edit(), Cuts)
    await models(a_work, Scripted({"sentences": []}), seed=2).ask_structured(an_edit(), Cuts)
    await models(a_work, Scripted({"edits": []})).ask_structured(an_edit(), Edits)
    other = CALLING.model_copy(
        update={
            "endpoints": {
                r: e.model_copy(update={"model": "hosted_vllm/other"})
                for r, e in CALLING.endpoints.items()
            }
        }
    )
    await models(a_work, Scripted({"sentences": []}), calling=other).ask_structured(an_edit(), Cuts)
    assert len(calls(a_work)) == 4


async def test_priority_and_limits_are_no_part_of_a_call(a_work):
    await models(a_work, Scripted(STORY)).ask_prose(an_ask())
    port = models(a_work, Scripted(), limits=Limits(max_calls=1))
    assert (await port.ask_prose(an_ask(priority=7))).text == STORY


async def test_a_call_that_failed_leaves_no_trace_and_is_sent_again(a_work):
    with pytest.raises(ModelUnreachable):
        await models(a_work, Scripted(ModelUnreachable("down"))).ask_prose(an_ask())
    assert calls(a_work) == []
    assert (await models(a_work, Scripted(STORY)).ask_prose(an_ask())).text == STORY


async def test_the_journal_tells_what_was_asked_and_who_answered(a_work):
    await models(a_work, Scripted(STORY)).ask_prose(an_ask())
    (call,) = calls(a_work)
    assert (call.model, call.asked_for) == ("served", "hosted_vllm/m")
    assert [m.model_dump() for m in call.messages] == [
        {"role": "system", "content": "Rules."},
        {"role": "user", "content": "Write about a lamp."},
    ]


async def test_text_from_the_journal_is_shown_to_who_watches_text(a_work):
    await models(a_work, Scripted(STORY)).ask_prose(an_ask())
    pieces: list[str] = []
    await models(a_work, Scripted()).ask_prose(an_ask(), on_text=pieces.append)
    assert pieces == [STORY]


# Asked once more


async def test_an_unreadable_form_is_asked_for_again_with_what_was_wrong(a_work):
    asked = Scripted(REFUSAL, CUTS)
    assert (await models(a_work, asked).ask_structured(an_edit(), Cuts)).sentences == [3, 1]
    assert asked.said[1] == (
        "Write about a lamp.\nYour last answer could not be used: there is no JSON object in it.\n"
    )
    assert REFUSAL not in asked.said[1]
    assert asked.requests[0].seed != asked.requests[1].seed
    assert asked.requests[0].messages[0] == asked.requests[1].messages[0]


async def test_refused_prose_is_drawn_again_from_the_same_prompt(a_work):
    asked = Scripted(REFUSAL, STORY)
    assert (await models(a_work, asked).ask_prose(an_ask())).text == STORY
    assert asked.said[0] == asked.said[1]
    assert asked.requests[0].seed != asked.requests[1].seed


@pytest.mark.parametrize("answers", [(REFUSAL, "{}"), ("", "{"), ('{"cuts": 1}', "nothing")])
async def test_what_is_no_form_is_asked_for_four_times_and_then_is_an_error(a_work, answers):
    asked = Scripted(*answers, *answers)
    with pytest.raises(UnusableAnswer) as caught:
        await models(a_work, asked).ask_structured(an_edit(), Cuts)
    assert len(asked.requests) == 4
    assert str(caught.value).startswith("editor (trim 1, s1): ")
    assert caught.value.answer == answers[1]
    assert not answers[0] or answers[0] not in str(caught.value)


async def test_after_the_second_refusal_there_is_an_error_without_its_words(a_work):
    with pytest.raises(UnusableAnswer, match="it is a refusal") as caught:
        await models(a_work, Scripted(REFUSAL, REFUSAL)).ask_prose(an_ask())
    assert REFUSAL not in str(caught.value)


async def test_both_refused_answers_are_in_the_journal_and_are_not_asked_for_again(a_work):
    with pytest.raises(UnusableAnswer):
        await models(a_work, Scripted(REFUSAL, REFUSAL)).ask_prose(an_ask())
    assert [c.refused for c in calls(a_work)] == [0, 1]
    with pytest.raises(UnusableAnswer):
        await models(a_work, Scripted()).ask_prose(an_ask())


async def test_a_wish_is_put_once_and_then_given_up(a_work):
    asked = Scripted(CUTS, {"sentences": [9]})
    found = await models(a_work, asked).ask_structured(
        an_edit(), Cuts, lambda _: "more of them, please"
    )
    assert found.sentences == [9]
    assert "more of them, please" in asked.said[1]


async def test_a_form_in_the_wrong_language_is_never_taken(a_work):
    chinese = {"summary": "她爬上楼梯，修剪灯芯。", "items": []}
    english = {"summary": "She climbed the stairs.", "items": []}
    ask = an_ask(role="archivist", purpose=Purpose.REMEMBER, han=False)
    assert await models(a_work, Scripted(chinese, english)).ask_structured(ask, Delta)
    with pytest.raises(UnusableAnswer, match="wrong language"):
        await models(a_work, Scripted(chinese, chinese), seed=2).ask_structured(ask, Delta)


async def test_quotes_and_names_in_another_script_do_not_make_a_form_foreign(a_work):
    item = {"action": "add", "subject": "林舟", "statement": "He came.", "quote": "林舟来了。"}
    told = {"summary": "A man came to the tower.", "items": [item]}
    found = await models(a_work, Scripted(told)).ask_structured(an_ask(han=False), Delta)
    assert found.items[0].subject == "林舟"


async def test_a_form_without_words_of_its_own_has_no_language(a_work):
    assert await models(a_work, Scripted({"sentences": [1]})).ask_structured(
        an_edit(han=True), Cuts
    )
    assert await models(a_work, Scripted({"sections": []}), seed=2).ask_structured(
        an_ask(han=True), Sections
    )


async def test_prose_in_the_wrong_language_is_drawn_again(a_work):
    asked = Scripted("她爬上楼梯，修剪灯芯。", STORY)
    assert (await models(a_work, asked).ask_prose(an_ask(han=False))).text == STORY


async def test_a_loop_is_drawn_again_and_then_cut_off(a_work):
    loop = STORY + " The wind turned and nobody on the quay said a word." * 20
    found = await models(a_work, Scripted(loop, loop)).ask_prose(an_ask())
    assert found.text.count("The wind turned") == 1


# Bounds


async def test_an_answer_gets_no_more_room_than_the_context_leaves(a_work):
    asked = Scripted(STORY)
    await models(a_work, asked, context_tokens=1024).ask_prose(an_ask(max_tokens=5000))
    assert 16 <= asked.requests[0].max_tokens < 1024


async def test_a_prompt_that_leaves_no_room_is_never_sent(a_work):
    asked = Scripted()
    with pytest.raises(UnusableAnswer, match="longer context"):
        await models(a_work, asked, context_tokens=1024).ask_prose(an_ask(user="lamp " * 2000))
    assert asked.requests == []


async def test_calls_tokens_and_minutes_can_be_limited(a_work):
    port = models(a_work, Scripted(STORY, STORY), limits=Limits(max_calls=1))
    await port.ask_prose(an_ask())
    with pytest.raises(BudgetSpent, match="limit of 1 calls"):
        await port.ask_prose(an_ask(step="s2"))
    port = models(a_work, Scripted(STORY, STORY), limits=Limits(max_tokens=100), seed=2)
    await port.ask_prose(an_ask())
    with pytest.raises(BudgetSpent, match="limit of 100 tokens"):
        await port.ask_prose(an_ask(step="s2"))
    port = models(a_work, Scripted(STORY), limits=Limits(max_minutes=1e-9), seed=3)
    with pytest.raises(BudgetSpent, match="minutes"):
        await port.ask_prose(an_ask())


async def test_a_limit_is_told_once_the_calls_under_way_are_kept(a_work):
    go = asyncio.Event()

    class Slow(Scripted):
        async def complete(self, request, on_text=None):
            await go.wait()
            return await super().complete(request, on_text)

    port = models(a_work, Slow(STORY), limits=Limits(max_calls=1))
    first = asyncio.create_task(port.ask_prose(an_ask()))
    await asyncio.sleep(0)
    second = asyncio.create_task(port.ask_prose(an_ask(step="s2")))
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(BudgetSpent):
        await second
    assert len(calls(a_work)) == 1
    assert (await first).text == STORY


async def test_a_role_that_never_answers_is_given_up_after_a_few_calls(a_work):
    down = ModelUnreachable("m at h cannot be reached: start it")
    asked = Scripted(*[down] * 10)
    port = models(a_work, asked)
    for number in range(10):
        with pytest.raises(ModelUnreachable):
            await port.ask_prose(an_ask(step=f"s{number}"))
    assert len(asked.requests) == MAX_FAILURES_IN_A_ROW
    assert port.is_down


async def test_what_is_told_then_still_says_what_to_do(a_work):
    down = ModelUnreachable("m at h cannot be reached: start it, or set INKWRIGHT_API_BASE")
    port = models(a_work, Scripted(*[down] * MAX_FAILURES_IN_A_ROW))
    for _ in range(MAX_FAILURES_IN_A_ROW):
        with pytest.raises(ModelUnreachable):
            await port.ask_prose(an_ask())
    with pytest.raises(ModelUnreachable, match="set INKWRIGHT_API_BASE"):
        await port.ask_prose(an_ask())


async def test_one_answer_between_failures_begins_the_count_anew(a_work):
    down = ModelUnreachable("down")
    port = models(a_work, Scripted(down, down, STORY, down, down, STORY))
    for number in range(6):
        with pytest.raises(ModelUnreachable) if number % 3 < 2 else _nothing():
            await port.ask_prose(an_ask(step=f"s{number}"))
    assert not port.is_down


async def test_a_judge_that_is_down_takes_no_writer_with_it(a_work):
    down = ModelUnreachable("down")
    port = models(a_work, Scripted(*[down] * MAX_FAILURES_IN_A_ROW, STORY))
    for _ in range(MAX_FAILURES_IN_A_ROW):
        with pytest.raises(ModelUnreachable):
            await port.ask_structured(an_ask(role="reviewer"), Cuts)
    assert (await port.ask_prose(an_ask())).text == STORY
    assert not port.is_down


async def test_a_rejected_call_is_the_callers_to_hear_of(a_work):
    with pytest.raises(ModelRefused, match="the key"):
        await models(a_work, Scripted(ModelRefused("the key"))).ask_prose(an_ask())


# Accounts


async def test_every_call_is_told_and_counted_once(a_work, events):
    port = models(a_work, Scripted(REFUSAL, STORY), watch=events)
    await port.ask_prose(an_ask())
    await port.ask_prose(an_ask())
    told = events.of(CallAnswered)
    assert [e.from_journal for e in told] == [False, False, True, True]
    assert (port.usage.calls, port.usage.tokens, port.usage.from_journal) == (2, 220, 2)
    assert port.usage.models == {"writer": "served"}


def _nothing():
    from contextlib import nullcontext

    return nullcontext()
