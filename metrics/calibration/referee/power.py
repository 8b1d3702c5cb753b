"""How many people a study needs so that the referee tells two statistics apart.

A vote is predicted by both statistics, by one, or by none. The difference of their accuracies is
the mean of D = (predicted by the one) − (predicted by the other), whose values are −1, 0 and 1, and
E[D²] = d is the share of votes that exactly one of them predicts (with ties, which count half: the
mean square of D). With δ = E[D] the variance of D is d − δ², and d if the statistics are equal:
McNemar's test, whose number of votes for power 1 − β is by Connor (1987)

    n = (t_α √d + t_β √(d − δ²))² / δ²

for independent votes. Votes resemble each other if they share a participant or a stimulus. Of N
votes, m by each participant, on S stimuli, each shares its participant with m − 1 others and its
stimuli with 2 (2N/S − 1), so that variances are larger by the design effect (Kish 1965)

    1 + (m − 1) ρ_people + 2 (2N/S − 1) ρ_stimuli

with the correlations ρ of D. More votes on the same stimuli therefore help less and less. Quantiles
are those of Student's t with min(participants, stimuli) − 1 degrees of freedom, as the referee's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import t as student

from common.errors import InputError
from metrics.calibration.bootstrap import FEWEST_PEOPLE
from metrics.calibration.intervals import LEVEL

MOST_PEOPLE = 1_000_000


@dataclass(frozen=True)
class TwoStatistics:
    """Two statistics that a study is to tell apart.

    Attributes:
        difference: δ, of the shares of votes that they predict; 0 < δ ≤ discordance.
        discordance: d, the share of votes that exactly one of them predicts; at most 1.
        votes: m, of one participant.
        stimuli: S, the number of stimuli that are compared.
        people_correlation, stimuli_correlation: ρ, of D between votes that share a participant or a
            stimulus; 0 ≤ ρ < 1.
        statistics: how many are judged together. All pairs of them share the family-wise error
            of 5 % (Bonferroni; the referee's step-down test finds a little more).

    Raises:
        InputError: numbers outside these ranges.

    """

    difference: float
    discordance: float
    votes: int
    stimuli: int
    people_correlation: float = 0.0
    stimuli_correlation: float = 0.0
    statistics: int = 2

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 < self.difference <= self.discordance <= 1:
            raise InputError(
                f"the accuracies differ by {self.difference:g}, and {self.discordance:g} of the "
                "votes are predicted by exactly one: use 0 < difference ≤ that share ≤ 1"
            )
        for name in ("people_correlation", "stimuli_correlation"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name} {getattr(self, name):g} is not in 0 … 1: use 0 … 0.99")
        if self.votes < 1 or self.stimuli < 2 or self.statistics < 2:
            raise InputError("use at least 1 vote per person, 2 stimuli and 2 statistics")

    def design_effect(self, people: int) -> float:
        """How much larger variances are than with as many independent votes; at least 1."""
        each = 2 * people * self.votes / self.stimuli
        return (
            1
            + (self.votes - 1) * self.people_correlation
            + 2 * max(each - 1, 0.0) * self.stimuli_correlation
        )

    def power(self, people: int) -> float:
        """The probability that the better one is found to be better; 0 for too few people.

        The referee compares no statistics by the votes of fewer than 10 people.
        """
        if people < FEWEST_PEOPLE:
            return 0.0
        effect = self.design_effect(people) / (people * self.votes)
        equal = math.sqrt(self.discordance * effect)
        apart = math.sqrt((self.discordance - self.difference**2) * effect)
        df = max(1, min(people, self.stimuli) - 1)
        pairs = self.statistics * (self.statistics - 1) / 2
        least = student.ppf(1 - (1 - LEVEL) / 2 / pairs, df) * equal
        if apart == 0:  # every vote is predicted by the better one, and by the other never
            return float(self.difference > least)
        return float(student.cdf((self.difference - least) / apart, df))

    def people(self, power: float = 0.8) -> int | None:
        """The smallest number of participants with this power, 0 < power < 1.

        None where no number suffices, as the stimuli are too few.
        """
        few, many = FEWEST_PEOPLE - 1, FEWEST_PEOPLE
        while self.power(many) < power:
            few, many = many, 2 * many
            if many > MOST_PEOPLE:
                return None
        while many - few > 1:
            middle = (few + many) // 2
            few, many = (few, middle) if self.power(middle) >= power else (middle, many)
        return many
