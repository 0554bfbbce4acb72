"""The rolling summary: derived afresh, the newest whole, never over its budget."""

from hypothesis import given
from hypothesis import strategies as st

from inkwright.agents.llm.tokenizer import ScaledTokenizer
from inkwright.memory.text.rolling_summary import build_rolling_summary
from tests.memory.texts import TEXTS

ACCOUNTS = [(f"T{n}", f"First of {n}. Second of {n}.") for n in range(1, 6)]
COUNT = ScaledTokenizer(1.1).count


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=10), st.integers(0, 200))
def test_a_summary_never_exceeds_its_budget(accounts, budget):
    summary = build_rolling_summary(accounts, budget, COUNT)
    assert not summary or COUNT(summary) <= budget


def test_with_room_for_all_every_account_stands_whole_in_reading_order():
    assert build_rolling_summary(ACCOUNTS, 1000, len).splitlines() == [
        f"- {t}: {a}" for t, a in ACCOUNTS
    ]


def test_short_of_room_the_newest_stays_whole_and_older_ones_keep_their_first_sentence():
    lines = build_rolling_summary(ACCOUNTS, 60, len).splitlines()
    assert lines == ["- T4: First of 4.", "- T5: First of 5. Second of 5."]


def test_the_oldest_are_left_out_first():
    assert build_rolling_summary(ACCOUNTS, 20, len) == "- T5: First of 5."


def test_an_account_that_is_empty_leaves_no_line():
    assert build_rolling_summary([("A", ""), ("B", " \n"), ("C", "Said.")], 99, len) == "- C: Said."


@given(st.integers(0, 300))
def test_the_same_accounts_give_the_same_summary(budget):
    assert build_rolling_summary(ACCOUNTS, budget, COUNT) == build_rolling_summary(
        tuple(ACCOUNTS), budget, COUNT
    )
