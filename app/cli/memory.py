"""``inkwright memory``: the commands on what a work knows."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from inkwright.app.api.memory import EntryState, Memory
from inkwright.app.briefs.loader import read_memory
from inkwright.app.cli import runs
from inkwright.app.cli.options import HELP_SETTINGS, AsJson, Work
from inkwright.app.display.formatting import collapse_lines
from inkwright.app.reports.memory_json import describe_entry, describe_span
from inkwright.app.services.run_options import UNLIMITED
from inkwright.memory.changes import entry_edits
from inkwright.memory.changes.edit_impact import EditImpact, SectionCheck
from inkwright.memory.changes.entry_edits import EntryEdit
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.domain.entry import Entry as MemoryEntry
from inkwright.memory.domain.outline import word_missing_section
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import EntryId

commands = typer.Typer(
    help="Read what a work knows, see what an edit would reach, and make it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=HELP_SETTINGS,
)

Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="An entry's id, such as s3.2.")]
Entries = Annotated[
    list[str], typer.Argument(metavar="ENTRY...", help="Ids of entries, such as s3.2.")
]
Kind = Literal["character", "place", "event", "fact", "term", "style", "thread"]
Preview = Annotated[
    bool, typer.Option("--preview", help="Say which sections it reaches; change nothing.")
]
Settle = Annotated[
    bool, typer.Option("--settle", help="Then check those sections, and patch what contradicts.")
]


@commands.command("list")
def list_(
    work: Work,
    kind: Annotated[Kind | None, typer.Option(help="Only of this kind.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only about this name or alias.")] = None,
    section: Annotated[str | None, typer.Option(help="Only what this section states.")] = None,
    source: Annotated[
        Literal["plan", "section", "source", "person"] | None,
        typer.Option(help="Only what comes from there."),
    ] = None,
    standing: Annotated[
        EntryState,
        typer.Option("--status", help="Only what stands so."),
    ] = "live",
    as_json: AsJson = False,
) -> None:
    """List entries. With --json, as a memory.json that another brief can name."""
    with Memory(work) as work_memory:
        entries = work_memory.entries(
            kind=kind, subject=subject, section=section, origin=source, standing=standing
        )
        if as_json:
            _print_json(work_memory.exported(entries))
            return
        conflicts = work_memory.conflicts() if standing == "live" else []
    for entry in entries:
        typer.echo(_format_entry(entry))
    if not entries:
        typer.echo("memory holds nothing of this kind")
    for one, other in conflicts:
        typer.echo(f"conflict: {one.id} and {other.id} give {one.subject} two values")


@commands.command()
def show(work: Work, entry: Entry, as_json: AsJson = False) -> None:
    """Show one entry: its words in the text, its versions, and who was shown it."""
    with Memory(work) as work_memory:
        entry_history, history = work_memory.entry(entry), work_memory.history(entry)
    if as_json:
        _print_json(
            describe_entry(entry_history.entry)
            | {
                "standing": entry_history.state,
                "words": entry_history.words,
                "span": entry_history.entry.span.model_dump() if entry_history.entry.span else None,
                "sources": [
                    describe_span(s) | {"quote": words} for s, words in entry_history.sources
                ],
                "supersedes": entry_history.entry.supersedes,
                "shown_to": entry_history.shown_to,
                "versions": [describe_entry(e) for e in history],
            }
        )
        return
    typer.echo(_format_entry(entry_history.entry))
    typer.echo(f"  stands: {entry_history.state}; from: {_describe_origin(entry_history.entry)}")
    if entry_history.words:
        typer.echo(f"  in the text: “{entry_history.words}”")
    for span, words in entry_history.sources:
        page = f", p. {span.page}" if span.page else ""
        typer.echo(f"  rests on: [@{span.key}{page}] “{collapse_lines(words)}”")
    if entry_history.entry.supersedes:
        typer.echo(f"  in place of: {entry_history.entry.supersedes}")
    shown_sections = ", ".join(
        f"{section_id} (version {n})" for section_id, n in entry_history.shown_to.items()
    )
    typer.echo(f"  shown to: {shown_sections or 'no section yet'}")
    for version in history:
        typer.echo(f"  version {version.version}, {version.status}: {version.statement}")


@commands.command()
def add(
    work: Work,
    subject: Annotated[str, typer.Argument(help="A name.")] = "",
    statement: Annotated[str, typer.Argument(help="The fact, in a sentence.")] = "",
    attribute: Annotated[str, typer.Option(help="What about it, such as eye colour.")] = "",
    kind: Annotated[Kind, typer.Option(help="What it is.")] = "fact",
    alias: Annotated[list[str] | None, typer.Option(help="Another name; repeatable.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="SECTION", help="True from there on.")
    ] = None,
    story_time: Annotated[str | None, typer.Option(help="When it is true in the story.")] = None,
    pin: Annotated[bool, typer.Option("--pin", help="Show it to every section.")] = False,
    file: Annotated[
        Path | None, typer.Option("--from", help="Add every entry of a memory.json instead.")
    ] = None,
    preview: Preview = False,
    settle: Settle = False,
    as_json: AsJson = False,
) -> None:
    """Add an entry, or those of a file. It is yours: no model overwrites it."""
    if file is not None:
        new_entries = read_memory(file.expanduser())
    elif subject.strip() and statement.strip():
        new_entry = Remembered(
            subject=subject.strip(),
            statement=statement.strip(),
            attribute=attribute.strip(),
            kind=kind,
            aliases=tuple(alias or ()),
            story_time=story_time,
            pinned=pin,
        )
        new_entries = (new_entry,)
    else:
        raise BadInput("give a subject and a statement, or --from FILE with entries")
    addition = entry_edits.build_addition(new_entries, from_section=since)
    _apply_edit(work, addition, preview, settle, as_json, since=since)


@commands.command()
def edit(
    work: Work,
    entry: Entry,
    statement: Annotated[str | None, typer.Argument(help="The fact as it now is.")] = None,
    subject: Annotated[str | None, typer.Option(help="Another subject.")] = None,
    attribute: Annotated[str | None, typer.Option(help="Another attribute.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Another kind.")] = None,
    alias: Annotated[
        list[str] | None, typer.Option(help="Its other names, all of them; repeatable.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="SECTION", help="True from there on.")
    ] = None,
    story_time: Annotated[str | None, typer.Option(help="When it is true in the story.")] = None,
    preview: Preview = False,
    settle: Settle = False,
    as_json: AsJson = False,
) -> None:
    """Change an entry. It is yours from then on."""
    values = {
        "statement": statement,
        "subject": subject,
        "attribute": attribute,
        "kind": kind,
        "aliases": tuple(alias) if alias else None,
        "from_section": since,
        "story_time": story_time,
    }
    changes: dict[str, Any] = {name: v for name, v in values.items() if v is not None}
    if not changes:
        raise BadInput(f"say what {entry} is to say: a statement, or one of the options")
    change = entry_edits.build_change(EntryId(entry), **changes)
    _apply_edit(work, change, preview, settle, as_json, since=since)


@commands.command()
def pin(
    work: Work,
    entries: Entries,
    off: Annotated[bool, typer.Option("--off", help="Unpin them.")] = False,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Show entries to every section, whatever the budget."""
    pinning = entry_edits.build_pinning(_ids(entries), pinned=not off)
    _apply_edit(work, pinning, preview, False, as_json)


