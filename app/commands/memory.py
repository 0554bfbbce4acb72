"""``inkwright memory ...``: what each command does, and what it prints."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

from inkwright.app.api.memory import Memory, Standing
from inkwright.app.briefs.loader import read_memory
from inkwright.app.commands import write
from inkwright.app.reports.memory_json import entry_line, span_line
from inkwright.app.services.run_options import UNLIMITED
from inkwright.memory.changes import entry_edits
from inkwright.memory.changes.edit_impact import EditImpact, SectionCheck
from inkwright.memory.changes.entry_edits import Edit
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.domain.entry import Entry
from inkwright.memory.errors import BadInput


@dataclass(frozen=True)
class AfterEdit:
    """What follows an edit."""

    preview: bool = False
    settle: bool = False
    as_json: bool = False


def list_entries(
    work: str,
    kind: str | None,
    subject: str | None,
    section: str | None,
    source: str | None,
    *,
    standing: Standing,
    as_json: bool,
) -> None:
    """Print the entries that fit."""
    memory = Memory(work)
    found = memory.entries(
        kind=kind, subject=subject, section=section, origin=source, standing=standing
    )
    if as_json:
        _print_json(memory.exported(found))
        return
    for entry in found:
        typer.echo(_line(entry))
    if not found:
        typer.echo("memory holds nothing of this kind")
    if standing == "live":
        for one, other in memory.conflicts():
            typer.echo(f"conflict: {one.id} and {other.id} give {one.subject} two values")


def show(work: str, entry: str, *, as_json: bool) -> None:
    """Print all about one entry."""
    memory = Memory(work)
    found, history = memory.entry(entry), memory.history(entry)
    if as_json:
        _print_json(
            entry_line(found.entry)
            | {
                "standing": found.standing,
                "words": found.words,
                "span": found.entry.span.model_dump() if found.entry.span else None,
                "sources": [span_line(s) | {"quote": words} for s, words in found.sources],
                "supersedes": found.entry.supersedes,
                "shown_to": found.shown_to,
                "versions": [entry_line(e) for e in history],
            }
        )
        return
    typer.echo(_line(found.entry))
    typer.echo(f"  stands: {found.standing}; from: {_origin(found.entry)}")
    if found.words:
        typer.echo(f"  in the text: “{found.words}”")
    for span, words in found.sources:
        page = f", p. {span.page}" if span.page else ""
        typer.echo(f"  rests on: [@{span.key}{page}] “{' '.join(words.split())}”")
    if found.entry.supersedes:
        typer.echo(f"  in place of: {found.entry.supersedes}")
    shown = ", ".join(f"{sid} (version {n})" for sid, n in found.shown_to.items())
    typer.echo(f"  shown to: {shown or 'no section yet'}")
    for version in history:
        typer.echo(f"  version {version.version}, {version.status}: {version.statement}")


def given(
    subject: str,
    statement: str,
    attribute: str,
    kind: Any,
    aliases: Sequence[str],
    story_time: str | None,
    *,
    pin: bool,
    file: Path | None,
) -> tuple[Remembered, ...]:
    """Return the entries that a command line gives.

    Raises:
        BadInput: there are none.
    """
    if file is not None:
        return read_memory(file.expanduser())
    if not subject.strip() or not statement.strip():
        raise BadInput("give a subject and a statement, or --from FILE with entries")
    return (
        Remembered(
            subject=subject.strip(),
            statement=statement.strip(),
            attribute=attribute.strip(),
            kind=kind,
            aliases=tuple(aliases),
            story_time=story_time,
            pinned=pin,
        ),
    )


def add(work: str, entries: Sequence[Remembered], since: str | None, *, then: AfterEdit) -> None:
    """Add entries."""
    if since is not None:
        _check_section(work, since)
    _do(work, entry_edits.adding(entries, from_section=since), then)


def edit(work: str, entry: str, changes: dict[str, Any], *, then: AfterEdit) -> None:
    """Change one entry.

    Raises:
        BadInput: nothing is to be changed.
    """
    if not changes:
        raise BadInput(f"say what {entry} is to say: a statement, or one of the options")
    if "from_section" in changes:
        _check_section(work, changes["from_section"])
    _do(work, entry_edits.editing(entry, **changes), then)


def pin(work: str, entries: Sequence[str], *, pinned: bool, then: AfterEdit) -> None:
    """Pin or unpin entries."""
    _do(work, entry_edits.pinning(entries, pinned=pinned), then)


def retract(work: str, entries: Sequence[str], *, then: AfterEdit) -> None:
    """Retract entries."""
    _do(work, entry_edits.retracting(entries), then)


def merge(work: str, subject: str, other: str, *, then: AfterEdit) -> None:
    """Join two subjects."""
    _do(work, entry_edits.merging(subject, other), then)


def answer(work: str, entries: Sequence[str], *, accepted: bool, then: AfterEdit) -> None:
    """Accept or decline proposals."""
    _do(work, (entry_edits.accepting if accepted else entry_edits.declining)(entries), then)


def restore(work: str, entry: str, version: int, *, then: AfterEdit) -> None:
    """Restore an earlier version of an entry."""
    _do(work, entry_edits.restoring(entry, version), then)


def list_findings(work: str, *, dismissed: bool, as_json: bool) -> None:
    """Print where the person's sentences contradict memory."""
    memory = Memory(work)
    found = memory.findings(dismissed=dismissed)
    if as_json:
        _print_json([told.model_dump(exclude={"stamp"}) for told in found])
        return
    for told in found:
        note = " (dismissed)" if told.dismissed else ""
        typer.echo(f"{told.number}  {told.section}: “{told.evidence}”{note}")
        typer.echo(f"   against memory {told.line.removeprefix('- ')}")
    if not found:
        typer.echo("no sentence of yours is known to contradict memory")


