"""The journal: every answered model call, stored before its answer is used.

It is what makes a run resumable, the cost ledger, and the prompt inspector. Message texts are kept
once, by content hash.
"""

import hashlib
from collections.abc import Sequence

from sqlalchemy import RowMapping, bindparam, func, insert, select

from inkwright.memory.base import Value
from inkwright.memory.domain.purpose import Purpose, format_purpose
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import schema
from inkwright.memory.store.library import Lease, Library, now

HASHES_PER_QUERY = 500
"""So many message texts are asked for at once."""


class JournaledMessage(Value):
    """One message that a model was sent."""

    role: str
    content: str


class CallKey(Value):
    """What makes a call the same call. Transport failures are no part of it."""

    step: str
    """``plan``, ``whole``, or a section's id."""
    role: str
    purpose: Purpose
    subject: str = ""
    """What the call is about, where ``step`` does not say that."""
    attempt: int = 0
    """Which call of this purpose it is in its step."""
    sample: int = 0
    refused: int = 0
    """Answers to this call that were refused for their content before it."""
    digest: str
    """Of messages, sampling settings, schema, seed and model name."""


class JournaledAnswer(Value):
    """What a model answered, and what it cost."""

    text: str
    finish: str
    """OpenAI's ``finish_reason``: ``stop``, ``length``..."""
    model: str
    """The name of the model that really answered."""
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    """Thoughts among them."""
    seconds: float
    thoughts: str = ""
    """What the model thought before it answered; no part of its answer."""
    thought_tokens: int = 0
    usage_estimated: bool = False
    """True when the server gave no token counts, so that they are our own."""


class JournaledCall(Value):
    """One answered call as it is on record, with its messages."""

    step: str
    role: str
    purpose: str
    """A ``Purpose``, or what another release wrote."""
    subject: str
    attempt: int
    sample: int
    refused: int
    digest: str
    created_at: float
    asked_for: str
    """The model name that was requested."""
    model: str
    answer: str
    finish: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float
    thoughts: str = ""
    thought_tokens: int = 0
    usage_estimated: bool = False
    messages: tuple[JournaledMessage, ...]

    @property
    def label(self) -> str:
        """What the call was for, as people read it."""
        return format_purpose(self.purpose, self.subject, self.attempt)


class RoleUsage(Value):
    """Calls of one role to one model, added up."""

    role: str
    model: str
    requested_model: str
    """As it was asked for: LiteLLM's name, provider first."""
    calls: int
    prompt: int
    cached: int
    completion: int
    seconds: float
    thoughts: int = 0
    """Of the completion tokens, those of thoughts."""


class ModelSpeed(Value):
    """How fast a model answered, as measured over recent calls."""

    calls: int
    seconds_per_prompt_token: float
    seconds_per_completion_token: float


class Journal:
    """The journal of one work, as the process that holds its lease uses it.

    Which calls are answered, and which message texts are stored, is read once: nobody else writes
    them while the lease lasts.
    """

    def __init__(self, library: Library, lease: Lease) -> None:
        self._library, self._lease = library, lease
        table, parts = schema.journal, schema.parts
        columns = [table.c[name] for name in CallKey.model_fields]
        with library.read() as db:
            key_rows = db.execute(select(*columns).where(table.c.work == lease.work_id))
            self._answered_keys = {tuple(row) for row in key_rows}
            hash_rows = db.execute(select(parts.c.hash).where(parts.c.work == lease.work_id))
            self._stored_hashes = {row.hash for row in hash_rows}

    def find_answer(self, key: CallKey) -> JournaledAnswer | None:
        """Return the journaled answer to this call, or None."""
        key_values = tuple(key.model_dump(mode="json").values())
        if key_values not in self._answered_keys:
            return None
        with self._library.read() as db:
            row = db.execute(
                _SELECT_ANSWER, {"work": self._lease.work_id, **key.model_dump(mode="json")}
            ).one()
        answer_fields = {
            name: getattr(row, name) for name in JournaledAnswer.model_fields if name != "text"
        }
        return JournaledAnswer(**answer_fields, text=row.answer)

    def count_answers(self, step: str, role: str, purpose: Purpose, *, refused: int) -> int:
        """Return the answered calls of this kind, after so many refused answers to each."""
        call_kind = {
            ("step", step),
            ("role", role),
            ("purpose", str(purpose)),
            ("refused", refused),
        }
        names = tuple(CallKey.model_fields)
        return sum(call_kind <= set(zip(names, key, strict=True)) for key in self._answered_keys)

    def store_answer(
        self,
        key: CallKey,
        messages: Sequence[dict[str, str]],
        answer: JournaledAnswer,
        *,
        requested_model: str,
    ) -> None:
        """Commit one answered call. ``requested_model`` is the model name that was requested."""
        work_id = self._lease.work_id
        texts = {_hash_text(m["content"]): m["content"] for m in messages}
        new_parts = [
            {"work": work_id, "hash": text_hash, "text": text}
            for text_hash, text in texts.items()
            if text_hash not in self._stored_hashes
        ]
        with self._library.write(self._lease) as db:
            if new_parts:
                db.execute(_INSERT_PARTS, new_parts)
            db.execute(
                _INSERT_CALL,
                {
                    "work": work_id,
                    "created_at": now(),
                    "asked_for": requested_model,
                    "parts": [
                        {"role": m["role"], "hash": _hash_text(m["content"])} for m in messages
                    ],
                    "answer": answer.text,
                    **key.model_dump(mode="json"),
                    **answer.model_dump(exclude={"text"}),
                },
            )
        self._stored_hashes.update(texts)
        self._answered_keys.add(tuple(key.model_dump(mode="json").values()))


