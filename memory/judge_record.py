"""How well a model judges: what its answers to control questions with known answers show."""

from math import sqrt
from statistics import NormalDist

from inkwright.memory.base import Value

Z = NormalDist().inv_cdf(0.975)
"""Intervals are of 95%."""
MOST_WRONG = 0.05
"""How often what is called broken may be sound, after all votes on it."""
MOST_VOTES = 5


class JudgeRecord(Value):
    """A model's answers to control questions of one purpose.

    Half of the questions are about something broken (a constraint, a claim that its source does not
    bear out, a contradiction), half about something sound.
    """

    questions: str = ""
    """Digest of the questions and of the prompt they were asked with."""
    broken: int = 0
    """Questions about something broken."""
    caught: int = 0
    """Of these, those that were called broken."""
    sound: int = 0
    alarms: int = 0
    """Of the sound ones, those that were called broken."""
    unanswered: int = 0
    """Of all, those without a usable verdict. They catch nothing and raise no alarm."""

    @property
    def asked(self) -> int:
        return self.broken + self.sound

    @property
    def miss_interval(self) -> tuple[float, float]:
        return compute_interval(self.broken - self.caught, self.broken)

    @property
    def alarm_interval(self) -> tuple[float, float]:
        return compute_interval(self.alarms, self.sound)

    @property
    def least_informedness(self) -> float:
        """Lower bound, at 95%, of the share caught less the share of false alarms.

        That difference is Youden's J; 0 is chance, whatever a judge likes to say. Its bound is
        Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10).
        """
        if not self.broken or not self.sound:
            return -1.0
        caught_share, alarm_share = self.caught / self.broken, self.alarms / self.sound
        least_caught, _ = compute_interval(self.caught, self.broken)
        _, most_alarms = compute_interval(self.alarms, self.sound)
        spread = sqrt((caught_share - least_caught) ** 2 + (most_alarms - alarm_share) ** 2)
        return caught_share - alarm_share - spread

    @property
    def can_judge(self) -> bool:
        """True when its verdicts were shown to be better than chance."""
        return self.least_informedness > 0

    @property
    def votes(self) -> int:
        """Votes of which the majority says that something is broken: 1, 3 or 5.

        As few as leave a false alarm in at most one case of twenty, if votes err independently, at
        the rate that was measured. That rate is (alarms + 1/2) / (questions + 1), since none of a
        few questions is not none at all.
        """
        rate = (self.alarms + 0.5) / (self.sound + 1)
        wrong_by_votes = {1: rate, 3: 3 * rate**2 - 2 * rate**3}
        return next((n for n, wrong in wrong_by_votes.items() if wrong <= MOST_WRONG), MOST_VOTES)

    @property
    def readings(self) -> int:
        """How often something must be found met: 1, 2 or 3 times.

        As few as let something broken pass in at most one case of twenty, by the same reckoning.
        """
        rate = (self.broken - self.caught + 0.5) / (self.broken + 1)
        return next((n for n in (1, 2) if rate**n <= MOST_WRONG), 3)

    def __add__(self, other: "JudgeRecord") -> "JudgeRecord":
        """Return the answers of both; the questions are those of the first."""
        counts = ("broken", "caught", "sound", "alarms", "unanswered")
        sums = {name: getattr(self, name) + getattr(other, name) for name in counts}
        return self.model_copy(update=sums)

    @property
    def line(self) -> str:
        """The record in words, for reports."""
        return (
            f"missed {_format_share(self.broken - self.caught, self.broken, self.miss_interval)},"
            f" false alarms {_format_share(self.alarms, self.sound, self.alarm_interval)}"
        )


def compute_interval(count: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share; (0, 1) when nothing was counted."""
    if not total:
        return 0.0, 1.0
    share, z2 = count / total, Z**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z / (1 + z2 / total) * sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def _format_share(count: int, total: int, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{count} of {total} ({low:.0%} to {high:.0%})"
