"""The house rules about names and folders that can be read off the code."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("app", "agents", "memory", "prompts")
MOST_MODULES = 14
DEEPEST = 3
"""Folders from the root down: ``memory/store/migrations``; Alembic's ``versions`` lie below it."""


def modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.py")


@cache
def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def test_a_public_class_name_occurs_once():
    places = defaultdict(list)
    for file in modules():
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_no_folder_is_too_full_or_too_deep():
    counts = defaultdict(int)
    for file in modules():
        if file.name != "__init__.py":
            counts[file.parent.relative_to(ROOT)] += 1
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}
    deep = {f for f in counts if len(f.parts) > DEEPEST and f.name != "versions"}
    assert deep == set()


def fields_of(tree: ast.AST) -> Iterator[ast.AnnAssign]:
    """Yield the fields of classes: many are stored, printed or sent under their names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (line for line in node.body if isinstance(line, ast.AnnAssign))


PARTICIPLES = {
    "found", "told", "given", "known", "asked", "made", "kept", "held", "shown", "said",
    "typed", "taken", "wanted", "cited", "gone", "heard", "placed", "listed", "noted",
    "named", "drawn", "written", "landed", "spent",
}  # fmt: skip
PUBLIC_PARAMETERS = frozenset({"app/api/runs.py", "app/cli/sections.py"})
"""Where callers, or the command line, name a parameter so."""


def test_no_local_and_no_parameter_is_a_participle_alone():
    vague = []
    for file in modules():
        name = str(file.relative_to(ROOT))
        tree = parse(file)
        fields = {id(field.target) for field in fields_of(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                word = node.id if id(node) not in fields else ""
            elif isinstance(node, ast.arg) and name not in PUBLIC_PARAMETERS:
                word = node.arg
            else:
                continue
            if word in PARTICIPLES:
                vague.append(f"{name}:{node.lineno} {word}")
    assert vague == []
