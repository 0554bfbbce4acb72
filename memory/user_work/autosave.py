"""What a person is typing into a section: safe at once, and a version when they say so.

One row a section. Its number counts up with every change, so that two windows never overwrite each
other unseen; its base is the version that it was typed on, so that a new draft meanwhile is seen.
"""

from sqlalchemy import delete, insert, select

from inkwright.memory.base import Value
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import drafts, plans, schema
from inkwright.memory.store.library import Library, now


class AutosavedText(Value):
    """A section's text as a person sees it: what they have typed, or else its newest version."""

    text: str
    base: int
    """Version it was typed on; 0: the section had none."""
    revision: int
    """Number of the newest change."""
    newest: int
    """The section's newest version."""
    pending: bool
    """True: it has other words than its base, and is no version yet."""

    @property
    def is_overtaken(self) -> bool:
        """True when the section has had a new version since this was begun."""
        return self.pending and self.base != self.newest


class EditedElsewhere(BadInput):
    """Another window has typed into this section since; nothing was stored."""

    def __init__(self, own_text: str, other_edit: AutosavedText) -> None:
        super().__init__("another window has typed into this section meanwhile")
        self.own_text, self.other_edit = own_text, other_edit


def load_text(library: Library, work_id: WorkId, section_id: SectionId) -> AutosavedText:
    """Return the section's text as the person is to see it."""
    versions = {d.version: d.text for d in drafts.versions(library, work_id, section_id)}
    newest = max(versions, default=0)
    table = schema.typed_texts
    with library.read() as db:
        row = db.execute(
            select(table).where(table.c.work == work_id, table.c.section == section_id)
        ).first()
    if row is None:
        return AutosavedText(
            text=versions.get(newest, ""), base=newest, revision=0, newest=newest, pending=False
        )
    base_text, newest_text = versions.get(row.base, ""), versions.get(newest, "")
    is_pending = row.text not in (base_text, newest_text)
    return AutosavedText(
        text=row.text if is_pending else newest_text,
        base=row.base if is_pending and base_text != newest_text else newest,
        revision=row.revision,
        newest=newest,
        pending=is_pending,
    )


def save_text(
    library: Library,
    work_id: WorkId,
    section_id: SectionId,
    text: str,
    *,
    base_version: int,
    revision: int,
) -> AutosavedText:
    """Store what was typed on version ``base_version``, as the change after ``revision``.

    Raises:
        EditedElsewhere: there is a newer change, with other words.
    """
    current_text = load_text(library, work_id, section_id)
    if current_text.text == text:
        return current_text
    table = schema.typed_texts
    is_this_section = (table.c.work == work_id) & (table.c.section == section_id)
    with library.write() as db:
        stored_revision = db.execute(select(table.c.revision).where(is_this_section)).scalar() or 0
        if stored_revision == revision:
            db.execute(delete(table).where(is_this_section))
            db.execute(
                insert(table).values(
                    work=work_id,
                    section=section_id,
                    text=text,
                    base=base_version,
                    revision=revision + 1,
                    updated_at=now(),
                )
            )
    if stored_revision != revision:
        other_edit = load_text(library, work_id, section_id)
        if other_edit.text != text:
            raise EditedElsewhere(text, other_edit)
    return load_text(library, work_id, section_id)


def list_pending_sections(library: Library, work_id: WorkId) -> list[SectionId]:
    """Return the planned sections with typing that is no version yet, in reading order."""
    table = schema.typed_texts
    with library.read() as db:
        rows = db.execute(select(table.c.section).where(table.c.work == work_id)).scalars()
        planned_ids = plans.in_order(db, work_id, {section_id: section_id for section_id in rows})
    return [
        section_id for section_id in planned_ids if load_text(library, work_id, section_id).pending
    ]
