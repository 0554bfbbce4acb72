"""What a piece says more than once: whole runs, where they stand, and how much they are."""

from inkwright.memory.text.repeated_runs import find_repeated_runs

RUN = "she climbed the hundred and twelve steps to the lamp"


def test_a_run_is_told_whole_with_its_places():
    found = find_repeated_runs(
        {"s1": f"At dusk {RUN}, slowly.", "s2": f"Then She{RUN[3:]}! And {RUN}."}
    )
    (run,) = found.runs
    assert (run.words, run.times, run.sections) == (RUN, 3, ("s1", "s2"))


def test_fewer_words_than_a_run_are_no_repetition():
    found = find_repeated_runs(
        {"s1": "one two three four five six", "s2": "one two three four five six"}
    )
    assert found.runs == ()
    assert found.shares == {"s1": 0.0, "s2": 0.0}


def test_shares_count_each_word_once():
    found = find_repeated_runs({"s1": f"{RUN} now", "s2": RUN, "s3": "", "s4": "else"})
    assert found.shares == {"s1": 10 / 11, "s2": 1.0, "s3": 0.0, "s4": 0.0}


def test_chinese_is_told_without_spaces():
    found = find_repeated_runs({"s1": "她走上一百十二级台阶。", "s2": "他走上一百十二级台阶了。"})
    assert [r.words for r in found.runs] == ["走上一百十二级台阶"]


def test_a_text_of_one_word_over_and_over_ends():
    found = find_repeated_runs({"s1": "ha " * 5000})
    assert found.runs
    assert found.shares == {"s1": 1.0}
