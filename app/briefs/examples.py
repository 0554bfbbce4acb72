"""The example briefs that come with Inkwright."""

from importlib.resources import as_file, files

from inkwright.app.briefs.loader import read_brief
from inkwright.memory.domain.brief import Brief


def load_example(name: str) -> Brief:
    """Return an example by its file's name, without the ending."""
    with as_file(files("inkwright.app") / "examples" / f"{name}.yaml") as path:
        return read_brief(str(path))