@commands.command()
def retract(
    work: Work,
    entries: Entries,
    preview: Preview = False,
    settle: Settle = False,
    as_json: AsJson = False,
) -> None:
    """Let entries hold no longer. Their history stays."""
    _apply_edit(work, entry_edits.build_retraction(_ids(entries)), preview, settle, as_json)


@commands.command()
def merge(
    work: Work,
    subject: Annotated[str, typer.Argument(help="The name that stays.")],
    other: Annotated[str, typer.Argument(help="The name that becomes another name of it.")],
    preview: Preview = False,
    settle: Settle = False,
    as_json: AsJson = False,
) -> None:
    """Join two subjects that are one."""
    joining = entry_edits.build_subject_merge(subject, other)
    _apply_edit(work, joining, preview, settle, as_json)


@commands.command()
def accept(
    work: Work,
    entries: Annotated[
        list[str] | None, typer.Argument(metavar="[ENTRY...]", help="None: all of them.")
    ] = None,
    decline: Annotated[bool, typer.Option("--decline", help="Refuse them instead.")] = False,
    preview: Preview = False,
    settle: Settle = False,
    as_json: AsJson = False,
) -> None:
    """Answer the proposals that your own text made to memory."""
    build_answer = entry_edits.build_rejection if decline else entry_edits.build_acceptance
    _apply_edit(work, build_answer(_ids(entries or ())), preview, settle, as_json)


@commands.command()
def restore(
    work: Work,
    entry: Entry,
    version: Annotated[int, typer.Argument(help="As `inkwright history` counts them.")],
    preview: Preview = False,
    settle: Settle = False,
    as_json: AsJson = False,
) -> None:
    """Let an entry say again what it said in an earlier version."""
    restoration = entry_edits.build_restoration(EntryId(entry), version)
    _apply_edit(work, restoration, preview, settle, as_json)


