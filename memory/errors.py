"""What can go wrong, as a caller sees it.

InkwrightError
├── BadInput            the person can put it right; exit code 2
│   ├── WorkNotFound
│   ├── WorkBusy        another process drafts this work
│   ├── LibraryUnusable read-only, full, or of a newer version
│   └── IndexUnusable   the vector index is damaged; runs go on without it
├── ExportFailed        a file could not be made whole; nothing was written
├── HeldTextLost        a change would lose text that is the person's
├── LeaseLost           another process took the work over
├── BudgetSpent         a limit given to this run was reached
│   └── Paused          a person asked that no more calls be sent
├── Stopped             a person ended the run at once
├── AccessRefused       no call of a role will be answered: ends a run, as a ModelRefused
└── ModelError
    ├── ModelUnreachable  no answer after every retry; exit code 3
    ├── ModelRefused      the endpoint rejects the call (key, name, size); exit code 3
    └── UnusableAnswer    the model answered, but not in the form asked for
"""


class InkwrightError(Exception):
    """Base of every error this project raises on purpose."""


class BadInput(InkwrightError):
    """Something given is wrong. The message says what, and what to change."""


class WorkNotFound(BadInput):
    """No work of that name is in the library."""

    def __init__(self, work: str, similar_ids: tuple[str, ...] = ()) -> None:
        hint = (
            f"; did you mean {similar_ids[0]}?"
            if similar_ids
            else "; `inkwright status` lists them"
        )
        super().__init__(f"no work {work!r} in this library{hint}")
        self.work = work


class WorkBusy(BadInput):
    """A living process holds the work's lease."""

    def __init__(self, work: str, owner: str) -> None:
        super().__init__(
            f"{work} is being written by another process ({owner}); wait for it or stop it first"
        )
        self.work, self.owner = work, owner


class LibraryUnusable(BadInput):
    """The library cannot be opened or written. The message says why."""


class IndexUnusable(BadInput):
    """The vector index cannot be read or written. Nothing is lost: it is built from the library."""


class ExportFailed(InkwrightError):
    """A file could not be made, or did not hold what it should. Nothing was written."""


class HeldTextLost(InkwrightError):
    """A version of a section would lose words that are the person's; it was not stored."""

    def __init__(self, lost_text: str) -> None:
        super().__init__(f"a change would lose text that is the person's: {lost_text[:80]!r}")
        self.lost_text = lost_text


class LeaseLost(InkwrightError):
    """Another process holds a newer lease; nothing more is written by this one."""


class BudgetSpent(InkwrightError):
    """A limit on calls, tokens or minutes was reached. Raising it and resuming goes on."""


class Paused(BudgetSpent):
    """A person asked that no more calls be sent. What was answered is kept; resuming goes on."""


class Stopped(InkwrightError):
    """A person ended the run at once. What was answered is kept; resuming goes on."""


class AccessRefused(InkwrightError):
    """A role's model rejects every call: wrong key or name. Within a run, like a spent budget."""


class ModelError(InkwrightError):
    """A model call gave nothing usable."""


class ModelUnreachable(ModelError):
    """No answer came from the endpoint, after every retry."""


class ModelRefused(ModelError):
    """The endpoint rejects the call as it stands: wrong key, model name or size."""

    def __init__(self, message: str, *, every_call: bool = False) -> None:
        super().__init__(message)
        self.every_call = every_call
        """Any other call would be rejected too: it is not about this prompt."""


class UnusableAnswer(ModelError):
    """The model answered, was asked again, and still did not answer in the form asked for."""

    def __init__(self, purpose: str, fault: str, answer: str) -> None:
        super().__init__(f"{purpose}: {fault}")
        self.purpose, self.fault, self.answer = purpose, fault, answer
