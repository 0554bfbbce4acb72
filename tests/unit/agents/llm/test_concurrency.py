"""Slots: never more than there are, the most urgent first, and none lost when a holder goes."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.agents.llm.concurrency import BACKOFF_INTERVAL_S, ConcurrencyLimiter, Lane


async def _a_while() -> None:
    """Let every other task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_waiters_are_served_by_priority_then_in_the_order_they_came():
    slots, served = ConcurrencyLimiter(1).open_lane(), []

    async def one(name: str, priority: float) -> None:
        async with slots.hold_slot(priority):
            served.append(name)

    async with asyncio.TaskGroup() as group, slots.hold_slot():
        for name, priority in (("low", 0), ("high", 9), ("first", 5), ("second", 5)):
            group.create_task(one(name, priority))
        await _a_while()
        assert served == []
    assert served == ["high", "first", "second", "low"]


@given(st.integers(1, 4), st.lists(st.integers(0, 3), max_size=20))
def test_no_more_than_the_slots_are_ever_held_and_all_get_their_turn(number, priorities):
    slots, held, most, done = ConcurrencyLimiter(number).open_lane(), 0, 0, 0

    async def one(priority: int) -> None:
        nonlocal held, most, done
        async with slots.hold_slot(priority):
            held += 1
            most = max(most, held)
            await asyncio.sleep(0)
            held -= 1
            done += 1

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for priority in priorities:
                group.create_task(one(priority))

    asyncio.run(all_of_them())
    assert most == min(number, len(priorities))
    assert done == len(priorities)


async def test_a_waiter_that_gives_up_costs_no_slot():
    slots = ConcurrencyLimiter(1).open_lane()
    async with slots.hold_slot():
        waiter = asyncio.create_task(_held_once(slots))
        await _a_while()
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
    assert await asyncio.wait_for(_held_once(slots), 5)


async def test_a_waiter_cancelled_just_as_its_turn_comes_hands_the_slot_on():
    slots, ran = ConcurrencyLimiter(1).open_lane(), []

    async def next_one() -> None:
        async with slots.hold_slot():
            ran.append("next")

    async with slots.hold_slot():
        waiter = asyncio.create_task(_held_once(slots))
        other = asyncio.create_task(next_one())
        await _a_while()
    waiter.cancel()  # its turn has been given to it, but it has not run yet
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await asyncio.wait_for(other, 5)
    assert ran == ["next"]
    assert await asyncio.wait_for(_held_once(slots), 5)


async def test_a_holder_that_fails_frees_its_slot():
    slots = ConcurrencyLimiter(1).open_lane()
    with pytest.raises(ValueError, match="boom"):
        async with slots.hold_slot():
            raise ValueError("boom")
    assert await asyncio.wait_for(_held_once(slots), 5)


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(1, 3))
def test_whoever_is_cancelled_no_slot_is_lost(cancelled, number):
    async def scenario() -> None:
        slots = ConcurrencyLimiter(number).open_lane()
        tasks = [asyncio.create_task(_held_once(slots)) for _ in cancelled]
        await asyncio.sleep(0)
        for task, wanted in zip(tasks, cancelled, strict=True):
            if wanted:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        held = [slots.hold_slot() for _ in range(number)]
        for slot in held:
            await asyncio.wait_for(slot.__aenter__(), 5)
        for slot in held:
            await slot.__aexit__(None, None, None)

    asyncio.run(scenario())


async def _held_once(slots: Lane) -> bool:
    async with slots.hold_slot():
        await asyncio.sleep(0)
        return True


async def test_every_share_gets_a_slot_before_any_gets_a_second_one_and_the_first_gets_the_rest():
    slots, held = ConcurrencyLimiter(3), []
    earlier, first, second = slots.open_lane(), slots.open_lane(), slots.open_lane()
    done = asyncio.Event()

    async def one(share: Lane, name: str) -> None:
        async with share.hold_slot():
            held.append(name)
            await done.wait()

    async with asyncio.TaskGroup() as group:
        async with earlier.hold_slot(), earlier.hold_slot(), earlier.hold_slot():
            for share, name in ((first, "first"), (second, "second")):
                for _ in range(3):
                    group.create_task(one(share, name))
            await _a_while()
            assert held == []
        await _a_while()
        assert sorted(held) == ["first", "first", "second"]
        done.set()
    assert sorted(held) == ["first"] * 3 + ["second"] * 3


async def test_there_is_room_when_nobody_waits_and_works_just_begun_count_as_there():
    slots, told = ConcurrencyLimiter(2), []
    slots.on_free_slot = lambda: told.append(slots.free_slots)
    share = slots.open_lane()
    assert slots.free_slots == 1
    async with share.hold_slot():
        assert slots.free_slots == 1
        async with share.hold_slot():
            assert slots.free_slots == 0
    assert told == [1, 2]
    slots.close_lane(slots.open_lane())
    assert slots.free_slots == 2


async def test_fewer_are_sent_when_the_server_has_too_many_and_answers_bring_them_back():
    now = 0.0
    slots = ConcurrencyLimiter(10, clock=lambda: now)
    for _ in range(5):
        slots.back_off()
    assert slots.limit == 7
    now = BACKOFF_INTERVAL_S
    slots.back_off()
    assert slots.limit == 4
    for _ in range(100):
        slots.record_answer()
    assert slots.limit == 10
    for now in range(2, 40):  # noqa: B007
        slots.back_off()
    assert slots.limit == 1
