"""The library's tables: journal, ledger and drafts, and the works they belong to."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)

REVISION = "0006"
"""The newest migration in ``memory/migrations/versions``; a library of another is upgraded."""

metadata = MetaData()


def _build_work_column() -> Column[str]:
    return Column("work", Text, ForeignKey("works.id"), primary_key=True)


works = Table(
    "works",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("title", Text, nullable=False),
    Column("brief", JSON, nullable=False),
    Column("arms", JSON, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("pinned", JSON),
    Column("status", Text, nullable=False),
    Column("approved", Boolean, nullable=False, default=False),
    Column("problems", JSON, nullable=False, default=list),
    Column("lease_owner", Text),
    Column("lease_fence", Integer, nullable=False, default=0),
    Column("lease_until", Float, nullable=False, default=0.0),
)

plans = Table(
    "plans",
    metadata,
    _build_work_column(),
    Column("version", Integer, primary_key=True),
    Column("created_at", Float, nullable=False),
    Column("author", Text, nullable=False),
    Column("outline", JSON, nullable=False),
    Column("constraints", JSON, nullable=False),
)

sections = Table(
    "sections",
    metadata,
    _build_work_column(),
    Column("section", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("manifest", Integer),
    Column("drafted", Integer),
    Column("draft", Integer),
    Column("failure", Text),
)

manifests = Table(
    "manifests",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("work", Text, ForeignKey("works.id"), nullable=False, index=True),
    Column("section", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("content", JSON, nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    _build_work_column(),
    Column("section", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("created_at", Float, nullable=False),
    Column("stage", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("words", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("base", Integer),
    Column("manifest", Integer, ForeignKey("manifests.id"), nullable=False),
    Column("review", JSON),
    Column("rounds", Integer, nullable=False),
    Column("held", JSON, nullable=False, server_default="[]"),
)

entries = Table(
    "entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("work", Text, ForeignKey("works.id"), nullable=False),
    Column("id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("aliases", JSON, nullable=False),
    Column("attribute", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("section", Text),
    Column("draft", Integer),
    Column("start", Integer),
    Column("end", Integer),
    Column("from_section", Text),
    Column("supersedes", Text),
    Column("story_time", Text),
    Column("pinned", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    UniqueConstraint("work", "id", "version"),
    Index("entries_by_work", "work", "seq"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("work", Text, ForeignKey("works.id"), nullable=False),
    Column("entry", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("draft", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Index("sightings_by_work", "work", "seq"),
)
"""Where a later draft states what an entry already says."""

checks = Table(
    "checks",
    metadata,
    _build_work_column(),
    Column("section", Text, primary_key=True),
    Column("draft", Integer, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("created_at", Float, nullable=False),
)
"""Stamps: this draft was checked against ``what``, an entry version or an outline node."""

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("work", Text, ForeignKey("works.id"), nullable=False),
    Column("section", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("dismissed", Boolean, nullable=False, server_default=false()),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("work", "section", "stamp", "evidence"),
)
"""Sentences of the person's that contradict memory: told to them, never changed."""

sources = Table(
    "sources",
    metadata,
    _build_work_column(),
    Column("number", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("about", JSON, nullable=False, server_default="{}"),
    Column("dropped", Boolean, nullable=False, server_default=false()),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("work", Text, ForeignKey("works.id"), nullable=False),
    Column("step", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("sample", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("asked_for", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("parts", JSON, nullable=False),
    Column("answer", Text, nullable=False),
    Column("finish", Text, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("thoughts", Text, nullable=False, server_default=""),
    Column("thought_tokens", Integer, nullable=False, server_default="0"),
    Column("usage_estimated", Boolean, nullable=False, server_default=false()),
    UniqueConstraint(
        "work",
        "step",
        "role",
        "purpose",
        "subject",
        "attempt",
        "sample",
        "refused",
        "digest",
        name="one_answer_a_call",
    ),
)

parts = Table(
    "parts",
    metadata,
    _build_work_column(),
    Column("hash", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

outputs = Table(
    "outputs",
    metadata,
    _build_work_column(),
    Column("path", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)
"""What was last written to a path, so that a file a person has changed is seen."""

runs = Table(
    "runs",
    metadata,
    _build_work_column(),
    Column("action", Text, nullable=False),
    Column("began_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("told", JSON, nullable=False),
    Column("ended", Text),
    Column("asked", Text),
    Column("looked_at", Float, nullable=False, server_default="0"),
)
"""What the newest run of a work says of itself, and what a person asks of it."""

live = Table(
    "live",
    metadata,
    _build_work_column(),
    Column("section", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("updated_at", Float, nullable=False),
)
"""Text that a model is writing just now; gone when the section lands."""

typed_texts = Table(
    "typed",
    metadata,
    _build_work_column(),
    Column("section", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("base", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("updated_at", Float, nullable=False),
)
"""What a person is typing into a section, until it becomes a version."""

capabilities = Table(
    "capabilities",
    metadata,
    Column("address", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("updated_at", Float, nullable=False),
    Column("record", JSON, nullable=False),
)
"""What each served model was found to take and to do; of no work alone."""

WORK_TABLES: tuple[Table, ...] = tuple(t for t in metadata.sorted_tables if t is not capabilities)
"""The tables of works, each after those that it refers to."""
