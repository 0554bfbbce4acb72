"""The brief's form: what it shows of a brief comes out of it again."""

from importlib import resources

import pytest

from inkwright.app.briefs.loader import build_brief, read_brief
from inkwright.app.ui.brief.fields import build_brief_data, build_form_fields
from inkwright.app.ui.brief.page import EXAMPLES
from inkwright.memory.domain.brief import Brief, OutlineItem


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_ready_made_brief_goes_through_the_form_unchanged(name: str) -> None:
    folder = resources.files("inkwright.app") / "examples"
    with resources.as_file(folder / f"{name}.yaml") as file:
        brief = read_brief(str(file))
    assert build_brief(build_brief_data(build_form_fields(brief))) == brief


def test_what_an_outline_says_of_a_section_goes_through_the_form_unchanged() -> None:
    storm = OutlineItem(
        title="The storm",
        purpose="It breaks.",
        key_points=("The mast goes.",),
        words=300,
        subjects=("Mara", "the lamp"),
        depends_on=("Dawn",),
    )
    parts = (OutlineItem(title="Night", sections=(storm, OutlineItem(title="Dawn"))),)
    brief = Brief(request="Write of a storm.", outline=(*parts, OutlineItem(title="After")))
    assert build_brief(build_brief_data(build_form_fields(brief))).outline == brief.outline
