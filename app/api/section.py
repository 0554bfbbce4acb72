"""The text of one section, as its person edits, locks, compares and restores it."""

from inkwright.app.api.handle import WorkHandle
from inkwright.app.config.settings import Settings
from inkwright.memory.cleanup import storable
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts, works
from inkwright.memory.text.word_diff import DiffSpan, diff_words
from inkwright.memory.user_work import autosave, candidates, imported_drafts, locks
from inkwright.memory.user_work.autosave import AutosavedText


class SectionText(WorkHandle):
    """One section's text. What the person writes or locks here, no model changes.

    >>> import inkwright
    >>> piece = inkwright.write("Two short diary entries of a lighthouse keeper.")
    >>> text = inkwright.SectionText(piece.work, "s1")
    >>> text.edit("Mara lit the lamp.").author
    'person'
    >>> text.restore(1).text == text.versions()[0].text
    True
    """

    def __init__(self, work: str, section: str, *, settings: Settings | None = None) -> None:
        super().__init__(work, settings=settings)
        self.section = SectionId(section)

    @property
    def current(self) -> Draft:
        """The newest version.

        Raises:
            BadInput: the section has no text.
        """
        return self.versions()[-1]

    def versions(self) -> list[Draft]:
        """Return every version, oldest first.

        Raises:
            BadInput: the section has no text.
        """
        with self._open() as library:
            return drafts.require_versions(library, self.work, self.section)

    def version(self, number: int) -> Draft:
        """Return one version.

        Raises:
            BadInput: there is none of this number.
        """
        return drafts.select_version(self.versions(), number)

    def candidates(self) -> list[Draft]:
        """Return the drafts that ``inkwright.candidates`` made and that wait for a choice."""
        return candidates.select_open_candidates(self.versions())

    def edit(self, text: str) -> Draft:
        """Store other words; what is new in them is the person's. Memory follows at the next run.

        Raises:
            BadInput: the section is not in the outline.
            WorkBusy: the work is being written.
        """
        with self._open() as library, works.hold_lease(library, self.work) as lease:
            imported_drafts.store_texts(library, lease, {self.section: storable(text)})
        return self.current

    def typed(self) -> AutosavedText:
        """Return the text as it is being typed, or the newest version."""
        with self._open() as library:
            return autosave.load_text(library, self.work, self.section)

    def type(self, text: str, *, base: int, revision: int) -> AutosavedText:
        """Keep what was typed so far; it is no version yet, and a run may be going on.

        Raises:
            EditedElsewhere: another window has typed something else since ``revision``.
        """
        words = storable(text)
        with self._open() as library:
            return autosave.save_text(
                library, self.work, self.section, words, base_version=base, revision=revision
            )

    def keep(self, *, over_newer: bool = False) -> Draft:
        """Make a version of what was typed.

        Raises:
            BadInput: nothing was typed; or, unless ``over_newer``, the section has had a new
                version since.
            WorkBusy: the work is being written.
        """
        autosaved_text = self.typed()
        if not autosaved_text.pending:
            raise BadInput(f"{self.section}: nothing was typed that is not a version already")
        if autosaved_text.is_overtaken and not over_newer:
            raise BadInput(
                f"{self.section} has had version {autosaved_text.newest} since you began on "
                f"version {autosaved_text.base}; compare the two first"
            )
        if not autosaved_text.text.strip():
            raise BadInput("there are no words in it; to drop a section, change the outline")
        draft = self.edit(autosaved_text.text.strip("\n"))
        self.discard()
        return draft

    def discard(self) -> AutosavedText:
        """Drop what was typed, and return to the newest version."""
        autosaved_text = self.typed()
        if not autosaved_text.pending:
            return autosaved_text
        newest_text = self.version(autosaved_text.newest).text if autosaved_text.newest else ""
        return self.type(newest_text, base=autosaved_text.newest, revision=autosaved_text.revision)

    def restore(self, number: int) -> Draft:
        """Store an earlier version's text as the newest, by the person."""
        return self.edit(self.version(number).text)

    def lock(self, words: str | None = None, *, start: int | None = None) -> Draft:
        """Lock ``words``, which stand once in the text or at ``start``, or all of it."""
        with self._open() as library, works.hold_lease(library, self.work) as lease:
            return locks.lock_words(library, lease, self.section, words, start=start)

    def unlock(self, words: str | None = None, *, start: int | None = None) -> Draft:
        """Take the locks off ``words``, or off all of the text."""
        with self._open() as library, works.hold_lease(library, self.work) as lease:
            return locks.unlock_words(library, lease, self.section, words, start=start)

    def diff(self, one: int, other: int) -> list[DiffSpan]:
        """Return what became of version ``one`` in version ``other``, word by word."""
        return diff_words(self.version(one).text, self.version(other).text)
