"""Which studies a page lists, and what it says of their votes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from studies.models.choices import Cohort

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from studies.models.study import Study  # noqa: F401 - the queries' model


class StudyQuerySet(models.QuerySet["Study"]):
    """Studies with what lists show of them."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> StudyQuerySet:
        """The studies that a researcher may see: their own, those shared with them, and those
        that were made on the command line for nobody in particular. Superusers see all.
        """
        if getattr(user, "is_superuser", False):
            return self.all()
        shared = self.model.members.through.objects.filter(user_id=user.pk or 0)
        mine = models.Q(created_by=user.pk) | models.Q(created_by=None)
        return self.filter(mine | models.Q(pk__in=shared.values("study_id")))

    def with_votes(self) -> StudyQuerySet:
        """Add the numbers of votes by people and by simulated participants."""
        votes = "participants__trials__answer"
        simulated = models.Q(participants__cohort=Cohort.SIMULATED)
        people = models.Q(participants__cohort=Cohort.PEOPLE)
        return self.annotate(
            people_votes=models.Count(votes, filter=people),
            simulated_votes=models.Count(votes, filter=simulated),
        )
