"""How property tests run: few examples, the same each time, and no deadline on a busy machine."""

from hypothesis import settings

settings.register_profile("suite", max_examples=40, deadline=None, derandomize=True)


def few() -> None:
    """Let property tests use few examples from now on."""
    settings.load_profile("suite")
