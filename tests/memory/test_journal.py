"""The journal: an answered call is never asked for again, and all of them add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import LeaseLost
from inkwright.memory.store import journal, schema
from inkwright.memory.store.journal import CallKey, Journal, JournaledAnswer
from inkwright.memory.store.library import Lease
from tests.builders import Built, built

KEY = CallKey(step="s1", role="writer", purpose=Purpose.WRITE, digest="d1")
HOUSE = {"role": "system", "content": "Rules. " * 200}


def answer(text: str = "It rained.", **changes: object) -> JournaledAnswer:
    fields = {"text": text, "finish": "stop", "model": "sim", "prompt_tokens": 100}
    fields |= {"cached_tokens": 40, "completion_tokens": 10, "seconds": 0.5}
    return JournaledAnswer.model_validate(fields | changes)


def keep(
    work: Built, key: CallKey = KEY, *, asked_for: str = "sim", **changes: object
) -> JournaledAnswer:
    kept = answer(**changes)
    messages = [HOUSE, {"role": "user", "content": f"{key.purpose}: {key.digest}"}]
    Journal(work.library, work.lease).store_answer(key, messages, kept, requested_model=asked_for)
    return kept


def test_a_call_is_answered_from_the_journal_exactly_as_it_was_answered(a_work):
    kept = keep(a_work, text="Line one.\nLine “two” 灯。", finish="length", model="served")
    assert Journal(a_work.library, a_work.lease).find_answer(KEY) == kept


def test_a_journal_that_is_open_knows_what_it_kept(a_work):
    open_one = Journal(a_work.library, a_work.lease)
    assert open_one.find_answer(KEY) is None
    open_one.store_answer(KEY, [HOUSE], answer(), requested_model="sim")
    assert open_one.find_answer(KEY) == answer()


@pytest.mark.parametrize(
    "changes",
    [{"step": "s2"}, {"role": "editor"}, {"purpose": "continue"}, {"subject": "c1"},
     {"attempt": 1}, {"sample": 1}, {"refused": 1},
     {"digest": "d2"}],
)  # fmt: skip
def test_anything_else_in_the_key_is_another_call(a_work, changes):
    keep(a_work)
    other = CallKey.model_validate(KEY.model_dump() | changes)
    assert Journal(a_work.library, a_work.lease).find_answer(other) is None


def test_works_have_journals_of_their_own(library, a_work):
    keep(a_work)
    with built(library, "Another story.") as other:
        assert Journal(library, other.lease).find_answer(KEY) is None


def test_message_texts_are_stored_once(a_work):
    for n in range(5):
        keep(a_work, KEY.model_copy(update={"digest": f"d{n}"}))
    with a_work.library.read() as db:
        texts = [row.text for row in db.execute(select(schema.parts))]
    assert len(texts) == 6
    assert texts.count(HOUSE["content"]) == 1


def test_the_same_text_twice_in_one_call_is_stored_once(a_work):
    open_one = Journal(a_work.library, a_work.lease)
    open_one.store_answer(KEY, [HOUSE, HOUSE], answer(), requested_model="sim")
    (call,) = journal.load_calls(a_work.library, a_work.work)
    assert [m.content for m in call.messages] == [HOUSE["content"]] * 2


def test_calls_are_told_with_their_messages_the_oldest_first(a_work):
    keep(a_work)
    keep(a_work, KEY.model_copy(update={"purpose": Purpose.CONTINUE, "attempt": 1}), text="More.")
    calls = journal.load_calls(a_work.library, a_work.work)
    assert [c.answer for c in calls] == ["It rained.", "More."]
    assert [c.label for c in calls] == ["write", "continue 1"]
    assert [m.model_dump() for m in calls[1].messages] == [
        HOUSE,
        {"role": "user", "content": "continue: d1"},
    ]


def test_a_process_that_lost_its_lease_keeps_nothing(a_work):
    stale = Journal(a_work.library, Lease(a_work.work, a_work.lease.fence - 1, "somebody"))
    with pytest.raises(LeaseLost):
        stale.store_answer(KEY, [HOUSE], answer(), requested_model="sim")
    assert stale.find_answer(KEY) is None
    assert journal.load_calls(a_work.library, a_work.work) == []


def test_usage_adds_up_by_role_and_by_the_model_that_answered(a_work):
    for n, (role, model) in enumerate(
        [("writer", "big"), ("writer", "big"), ("writer", "small"), ("editor", "small")]
    ):
        key = CallKey(step="s1", role=role, purpose=Purpose.WRITE, digest=str(n))
        keep(a_work, key, model=model, prompt_tokens=100 + n)
    used = {(u.role, u.model): u for u in journal.load_usage(a_work.library, a_work.work)}
    assert used["writer", "big"].calls == 2
    assert used["writer", "big"].prompt == 201
    assert used["writer", "big"].cached == 80
    assert used["writer", "big"].completion == 20
    assert used["writer", "big"].seconds == pytest.approx(1.0)
    assert used["editor", "small"].prompt == 103
    assert sum(u.calls for u in used.values()) == 4


@given(
    st.floats(1e-5, 1e-2),
    st.floats(1e-4, 1e-1),
    st.lists(st.tuples(st.integers(10, 4000), st.integers(5, 900)), min_size=3, max_size=20),
)
def test_speed_recovers_the_times_a_token_takes(shared_library, a_prompt, a_completion, sizes):
    model = f"model-{next(_MODELS)}"
    with built(shared_library, f"A story by {model}.") as work:
        for n, (prompt, completion) in enumerate([*sizes, (100, 10), (2000, 20)]):
            keep(
                work,
                CallKey(step="s1", role="writer", purpose=Purpose.WRITE, digest=str(n)),
                model=model,
                prompt_tokens=prompt + 64,
                cached_tokens=64,
                completion_tokens=completion,
                seconds=prompt * a_prompt + completion * a_completion,
            )
    found = journal.measure_speed(shared_library, model)
    assert found is not None
    assert found.calls == len(sizes) + 2
    assert found.seconds_per_prompt_token == pytest.approx(a_prompt, rel=1e-3)
    assert found.seconds_per_completion_token == pytest.approx(a_completion, rel=1e-3)


_MODELS = iter(range(1_000_000))


def test_the_speed_of_a_model_is_known_by_the_name_it_was_asked_for_too(a_work):
    keep(a_work, model="served-name", asked_for="hosted_vllm/name")
    by_name = [
        journal.measure_speed(a_work.library, m) for m in ("served-name", "hosted_vllm/name", "x")
    ]
    assert [bool(found) for found in by_name] == [True, True, False]


def test_speeds_are_never_negative_whatever_was_measured(a_work):
    for n, (prompt, completion, seconds) in enumerate(
        [(1000, 10, 0.1), (10, 100, 5.0), (2000, 90, 0.2)]
    ):
        key = CallKey(step="s1", role="writer", purpose=Purpose.WRITE, digest=str(n))
        keep(
            a_work, key, prompt_tokens=prompt, cached_tokens=0, completion_tokens=completion,
            seconds=seconds,
        )  # fmt: skip
    found = journal.measure_speed(a_work.library, "sim")
    assert found is not None
    assert found.seconds_per_prompt_token >= 0
    assert found.seconds_per_completion_token >= 0
