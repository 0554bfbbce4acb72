"""The sources of a work: texts it may draw on, kept whole, each under a key that never changes."""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Sequence

from sqlalchemy import Connection, insert, select, update

from inkwright.memory.base import Value
from inkwright.memory.domain.source import Source, get_family_name
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import WorkId
from inkwright.memory.store import schema
from inkwright.memory.store.library import Lease, Library

MAX_SOURCES = 5_000
THE_REQUEST = "the request"
_NOT_IN_A_KEY = re.compile(r"[^\w]+")


class StoredSource(Value):
    """A source in the library."""

    number: int
    source: Source
    dropped: bool = False
    """It is cited no more; what rests on it is stale."""


def load_sources(
    library: Library, work_id: WorkId, *, include_dropped: bool = False
) -> list[StoredSource]:
    """Return the sources of a work in the order they came; ``include_dropped``: those too."""
    table = schema.sources
    with library.read() as db:
        rows = db.execute(select(table).where(table.c.work == work_id).order_by(table.c.number))
        stored_sources = [
            StoredSource(
                number=r.number,
                source=Source(title=r.title, text=r.text, **(r.about or {"kind": "request"})),
                dropped=r.dropped,
            )
            for r in rows
        ]
    return stored_sources if include_dropped else [k for k in stored_sources if not k.dropped]


def add_sources(library: Library, lease: Lease, sources: Iterable[Source]) -> list[StoredSource]:
    """Add sources; one that is there already is not added twice, but taken up again.

    Raises:
        BadInput: two sources want the same key, or there are too many.
    """
    source_list = list(sources)
    stored_sources = load_sources(library, lease.work_id, include_dropped=True)
    number_by_mark = {mark: k.number for k in stored_sources for mark in _build_marks(k.source)}
    readded_numbers = [
        number_by_mark[_build_mark(s)] for s in source_list if _build_mark(s) in number_by_mark
    ]
    used_keys = {k.source.key for k in stored_sources}
    new_sources = assign_keys(
        [s for s in source_list if _build_mark(s) not in number_by_mark], used_keys
    )
    with library.write(lease) as db:
        table = schema.sources
        db.execute(
            update(table)
            .where(table.c.work == lease.work_id, table.c.number.in_(readded_numbers))
            .values(dropped=False)
        )
        insert_sources(db, lease.work_id, new_sources, last_number=len(stored_sources))
    return [k for k in load_sources(library, lease.work_id) if k.number > len(stored_sources)]


def insert_sources(
    db: Connection, work_id: WorkId, sources: Sequence[Source], *, last_number: int = 0
) -> None:
    """Store sources, whose keys are set, under the numbers that follow ``last_number``."""
    if last_number + len(sources) > MAX_SOURCES:
        raise BadInput(
            f"{last_number + len(sources):,} sources; a work has at most {MAX_SOURCES:,}"
        )
    for number, source in enumerate(sources, last_number + 1):
        about = source.model_dump(mode="json", exclude={"title", "text", "text_digest"})
        db.execute(
            insert(schema.sources).values(
                work=work_id, number=number, title=source.title, text=source.text, about=about
            )
        )


def load_dropped_titles(library: Library, work_id: WorkId) -> dict[str, str]:
    """Return the titles of the sources taken out of use, by key. Reads no text."""
    table = schema.sources
    with library.read() as db:
        rows = db.execute(
            select(table.c.about, table.c.title).where(table.c.work == work_id, table.c.dropped)
        )
        return {r.about["key"]: r.title for r in rows}


def drop_source(library: Library, lease: Lease, key: str) -> StoredSource:
    """Take a source out of use. Its text stays, so that old drafts can still be followed back.

    Raises:
        BadInput: there is none of this key.
    """
    stored_by_key = {k.source.key: k for k in load_sources(library, lease.work_id)}
    if key not in stored_by_key:
        names = ", ".join(sorted(k for k in stored_by_key if k)) or "it has none"
        raise BadInput(f"{lease.work_id} has no source {key!r} ({names})")
    with library.write(lease) as db:
        table = schema.sources
        is_this_source = (
            table.c.work == lease.work_id,
            table.c.number == stored_by_key[key].number,
        )
        db.execute(update(table).where(*is_this_source).values(dropped=True))
    return stored_by_key[key].model_copy(update={"dropped": True})