_INSERT_PARTS, _INSERT_CALL = insert(schema.parts), insert(schema.journal)
_SELECT_ANSWER = select(schema.journal).where(
    *(schema.journal.c[name] == bindparam(name) for name in ("work", *CallKey.model_fields))
)
_USAGE_GROUP = (
    schema.journal.c.work,
    schema.journal.c.role,
    schema.journal.c.model,
    schema.journal.c.asked_for.label("requested_model"),
)
_SELECT_USAGE = (
    select(
        *_USAGE_GROUP,
        func.count().label("calls"),
        func.sum(schema.journal.c.prompt_tokens).label("prompt"),
        func.sum(schema.journal.c.cached_tokens).label("cached"),
        func.sum(schema.journal.c.completion_tokens).label("completion"),
        func.sum(schema.journal.c.seconds).label("seconds"),
        func.sum(schema.journal.c.thought_tokens).label("thoughts"),
    )
    .group_by(*_USAGE_GROUP)
    .order_by(schema.journal.c.role)
)


def load_usage(library: Library, work_id: WorkId) -> tuple[RoleUsage, ...]:
    """Return what a work has cost so far, by role and model."""
    table = schema.journal
    with library.read() as db:
        rows = db.execute(_SELECT_USAGE.where(table.c.work == work_id)).mappings()
        return tuple(_build_role_usage(row) for row in rows)


def load_usage_by_work(library: Library) -> dict[str, list[RoleUsage]]:
    """Return what every work has cost so far, by its id, as ``load_usage`` does."""
    usage_by_work: dict[str, list[RoleUsage]] = {}
    with library.read() as db:
        for row in db.execute(_SELECT_USAGE).mappings():
            usage_by_work.setdefault(row["work"], []).append(_build_role_usage(row))
    return usage_by_work


def _build_role_usage(row: RowMapping) -> RoleUsage:
    return RoleUsage(**{name: row[name] for name in RoleUsage.model_fields})


def load_calls(library: Library, work_id: WorkId, step: str | None = None) -> list[JournaledCall]:
    """Return every call of a work, or of one step, oldest first, with its messages."""
    table, parts = schema.journal, schema.parts
    query = select(table).where(table.c.work == work_id)
    if step is not None:
        query = query.where(table.c.step == step)
    with library.read() as db:
        call_rows = [dict(row) for row in db.execute(query.order_by(table.c.id)).mappings()]
        hashes = sorted({part["hash"] for call in call_rows for part in call["parts"]})
        texts: dict[SectionId, str] = {}
        for start in range(0, len(hashes), HASHES_PER_QUERY):
            is_in_batch = parts.c.hash.in_(hashes[start : start + HASHES_PER_QUERY])
            rows = db.execute(select(parts).where(parts.c.work == work_id, is_in_batch))
            texts.update((row.hash, row.text) for row in rows)
    return [
        JournaledCall(
            **{name: row[name] for name in JournaledCall.model_fields if name in row},
            messages=tuple(
                JournaledMessage(role=part["role"], content=texts[part["hash"]])
                for part in row["parts"]
            ),
        )
        for row in call_rows
    ]


def load_newest_prompts(library: Library, model: str, limit: int) -> list[tuple[int, list[str]]]:
    """Return the prompt tokens of the newest calls to ``model``, each with its messages' texts."""
    table, parts_table = schema.journal, schema.parts
    prompts = []
    with library.read() as db:
        rows = db.execute(
            select(table.c.work, table.c.prompt_tokens, table.c.parts)
            .where(table.c.asked_for == model)
            .order_by(table.c.id.desc())
            .limit(limit)
        ).all()
        for work_id, tokens, parts in rows:
            hashes = [part["hash"] for part in parts]
            texts = select(parts_table.c.text).where(
                parts_table.c.work == work_id, parts_table.c.hash.in_(hashes)
            )
            prompts.append((tokens, list(db.execute(texts).scalars())))
    return prompts


def measure_speed(library: Library, model: str, *, recent_calls: int = 300) -> ModelSpeed | None:
    """Return how fast ``model`` answered lately in any work; None before its first answers.

    Least squares over the newest ``recent_calls``: seconds as a sum of uncached prompt tokens and
    completion tokens, each at its own pace.
    """
    table = schema.journal
    with library.read() as db:
        rows = db.execute(
            select(
                table.c.prompt_tokens - table.c.cached_tokens,
                table.c.completion_tokens,
                table.c.seconds,
            )
            .where((table.c.model == model) | (table.c.asked_for == model))
            .order_by(table.c.id.desc())
            .limit(recent_calls)
        ).all()
    if not rows:
        return None
    pp = sum(p * p for p, _, _ in rows)
    cc = sum(c * c for _, c, _ in rows)
    pc = sum(p * c for p, c, _ in rows)
    ps = sum(p * s for p, _, s in rows)
    cs = sum(c * s for _, c, s in rows)
    scale = pp * cc - pc * pc
    prompt = (ps * cc - cs * pc) / scale if scale else 0.0
    completion = (cs * pp - ps * pc) / scale if scale else cs / max(cc, 1)
    if prompt < 0:
        prompt, completion = 0.0, cs / max(cc, 1)
    elif completion < 0:
        prompt, completion = ps / max(pp, 1), 0.0
    return ModelSpeed(
        calls=len(rows),
        seconds_per_prompt_token=prompt,
        seconds_per_completion_token=completion,
    )


def _hash_text(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
