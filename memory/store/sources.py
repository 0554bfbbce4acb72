"""The sources of a work: texts it may draw on, kept whole, each under a key that never changes."""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Sequence

from sqlalchemy import Connection, insert, select, update

from inkwright.memory.base import Value
from inkwright.memory.domain.source import Source, family
from inkwright.memory.errors import BadInput
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


def kept(library: Library, work: str, *, dropped: bool = False) -> list[StoredSource]:
    """Return the sources of a work in the order they came, with those ``dropped`` if wanted."""
    table = schema.sources
    with library.read() as db:
        rows = db.execute(select(table).where(table.c.work == work).order_by(table.c.number))
        found = [
            StoredSource(
                number=r.number,
                source=Source(title=r.title, text=r.text, **(r.about or {"kind": "request"})),
                dropped=r.dropped,
            )
            for r in rows
        ]
    return found if dropped else [k for k in found if not k.dropped]


def keep(library: Library, lease: Lease, sources: Iterable[Source]) -> list[StoredSource]:
    """Add sources; one that is there already is not added twice, but taken up again.

    Raises:
        BadInput: two sources want the same key, or there are too many.
    """
    given = list(sources)
    known = kept(library, lease.work, dropped=True)
    numbers = {mark: k.number for k in known for mark in _marks(k.source)}
    again = [numbers[_mark(s)] for s in given if _mark(s) in numbers]
    taken = {k.source.key for k in known}
    new = keyed([s for s in given if _mark(s) not in numbers], taken)
    with library.write(lease) as db:
        table = schema.sources
        db.execute(
            update(table)
            .where(table.c.work == lease.work, table.c.number.in_(again))
            .values(dropped=False)
        )
        insert_all(db, lease.work, new, after=len(known))
    return [k for k in kept(library, lease.work) if k.number > len(known)]


def insert_all(db: Connection, work: str, sources: Sequence[Source], *, after: int = 0) -> None:
    """Store sources, whose keys are set, under the numbers that follow ``after``."""
    if after + len(sources) > MAX_SOURCES:
        raise BadInput(f"{after + len(sources):,} sources; a work has at most {MAX_SOURCES:,}")
    for number, source in enumerate(sources, after + 1):
        about = source.model_dump(mode="json", exclude={"title", "text", "text_digest"})
        db.execute(
            insert(schema.sources).values(
                work=work, number=number, title=source.title, text=source.text, about=about
            )
        )


def dropped(library: Library, work: str) -> dict[str, str]:
    """Return the titles of the sources taken out of use, by key. Reads no text."""
    table = schema.sources
    with library.read() as db:
        rows = db.execute(
            select(table.c.about, table.c.title).where(table.c.work == work, table.c.dropped)
        )
        return {r.about["key"]: r.title for r in rows}


def drop(library: Library, lease: Lease, key: str) -> StoredSource:
    """Take a source out of use. Its text stays, so that old drafts can still be followed back.

    Raises:
        BadInput: there is none of this key.
    """
    known = {k.source.key: k for k in kept(library, lease.work)}
    if key not in known:
        names = ", ".join(sorted(k for k in known if k)) or "it has none"
        raise BadInput(f"{lease.work} has no source {key!r} ({names})")
    with library.write(lease) as db:
        table = schema.sources
        mine = (table.c.work == lease.work, table.c.number == known[key].number)
        db.execute(update(table).where(*mine).values(dropped=True))
    return known[key].model_copy(update={"dropped": True})


def keyed(sources: Sequence[Source], taken: Iterable[str] = ()) -> list[Source]:
    """Return the sources, each with a key of its own and a title; what is given twice is one.

    A line of a bibliography whose key names a file's stem, or whose title is the file's, tells
    what that file is, and is no source beside it.

    Raises:
        BadInput: two of them were given the same key.
    """
    merged = _with_references(distinct(sources))
    used = set(taken)
    for key in (s.key for s in merged if s.key):
        if key in used:
            raise BadInput(f"two sources have the key {key!r}; give each its own")
        used.add(key)
    found = []
    for source in merged:
        title = source.title or stem(source.name) or "Untitled"
        key = source.key or ("" if source.kind == "request" else _free(_made(source), used))
        used.add(key)
        found.append(source.model_copy(update={"key": key, "title": title}))
    return found


def distinct(sources: Iterable[Source]) -> list[Source]:
    """Return the sources, those that are the same text or reference only once."""
    found: dict[Hashable, Source] = {}
    for source in sources:
        found.setdefault(_mark(source), source)
    return list(found.values())


def stem(name: str) -> str:
    """Return a file's name without its suffix."""
    return name.rpartition(".")[0] or name


def _mark(source: Source) -> Hashable:
    """Return what two sources that are the same have in common: their words, or the reference."""
    return source.text or _reference_mark(source)


def _marks(source: Source) -> Iterator[Hashable]:
    """Yield the marks of what a source is: of a file with a reference, both."""
    yield _mark(source)
    yield _reference_mark(source)


def _reference_mark(source: Source) -> Hashable:
    return source.key.casefold(), _plain(source.title)


def _with_references(sources: Sequence[Source]) -> list[Source]:
    references = [s for s in sources if _is_of_bibliography(s)]
    told = {s.key.casefold(): s for s in references} | {_plain(s.title): s for s in references}
    found, merged = [], set()
    for source in sources:
        if source.name and not source.key:
            about = told.get(stem(source.name).casefold()) or told.get(_plain(source.title))
            if about is not None and about.key not in merged:
                merged.add(about.key)
                told_of = about.model_dump(include={"key", "title", "authors", "more"})
                source = Source(
                    **{**source.model_dump(), **told_of, "date": about.date or source.date}
                )
        found.append(source)
    return [s for s in found if not (_is_of_bibliography(s) and s.key in merged)]


def _is_of_bibliography(source: Source) -> bool:
    return bool(source.more) and not source.name


def _made(source: Source) -> str:
    """Return a key from the first author's last name and the year, or from the title."""
    if source.authors and source.year:
        return f"{_plain(family(source.authors[0]).split()[-1])}{source.year}"
    words = _NOT_IN_A_KEY.sub(" ", stem(source.name) or source.title).split()
    return _plain("_".join(words[:4]))[:40] or "source"


def _plain(text: str) -> str:
    """Return ``text`` as it can stand in a key: no accents, no signs, lower case."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return str(_NOT_IN_A_KEY.sub("", unicodedata.normalize("NFC", bare))).casefold()


def _free(key: str, used: set[str]) -> str:
    """Return ``key``, with a letter or number after it if it is taken."""
    endings: list[str] = [
        "",
        *"bcdefghijklmnopqrstuvwxyz",
        *(str(n) for n in range(2, MAX_SOURCES + 2)),
    ]
    key = key if key[0].isalpha() else f"s{key}"
    return next(f"{key}{e}" for e in endings if f"{key}{e}" not in used)
