"""What a person sees of a run."""

import io

import pytest

from inkwright.agents.llm.events import (
    CallAnswered,
    Notice,
    PhaseBegan,
    Planned,
    SectionBegan,
    SectionFailed,
    SectionLine,
    SectionReached,
    SectionRevised,
    TextGrew,
)
from inkwright.app.display.displays import RunDisplay, make_display
from inkwright.app.display.formatting import format_clock, format_duration, shorten
from inkwright.app.display.progress import RunProgress
from inkwright.app.display.table import draw_table

PLAN = Planned(
    "w", "Tides", tuple(SectionLine(f"s{n}", f"Part {n}", 100, "planned") for n in (1, 2, 3))
)


def answered(tokens: int, from_journal: bool = False) -> CallAnswered:
    return CallAnswered("w", "writer", "write", "s1", 50, 0, tokens, 1.0, from_journal)


class Ticking:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_words_grow_as_text_arrives_and_are_set_right_by_the_draft():
    progress = RunProgress()
    progress.handle_event(PLAN)
    progress.handle_event(SectionBegan("w", "s1"))
    for piece in ("The old ", "keep", "er climbed", " the stairs. "):
        progress.handle_event(TextGrew("w", "s1", piece))
    assert progress.sections["s1"].words == 6
    progress.handle_event(SectionReached("w", "s1", "drafted", 90))
    assert (progress.sections["s1"].state, progress.sections["s1"].words) == ("drafted", 90)


def test_text_without_spaces_is_counted_while_it_arrives():
    progress = RunProgress()
    progress.handle_event(PLAN)
    progress.handle_event(SectionBegan("w", "s1"))
    for character in "她爬上楼梯看见海面灯光" * 8:
        progress.handle_event(TextGrew("w", "s1", character))
    assert progress.sections["s1"].words > 40


def test_the_time_left_follows_from_the_pace_so_far():
    now = Ticking()
    progress = RunProgress(clock=now)
    progress.handle_event(PLAN)
    assert progress.eta_s is None
    progress.handle_event(SectionBegan("w", "s1"))
    now.now += 10
    progress.handle_event(SectionReached("w", "s1", "accepted", 100))
    assert progress.eta_s == pytest.approx(20)


def test_what_an_earlier_run_finished_does_not_count_as_pace():
    now = Ticking()
    progress = RunProgress(clock=now)
    done = SectionLine("s1", "Part 1", 100, "accepted", 100)
    progress.handle_event(Planned("w", "Tides", (done, *PLAN.sections[1:])))
    progress.handle_event(SectionBegan("w", "s2"))
    now.now += 10
    progress.handle_event(SectionReached("w", "s2", "accepted", 100))
    assert progress.eta_s == pytest.approx(10)


def test_answers_from_the_journal_are_no_calls_and_no_speed():
    now = Ticking()
    progress = RunProgress(clock=now)
    progress.handle_event(PhaseBegan("w", "drafting"))
    now.now += 2
    progress.handle_event(answered(100))
    progress.handle_event(answered(500, from_journal=True))
    assert (progress.calls, progress.from_journal) == (1, 1)
    assert progress.tokens_per_s == pytest.approx(50)


def test_the_plain_form_is_one_line_an_event():
    said: list[str] = []
    with make_display(RunDisplay(), said.append, live=False) as display:
        for event in (
            PhaseBegan("w", "drafting"),
            PLAN,
            SectionBegan("w", "s1"),
            TextGrew("w", "s1", "words"),
            answered(10),
            SectionReached("w", "s1", "drafted", 90),
            SectionRevised("w", "s1", 1, ("c1",)),
            SectionFailed("w", "s2", "no answer"),
            Notice("w", "mind this"),
        ):
            display(event)
    lines = [line.split("] ", 1)[1] for line in said]
    assert lines[:3] == ["drafting", "planned: Tides, 3 sections, 300 words", "s1 Part 1: begun"]
    assert lines[3].startswith("s1 Part 1: drafted, 90 of 100 words (1 calls")
    assert lines[4:] == ["s1 Part 1: round 1 mends c1", "s2 Part 2: failed: no answer",
                         "note: mind this"]  # fmt: skip


def test_the_table_fits_the_terminal_however_many_sections_there_are():
    from rich.console import Console

    progress = RunProgress()
    many = tuple(SectionLine(f"s{n}", f"第{n}章 Part " * 9, 100, "planned") for n in range(300))
    progress.handle_event(Planned("w", "Tides", many))
    progress.handle_event(Notice("w", "mind this"))
    console = Console(width=80, height=24, file=io.StringIO())
    console.print(draw_table(progress, height=24))
    shown = console.file.getvalue()
    assert len(shown.splitlines()) <= 24
    assert "of 300 sections" in shown


def test_the_live_display_can_be_entered_without_a_terminal():
    with make_display(RunDisplay(), print, live=True) as display:
        display(PLAN)


def test_times_and_names_are_worded_for_people():
    assert [format_clock(s) for s in (None, 75, 3675)] == ["0:00", "1:15", "1:01:15"]
    assert [format_duration(s) for s in (3.21, 42, 103, 2400, 9000)] == [
        "3.2 s",
        "42 s",
        "1 min 43 s",
        "40 min",
        "2.5 h",
    ]
    assert shorten("灯塔看守人的最后一夜", 9) == "灯塔看守…"
