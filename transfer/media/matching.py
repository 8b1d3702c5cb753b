"""Find the annotation file of each picture by their names."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from common.formats import without_suffix

_ENDINGS = re.compile(r"[-_. ](gt|groundtruth|ground[-_ ]truth|annotations?|boundar(y|ies))$")
"""Endings that tools add to the picture's name."""


@dataclass(frozen=True)
class Matches:
    """Annotations by picture.

    Attributes:
        of_picture: for each picture the numbers of its annotations; more than one is ambiguous.
        left_over: names of annotations without a picture.

    """

    of_picture: list[list[int]]
    left_over: list[str]


def match(pictures: Sequence[str], annotations: Sequence[str]) -> Matches:
    """Match annotations to pictures.

    A picture's annotation has its name without suffix; letter case, Unicode form, a picture's
    suffix before `.mat` and endings such as `_gt` do not matter. If several have it, those in a
    folder of the same name take precedence, then those of exactly the same letters.

    Args:
        pictures: paths below the folder of the pictures, or bare names.
        annotations: paths below the folder of the annotations, or bare names.

    """
    by_name = defaultdict(list)
    for number, name in enumerate(annotations):
        by_name[_key(name)].append(number)
    of_picture: list[list[int]] = []
    for picture in pictures:
        found = by_name.get(_key(picture), [])
        for same in (_same_folder, _same_letters):
            nearer = [one for one in found if same(picture, annotations[one])]
            if len(found) > 1 and nearer:
                found = nearer
        of_picture.append(found)
    used = {number for found in of_picture for number in found}
    return Matches(
        of_picture, [name for number, name in enumerate(annotations) if number not in used]
    )


def _key(name: str) -> str:
    stem = unicodedata.normalize("NFC", _stem(name)).casefold().strip()
    return _ENDINGS.sub("", stem)


def _stem(name: str) -> str:
    return without_suffix(PurePath(name).stem)


def _same_folder(picture: str, annotation: str) -> bool:
    return _folder(picture) == _folder(annotation)


def _folder(name: str) -> str:
    return unicodedata.normalize("NFC", str(PurePath(name).parent)).casefold()


def _same_letters(picture: str, annotation: str) -> bool:
    return _stem(picture) == _stem(annotation)