def dismiss(work: str, numbers: Sequence[int]) -> None:
    """Dismiss findings."""
    Memory(work).dismiss(*numbers)
    typer.echo(f"dismissed: {', '.join(str(n) for n in numbers)}")


def _check_section(work: str, section: str) -> None:
    memory = Memory(work)
    if section not in memory.sections():
        raise BadInput(
            f"{memory.work} has no section {section!r}; `inkwright status {memory.work}` lists them"
        )


def _do(work: str, edit: Edit, then: AfterEdit) -> None:
    memory = Memory(work)
    seen = memory.preview(edit)
    if then.preview:
        _tell_preview(seen, as_json=then.as_json)
        return
    added = memory.apply(edit)
    if then.as_json:
        _print_json([entry_line(e) for e in added])
    else:
        for entry in added:
            typer.echo(_line(entry))
        if not added:
            typer.echo("memory says so already")
    if then.settle:
        code = write.settle(memory.work, out=None, limits=UNLIMITED, only=seen.sections)
        raise typer.Exit(code)
    if seen.certain and not then.as_json:
        stale = ", ".join(c.section for c in seen.certain)
        typer.echo(f"to be checked: {stale}; `inkwright settle {memory.work}` does it")


def _tell_preview(seen: EditImpact, *, as_json: bool) -> None:
    if as_json:
        _print_json(
            {
                "adds": [entry_line(e) for e in seen.added],
                "certain": [asdict(c) for c in seen.certain],
                "possible": [asdict(c) for c in seen.possible],
            }
        )
        return
    for name, checks in (("will be checked", seen.certain), ("may follow", seen.possible)):
        typer.echo(f"{name}: {_cost(checks)}")
        for check in checks:
            typer.echo(f"  {check.section}  {check.title}: {'; '.join(check.reasons)}")
    typer.echo("nothing was changed")


def _cost(checks: Sequence[SectionCheck]) -> str:
    """Say what the checks take, and what they take at most, where everything contradicts."""
    if not checks:
        return "no section"
    usual, most = sum(c.tokens for c in checks), sum(c.most_tokens for c in checks)
    number = f"{len(checks)} section{'s' if len(checks) > 1 else ''}"
    seconds = [(c.seconds, c.most_seconds) for c in checks]
    known = [(a, b) for a, b in seconds if a is not None and b is not None]
    time = ""
    if known:
        time = f", about {sum(a for a, _ in known):.0f} s one by one"
        time += f" (up to {sum(b for _, b in known):.0f} s)"
    return f"{number}, about {usual:,} tokens (up to {most:,} with patches){time}"


def _line(entry: Entry) -> str:
    marks = [
        m for m, on in (("pinned", entry.pinned), (entry.status, entry.status != "live")) if on
    ]
    if entry.story_time:
        marks.append(f"at {entry.story_time}")
    return f"{entry.kind:<9} {entry.line.removeprefix('- ')}  {_origin(entry)}" + (
        f" ({', '.join(marks)})" if marks else ""
    )


def _origin(entry: Entry) -> str:
    if entry.span is not None:
        whose = ", yours" if entry.origin == "person" else ""
        return f"{entry.span.section}, version {entry.span.draft}{whose}"
    since = f" since {entry.from_section}" if entry.from_section else ""
    return {"person": "yours", "plan": "the plan", "source": "a source"}.get(
        entry.origin, entry.origin
    ) + since


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
