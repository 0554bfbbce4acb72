"""What answers to control questions say of a judge."""

import pytest

from inkwright.memory.judge_record import JudgeRecord, compute_interval


def record(caught: int, alarms: int, broken: int = 11, sound: int = 12) -> JudgeRecord:
    return JudgeRecord(broken=broken, caught=caught, sound=sound, alarms=alarms)


@pytest.mark.parametrize(("caught", "alarms"), [(0, 0), (11, 12), (6, 6), (3, 2), (7, 4)])
def test_chance_is_no_judge(caught: int, alarms: int):
    assert not record(caught, alarms).can_judge


@pytest.mark.parametrize(("caught", "alarms"), [(11, 0), (10, 1), (9, 3), (8, 1)])
def test_a_judge_that_errs_now_and_then_is_one(caught: int, alarms: int):
    assert record(caught, alarms).can_judge


def test_a_judge_that_was_asked_nothing_is_none():
    assert not JudgeRecord().can_judge


@pytest.mark.parametrize(("alarms", "votes"), [(0, 1), (1, 3), (2, 5), (4, 5)])
def test_the_more_false_alarms_the_more_votes(alarms: int, votes: int):
    assert record(11, alarms).votes == votes


@pytest.mark.parametrize(("caught", "readings"), [(11, 1), (10, 2), (9, 2), (8, 3)])
def test_the_more_it_misses_the_more_often_it_reads(caught: int, readings: int):
    assert record(caught, 0).readings == readings


def test_the_interval_is_wilsons():
    """For 1 of 10 it is from .018 to .404 (Newcombe 1998 gives such figures to three places)."""
    assert compute_interval(1, 10) == pytest.approx((0.0179, 0.4042), abs=5e-4)
    assert compute_interval(0, 0) == (0.0, 1.0)


def test_records_add_up():
    both = record(10, 1).model_copy(update={"questions": "q"}) + record(1, 0, broken=2, sound=2)
    assert (both.caught, both.broken, both.alarms, both.sound) == (11, 13, 1, 14)
    assert both.questions == "q"
