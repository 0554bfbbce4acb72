"""A request for numbered units in a format of its own: the final text is exactly that."""

import re

import pytest

from inkwright.memory.domain.brief import Brief
from inkwright.memory.store import drafts
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.process import SimServer

OFF = dict.fromkeys(("length_error", "continue_error", "trim_error", "densify_error"), 0.6)
ENGLISH = """\
Write the bible of the radio serial 'Two Rivers', which runs for 9 episodes numbered 1 to 9.
Requirements:
- Episode 3 must turn on a wedding cake.
- The hospital siege lasts from episode 5 through episode 6.
- In episode 2, and again every 3 episodes after it, there is a midnight train.
- Name each of these things, in exactly these words, and do not mention it in any other episode.
- Start every entry with '#*# Episode ' and its number and a colon, e.g. '#*# Episode 1:'.
- Every entry has at least 60 words. After entry 9, close the document with '*** finished'."""
CHINESE = """\
请写博物馆的导览手册，全馆共9个展厅，编号从1到9。
要求：
- 第3个展厅陈列“陨石切片”。
- 第5至第6个展厅均属于“航海特展”。
- 从第2个展厅起，每隔3个展厅设一处“急救点”（即编号 2、5……每次加3）。
- 上面引号中的事物，必须在它所属的那个展厅里用原词写出，不属于的展厅里不要提到。
- 每个展厅以“#*# 展厅 编号：”开头（例如“#*# 展厅 1：”），按编号顺序写。
- 每个展厅不少于60字。全部9个展厅写完后，以“*** finished”结束。"""


def unmet(library: Library, work: str) -> list[str]:
    """Return what the reviews of sections found not met."""
    reviews = [d.review for d in drafts.current(library, work).values() if d.review]
    found = [f for review in reviews for f in review.findings]
    assert found
    return [f"{f.constraint}: {f.evidence}" for f in found if f.status != "met"]


@pytest.mark.parametrize(
    ("request_", "opening", "once", "both", "again"),
    [
        (ENGLISH, "#*# Episode {}:", "wedding cake", "hospital siege", "midnight train"),
        (CHINESE, "#*# 展厅 {}：", "陨石切片", "航海特展", "急救点"),
    ],
)
def test_a_series_comes_out_complete_in_its_format_with_everything_in_its_place(
    sim: SimServer, library: Library, request_: str, opening: str, once: str, both: str, again: str
) -> None:
    """The writer forgets requirements and where they belong, and misses every length.

    The judge is wrong now and then.
    """
    sim.configure(**OFF, forget_probability=0.3, judge_miss=0.1, judge_false=0.1)
    work = writing.begin(library, Brief(request=request_, headings="none"))
    writing.write(library, work, calling(sim, concurrency=16))
    assert unmet(library, work) == []

    text = writing.manuscript(library, work)
    assert text.startswith(opening.format(1))
    assert text.endswith("\n\n*** finished\n")
    assert text.count("*** finished") == 1
    assert re.findall(r"^#\*#.*$", text, re.MULTILINE) == [opening.format(n) for n in range(1, 10)]
    units = dict(enumerate(re.split(r"^#\*#.*$", text, flags=re.MULTILINE)[1:], 1))
    assert [n for n, unit in units.items() if once in unit] == [3]
    assert [n for n, unit in units.items() if both in unit] == [5, 6]
    assert [n for n, unit in units.items() if again in unit] == [2, 5, 8]
