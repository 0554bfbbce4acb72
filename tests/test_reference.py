"""Pages of docs/reference that are made from the code are what the code says."""

import pytest

from tests.reference import FOLDER, build_pages


@pytest.mark.parametrize("name", ["cli.md", "settings.md"])
def test_a_page_made_from_the_code_is_in_step_with_it(name: str):
    page = build_pages()[FOLDER / name]
    assert (FOLDER / name).read_text("utf-8") == page, "run `python -m tests.reference`"
