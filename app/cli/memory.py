"""``inkwright memory``: the commands on what a work knows."""

from pathlib import Path
from typing import Annotated, Literal

import typer

memory = typer.Typer(
    help="Read what a work knows, see what an edit would reach, and make it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Work = Annotated[
    str, typer.Argument(metavar="WORK", help="A work's id, or enough of its beginning.")
]
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="An entry's id, such as s3.2.")]
Entries = Annotated[
    list[str], typer.Argument(metavar="ENTRY...", help="Ids of entries, such as s3.2.")
]
Kind = Literal["character", "place", "event", "fact", "term", "style", "thread"]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Preview = Annotated[
    bool, typer.Option("--preview", help="Say which sections it reaches; change nothing.")
]
Settle = Annotated[
    bool, typer.Option("--settle", help="Then check those sections, and patch what contradicts.")
]


@memory.command("list")
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
        Literal["live", "superseded", "retracted", "proposed", "all"],
        typer.Option("--status", help="Only what stands so."),
    ] = "live",
    as_json: AsJson = False,
) -> None:
    """List entries. With --json, as a memory.json that another brief can name."""
    from inkwright.app.commands import memory

    memory.list_entries(work, kind, subject, section, source, state=standing, as_json=as_json)


@memory.command()
def show(work: Work, entry: Entry, as_json: AsJson = False) -> None:
    """Show one entry: its words in the text, its versions, and who was shown it."""
    from inkwright.app.commands import memory

    memory.show(work, entry, as_json=as_json)


@memory.command()
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
    from inkwright.app.commands import memory

    new_entries = memory.build_entries(
        subject, statement, attribute, kind, alias or (), story_time, pin=pin, file=file
    )
    memory.add(work, new_entries, since, after_edit=memory.AfterEdit(preview, settle, as_json))


@memory.command()
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
    from inkwright.app.commands import memory

    changes = {
        "statement": statement,
        "subject": subject,
        "attribute": attribute,
        "kind": kind,
        "aliases": tuple(alias) if alias else None,
        "from_section": since,
        "story_time": story_time,
    }
    memory.edit(
        work,
        entry,
        {name: value for name, value in changes.items() if value is not None},
        after_edit=memory.AfterEdit(preview, settle, as_json),
    )


@memory.command()
def pin(
    work: Work,
    entries: Entries,
    off: Annotated[bool, typer.Option("--off", help="Unpin them.")] = False,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Show entries to every section, whatever the budget."""
    from inkwright.app.commands import memory

    after_edit = memory.AfterEdit(preview, as_json=as_json)
    memory.pin(work, entries, pinned=not off, after_edit=after_edit)


@memory.command()
def retract(
    work: Work,
    entries: Entries,
    preview: Preview = False,
    settle: Settle = False,
    as_json: AsJson = False,
) -> None:
    """Let entries hold no longer. Their history stays."""
    from inkwright.app.commands import memory

    memory.retract(work, entries, after_edit=memory.AfterEdit(preview, settle, as_json))


@memory.command()
def merge(
    work: Work,
    subject: Annotated[str, typer.Argument(help="The name that stays.")],
    other: Annotated[str, typer.Argument(help="The name that becomes another name of it.")],
    preview: Preview = False,
    settle: Settle = False,
    as_json: AsJson = False,
) -> None:
    """Join two subjects that are one."""
    from inkwright.app.commands import memory

    memory.merge(work, subject, other, after_edit=memory.AfterEdit(preview, settle, as_json))


@memory.command()
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
    from inkwright.app.commands import memory

    after_edit = memory.AfterEdit(preview, settle, as_json)
    memory.answer(work, entries or [], accepted=not decline, after_edit=after_edit)


@memory.command()
def restore(
    work: Work,
    entry: Entry,
    version: Annotated[int, typer.Argument(help="As `inkwright history` counts them.")],
    preview: Preview = False,
    settle: Settle = False,
    as_json: AsJson = False,
) -> None:
    """Let an entry say again what it said in an earlier version."""
    from inkwright.app.commands import memory

    after_edit = memory.AfterEdit(preview, settle, as_json)
    memory.restore(work, entry, version, after_edit=after_edit)


@memory.command()
def findings(
    work: Work,
    dismissed: Annotated[bool, typer.Option("--all", help="Dismissed ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List where your own sentences contradict memory."""
    from inkwright.app.commands import memory

    memory.list_findings(work, dismissed=dismissed, as_json=as_json)


@memory.command()
def dismiss(
    work: Work,
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="As listed.")],
) -> None:
    """Let findings be. They do not come back."""
    from inkwright.app.commands import memory

    memory.dismiss(work, numbers)
