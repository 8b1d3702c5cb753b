"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User

from config.accounts.models import AccessToken, Invitation

MOST_TOKENS = 20
"""Tokens of one account."""


class JoinForm(UserCreationForm[User]):
    """The name and the password of a new account."""


class InviteForm(forms.ModelForm[Invitation]):
    """The role of a new account, and for whom it is."""

    class Meta:
        model = Invitation
        fields = ("role", "note")
        labels = {"note": "For whom"}
        help_texts = {"note": "Only owners see it."}


class TokenForm(forms.Form):
    """The name of a new token."""

    name = forms.CharField(
        max_length=100, help_text="What it is for, such as “notebook on the lab’s server”."
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.user = user

    def clean_name(self) -> str:
        """A name that the account has not given yet."""
        name: str = self.cleaned_data["name"]
        own = AccessToken.objects.filter(user=self.user)
        if own.filter(name=name).exists():
            raise forms.ValidationError("You have a token of this name: revoke it, or use another.")
        if own.count() >= MOST_TOKENS:
            raise forms.ValidationError(f"You have {MOST_TOKENS} tokens: revoke one first.")
        return name
