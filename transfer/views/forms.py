"""The forms of transfer: uploading pictures, launching a batch, filtering a gallery."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import QueryDict

from common.errors import InputError
from common.formats import ACCEPT
from common.name_value import names_and_values
from transfer import methods as registry
from transfer.batches.launch import LARGEST, SMALLEST, Order
from transfer.batches.recipes import AUTO, PRECISIONS
from transfer.batches.recipes import LARGEST as MOST_STIMULI
from transfer.encoders import DEFAULT_ENCODER, ENCODERS
from transfer.models import Batch, Picture, Stimulus
from transfer.views.gallery import ORDERS


class _ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several uploaded files; cleans to a list of them."""

    def __init__(self, *, accept: str, **options: Any) -> None:
        """`accept` filters the browser's file dialogue; files are checked on the server."""
        super().__init__(widget=_ManyFilesInput(attrs={"accept": accept}), **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Clean every file; without files the result is an empty list if none is required."""
        files = (data if isinstance(data, list | tuple) else [data]) or [None]
        cleaned = [forms.FileField.clean(self, file, initial) for file in files]
        return [file for file in cleaned if isinstance(file, UploadedFile)]


class UploadForm(forms.Form):
    """Several pictures of one role, licence and source."""

    role = forms.ChoiceField(choices=Picture.Role.choices, widget=forms.RadioSelect)
    pictures = ManyFilesField(accept=ACCEPT)
    annotations = ManyFilesField(
        required=False,
        accept=".mat",
        help_text="Optional, for content pictures: people's boundaries as BSDS500 .mat files, "
        "named like their pictures. They replace earlier ones.",
    )
    annotations_frame = forms.ChoiceField(
        required=False,
        label="Annotations were drawn on",
        choices=[
            ("upright", "the picture as it is shown"),
            ("stored", "the stored pixels, before the rotation by the EXIF data"),
        ],
    )
    licence = forms.CharField(
        required=False, max_length=200, help_text="Under which the pictures may be shown."
    )
    source = forms.CharField(required=False, max_length=500, help_text="Where they come from.")


class ImportStimuliForm(forms.Form):
    """A manifest with its pictures, and the name of their batch."""

    batch = forms.CharField(
        max_length=200, help_text="Name of the batch. One that was imported before is continued."
    )
    manifest = forms.FileField(
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.gz"}),
        help_text="CSV with the columns image, content, style, method and, optionally, parameters "
        "(a JSON object). Content and style are files, or names of stored pictures.",
    )
    pictures = ManyFilesField(
        accept=ACCEPT, help_text="The files that the manifest names, all at once."
    )


MOST_NUMBERS = 1000
"""Largest number of style weights in a form: each makes a variant of every method in the recipe."""


class NumbersField(forms.CharField):
    """Numbers separated by commas or spaces; cleans to a list of floats."""

    def clean(self, value: Any) -> Any:
        """Parse the numbers."""
        text = super().clean(value)
        try:
            numbers = [float(part) for part in text.replace(",", " ").split()]
        except ValueError:
            raise forms.ValidationError("Use numbers, such as 100, 500") from None
        if len(numbers) > MOST_NUMBERS:
            raise forms.ValidationError(f"Use at most {MOST_NUMBERS} numbers")
        return numbers


class AssignmentsField(forms.CharField):
    """NAME=VALUE lines; cleans to a dictionary."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        """Parse the lines."""
        try:
            return names_and_values(super().clean(value).split())
        except InputError as error:
            raise forms.ValidationError(str(error)) from None


class LaunchForm(forms.Form):
    """The options of a batch; see transfer.batches.launch.Order."""

    name = forms.CharField(max_length=200)
    methods = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    contents = forms.ModelMultipleChoiceField(
        Picture.objects.filter(role=Picture.Role.CONTENT),
        required=False,  # some methods need none; launching checks it
        widget=forms.CheckboxSelectMultiple,
    )
    styles = forms.ModelMultipleChoiceField(
        Picture.objects.filter(role=Picture.Role.STYLE), widget=forms.CheckboxSelectMultiple
    )
    size = forms.IntegerField(
        min_value=SMALLEST, max_value=LARGEST, initial=256, help_text="Width in pixels."
    )
    iterations = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="Empty: each method's own number.",
    )
    style_weights = NumbersField(
        required=False,
        label="Style weight",
        help_text="One, or several such as 100, 500. Empty: each method's own.",
    )
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=0)
    measure = forms.BooleanField(
        required=False, initial=True, label="Measure the stimuli when they are made"
    )
    encoder = forms.ChoiceField(initial=DEFAULT_ENCODER)
    weights = forms.TypedChoiceField(
        required=False,
        label="Range of style weights",
        choices=[
            ("", "as above"),
            ("ordinary", "ordinary: 50, 150 … 1950"),
            ("aggressive", "aggressive: 2291 … 9813"),
        ],
        coerce=str,
        empty_value=None,
        help_text="Twenty weights of the paper's experiment, from lists in its authors' repository "
        "(α from 0.025 to 0.975 where a method has that); its samples are 300 per method.",
    )
    samples = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_STIMULI,
        help_text="Empty: every combination. Otherwise how many are drawn per method.",
    )
    style_share = forms.CharField(
        required=False,
        max_length=200,
        label="Styles together",
        help_text="Empty: one style in each stimulus. Weights that add up to 1, such as 0.3, 0.7: "
        "that number of styles in each.",
    )
    colour = forms.ChoiceField(
        required=False,
        choices=[
            ("", "free: as the method makes them"),
            ("luminance", "luminance: the content's chrominance is kept"),
            ("histogram", "histogram: the style gets the content's colours first"),
        ],
        label="Colours",
    )
    precision = forms.ChoiceField(
        choices=[(AUTO, "auto: the fastest on this machine"), *((p, p) for p in PRECISIONS)],
        help_text="The recipe says what auto became.",
    )
    chunk = forms.IntegerField(
        label="Made together",
        min_value=1,
        max_value=64,
        initial=4,
        help_text="Stimuli in one step; more of them keep a GPU busier and need more memory.",
    )
    settings = AssignmentsField(
        required=False,
        label="Other parameters",
        help_text="NAME=VALUE for all methods or METHOD.NAME=VALUE for one; one on each line.",
    )

    MAIN = ("size", "iterations", "style_weights", "seed")
    MORE = (
        "encoder",
        "weights",
        "samples",
        "style_share",
        "colour",
        "precision",
        "chunk",
        "settings",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer the methods and encoders of the registries."""
        super().__init__(*args, **options)
        self.label_suffix = ""
        methods, encoders = self.fields["methods"], self.fields["encoder"]
        assert isinstance(methods, forms.MultipleChoiceField)
        assert isinstance(encoders, forms.ChoiceField)
        methods.choices = [
            (key, f"{method.name} ({key})") for key, method in registry.METHODS.items()
        ]
        encoders.choices = [(name, f"{name}: {spec.title}") for name, spec in ENCODERS.items()]

    def order(self) -> Order:
        """The order of a valid form."""
        chosen = {name: value for name, value in self.cleaned_data.items() if name != "measure"}
        for name in ("colour", "style_share"):
            if value := chosen.pop(name):
                chosen["settings"] = {name: value} | chosen["settings"]
        return Order(**chosen | {"contents": [*chosen["contents"]], "styles": [*chosen["styles"]]})

    def fields_of(self, names: tuple[str, ...]) -> list[forms.BoundField]:
        """Bound fields by name, for the page."""
        return [self[name] for name in names]


class GalleryForm(forms.Form):
    """Filters of a batch's gallery; empty choices show all stimuli."""

    method = forms.ChoiceField(required=False)
    content = forms.ModelChoiceField(
        Picture.objects.none(), required=False, empty_label="any content"
    )
    style = forms.ModelChoiceField(Picture.objects.none(), required=False, empty_label="any style")
    state = forms.ChoiceField(required=False, choices=[("", "any state"), *Stimulus.State.choices])
    order = forms.ChoiceField(required=False, choices=[("", "as they were made"), *ORDERS.items()])

    def __init__(self, *args: Any, batch: Batch, **options: Any) -> None:
        """Offer the methods and pictures of the batch."""
        super().__init__(*args, **options)
        self.label_suffix = ""
        method, content, style = (self.fields[name] for name in ("method", "content", "style"))
        assert isinstance(method, forms.ChoiceField)
        assert isinstance(content, forms.ModelChoiceField)
        assert isinstance(style, forms.ModelChoiceField)
        methods, content.queryset, style.queryset = _offered(batch)
        method.choices = [("", "any method"), *((key, key) for key in methods)]

    @property
    def order_chosen(self) -> str:
        """One of ORDERS, or empty."""
        self.is_valid()
        return self.cleaned_data.get("order") or ""

    def chosen(self) -> dict[str, Any]:
        """Filters for stimuli; choices that are not offered are ignored."""
        self.is_valid()
        names = {"method": "method", "content": "content", "style": "styles", "state": "state"}
        given = {name: self.cleaned_data.get(name) for name in names}
        return {names[name]: value for name, value in given.items() if value}


def _offered(batch: Batch) -> tuple[list[str], QuerySet[Picture], QuerySet[Picture]]:
    """The methods, contents and styles of a batch: those of its recipe.

    Imported batches have none, so their rows are read; for a hundred thousand rows that would take
    longer than all else on the page.
    """
    recipe = batch.recipe
    if all(recipe.get(name) for name in ("methods", "styles")) and "contents" in recipe:
        methods = sorted({entry["method"] for entry in recipe["methods"]})
        contents, styles = (
            Picture.objects.filter(role=role, sha256__in=recipe[name])
            for role, name in (("content", "contents"), ("style", "styles"))
        )
        return methods, contents, styles
    used = batch.stimuli.order_by("method").values_list("method", flat=True).distinct()
    links = Stimulus.styles.through.objects.filter(stimulus__batch=batch)
    return (
        list(used),
        Picture.objects.filter(pk__in=batch.stimuli.order_by().values("content").distinct()),
        Picture.objects.filter(pk__in=links.values("picture")),
    )


class CompareForm(forms.Form):
    """The choice of what is compared; what is not chosen is the first that there is."""

    batch = forms.ModelChoiceField(Batch.objects.all(), required=False, empty_label="all batches")
    content = forms.ModelChoiceField(Picture.objects.none(), required=False, empty_label=None)
    style = forms.ModelChoiceField(Picture.objects.none(), required=False, empty_label=None)

    def __init__(self, data: QueryDict) -> None:
        """Offer the pictures of finished stimuli: all contents, and the styles of the content."""
        given = data.copy()
        super().__init__(given)
        self.label_suffix = ""
        field = self.fields["batch"]
        assert isinstance(field, forms.ModelChoiceField)
        number = given.get("batch", "")
        self.chosen_batch = (
            Batch.objects.filter(pk=int(number)).first() if _is_key(number) else None
        )
        made = Stimulus.objects.filter(state=Stimulus.State.DONE).order_by()
        made = made.filter(batch=self.chosen_batch) if self.chosen_batch else made
        self._chosen: dict[str, Picture | None] = {}
        self._offer("content", Picture.objects.filter(pk__in=made.values("content")))
        links = Stimulus.styles.through.objects.filter(
            stimulus__in=made.filter(content=self._chosen["content"])
        )
        self._offer("style", Picture.objects.filter(pk__in=links.values("picture")))

    def pair(self) -> tuple[Picture | None, Picture | None]:
        """The content and the style; None where there is none."""
        return self._chosen["content"], self._chosen["style"]

    def _offer(self, name: str, pictures: QuerySet[Picture]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = pictures
        number = self.data.get(name, "")
        chosen = pictures.filter(pk=int(number)).first() if _is_key(number) else None
        chosen = chosen or pictures.first()
        self._chosen[name] = chosen
        self.data[name] = str(chosen.pk) if chosen else ""  # type: ignore[index]  # a copy


def _is_key(text: str) -> bool:
    """Whether a text may be a primary key."""
    return text.isdecimal() and len(text) < 19