def assign_keys(sources: Sequence[Source], reserved_keys: Iterable[str] = ()) -> list[Source]:
    """Return the sources, each with a key of its own and a title; what is given twice is one.

    A line of a bibliography whose key names a file's stem, or whose title is the file's, tells
    what that file is, and is no source beside it.

    Raises:
        BadInput: two of them were given the same key.
    """
    merged_sources = _merge_references(remove_duplicates(sources))
    used_keys = set(reserved_keys)
    for key in (s.key for s in merged_sources if s.key):
        if key in used_keys:
            raise BadInput(f"two sources have the key {key!r}; give each its own")
        used_keys.add(key)
    keyed_sources = []
    for source in merged_sources:
        title = source.title or get_stem(source.name) or "Untitled"
        key = source.key or (
            "" if source.kind == "request" else _make_unique(_make_key(source), used_keys)
        )
        used_keys.add(key)
        keyed_sources.append(source.model_copy(update={"key": key, "title": title}))
    return keyed_sources


def remove_duplicates(sources: Iterable[Source]) -> list[Source]:
    """Return the sources, those that are the same text or reference only once."""
    source_by_mark: dict[Hashable, Source] = {}
    for source in sources:
        source_by_mark.setdefault(_build_mark(source), source)
    return list(source_by_mark.values())


def get_stem(name: str) -> str:
    """Return a file's name without its suffix."""
    return name.rpartition(".")[0] or name


def _build_mark(source: Source) -> Hashable:
    """Return what two sources that are the same have in common: their words, or the reference."""
    return source.text or _build_reference_mark(source)


def _build_marks(source: Source) -> Iterator[Hashable]:
    """Yield the marks of what a source is: of a file with a reference, both."""
    yield _build_mark(source)
    yield _build_reference_mark(source)


def _build_reference_mark(source: Source) -> Hashable:
    return source.key.casefold(), _simplify(source.title)


def _merge_references(sources: Sequence[Source]) -> list[Source]:
    references = [s for s in sources if _is_bibliography_line(s)]
    reference_by_name = {s.key.casefold(): s for s in references} | {
        _simplify(s.title): s for s in references
    }
    all_sources, merged_keys = [], set()
    for source in sources:
        if source.name and not source.key:
            reference = reference_by_name.get(
                get_stem(source.name).casefold()
            ) or reference_by_name.get(_simplify(source.title))
            if reference is not None and reference.key not in merged_keys:
                merged_keys.add(reference.key)
                reference_fields = reference.model_dump(include={"key", "title", "authors", "more"})
                source = Source(
                    **{
                        **source.model_dump(),
                        **reference_fields,
                        "date": reference.date or source.date,
                    }
                )
        all_sources.append(source)
    return [s for s in all_sources if not (_is_bibliography_line(s) and s.key in merged_keys)]


def _is_bibliography_line(source: Source) -> bool:
    return bool(source.more) and not source.name


def _make_key(source: Source) -> str:
    """Return a key from the first author's last name and the year, or from the title."""
    if source.authors and source.year:
        return f"{_simplify(get_family_name(source.authors[0]).split()[-1])}{source.year}"
    words = _NOT_IN_A_KEY.sub(" ", get_stem(source.name) or source.title).split()
    return _simplify("_".join(words[:4]))[:40] or "source"


def _simplify(text: str) -> str:
    """Return ``text`` as it can stand in a key: no accents, no signs, lower case."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return str(_NOT_IN_A_KEY.sub("", unicodedata.normalize("NFC", bare))).casefold()


def _make_unique(key: str, used_keys: set[str]) -> str:
    """Return ``key``, with a letter or number after it if it is taken."""
    endings: list[str] = [
        "",
        *"bcdefghijklmnopqrstuvwxyz",
        *(str(n) for n in range(2, MAX_SOURCES + 2)),
    ]
    key = key if key[0].isalpha() else f"s{key}"
    return next(f"{key}{e}" for e in endings if f"{key}{e}" not in used_keys)