@commands.command()
def findings(
    work: Work,
    dismissed: Annotated[bool, typer.Option("--all", help="Dismissed ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List where your own sentences contradict memory."""
    work_findings = Memory(work).findings(dismissed=dismissed)
    if as_json:
        _print_json([finding.model_dump(exclude={"stamp"}) for finding in work_findings])
        return
    for finding in work_findings:
        note = " (dismissed)" if finding.dismissed else ""
        typer.echo(f"{finding.number}  {finding.section}: “{finding.evidence}”{note}")
        typer.echo(f"   against memory {finding.line.removeprefix('- ')}")
    if not work_findings:
        typer.echo("no sentence of yours is known to contradict memory")


@commands.command()
def dismiss(
    work: Work,
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="As listed.")],
) -> None:
    """Let findings be. They do not come back."""
    Memory(work).dismiss(*numbers)
    typer.echo(f"dismissed: {', '.join(str(n) for n in numbers)}")


def _ids(entries: Sequence[str]) -> list[EntryId]:
    return [EntryId(entry) for entry in entries]


def _apply_edit(
    work: str,
    entry_edit: EntryEdit,
    preview: bool,
    settle: bool,
    as_json: bool,
    *,
    since: str | None = None,
) -> None:
    """Say what an edit reaches, or make it; then settle what it reached, or say how.

    ``since``: the section from which on it holds, which must be there.
    """
    with Memory(work) as work_memory:
        work_id = work_memory.work
        section_ids = work_memory.sections()
        if since is not None and since not in section_ids:
            raise BadInput(word_missing_section(since, section_ids))
        impact = work_memory.preview(entry_edit)
        new_entries = () if preview else work_memory.apply(entry_edit)
    if preview:
        _print_preview(impact, as_json=as_json)
        return
    if as_json:
        _print_json([describe_entry(e) for e in new_entries])
    else:
        for entry in new_entries:
            typer.echo(_format_entry(entry))
        if not new_entries:
            typer.echo("memory says so already")
    if settle:
        runs.settle(work_id, None, UNLIMITED, only=impact.sections)
    if impact.certain and not as_json:
        certain_sections = ", ".join(c.section for c in impact.certain)
        typer.echo(f"to be checked: {certain_sections}; `inkwright settle {work_id}` does it")


def _print_preview(impact: EditImpact, *, as_json: bool) -> None:
    if as_json:
        _print_json(
            {
                "adds": [describe_entry(e) for e in impact.new_entries],
                "certain": [asdict(c) for c in impact.certain],
                "possible": [asdict(c) for c in impact.possible],
            }
        )
        return
    for name, checks in (("will be checked", impact.certain), ("may follow", impact.possible)):
        typer.echo(f"{name}: {_format_cost(checks)}")
        for check in checks:
            typer.echo(f"  {check.section}  {check.title}: {'; '.join(check.reasons)}")
    typer.echo("nothing was changed")


def _format_cost(checks: Sequence[SectionCheck]) -> str:
    """Say what the checks take, and what they take at most, where everything contradicts."""
    if not checks:
        return "no section"
    usual_tokens, most_tokens = sum(c.tokens for c in checks), sum(c.most_tokens for c in checks)
    section_count = f"{len(checks)} section{'s' if len(checks) > 1 else ''}"
    seconds = [(c.seconds, c.most_seconds) for c in checks]
    known_seconds = [(a, b) for a, b in seconds if a is not None and b is not None]
    time = ""
    if known_seconds:
        time = f", about {sum(a for a, _ in known_seconds):.0f} s one by one"
        time += f" (up to {sum(b for _, b in known_seconds):.0f} s)"
    return (
        f"{section_count}, about {usual_tokens:,} tokens (up to {most_tokens:,} with patches){time}"
    )


def _format_entry(entry: MemoryEntry) -> str:
    marks = [
        m
        for m, is_shown in (("pinned", entry.pinned), (entry.status, entry.status != "live"))
        if is_shown
    ]
    if entry.story_time:
        marks.append(f"at {entry.story_time}")
    return f"{entry.kind:<9} {entry.line.removeprefix('- ')}  {_describe_origin(entry)}" + (
        f" ({', '.join(marks)})" if marks else ""
    )


def _describe_origin(entry: MemoryEntry) -> str:
    if entry.span is not None:
        author_note = ", yours" if entry.origin == "person" else ""
        return f"{entry.span.section}, version {entry.span.draft}{author_note}"
    since_note = f" since {entry.from_section}" if entry.from_section else ""
    return {"person": "yours", "plan": "the plan", "source": "a source"}.get(
        entry.origin, entry.origin
    ) + since_note


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
