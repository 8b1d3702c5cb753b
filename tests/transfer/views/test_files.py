"""The site serves no file outside its folder, whatever a row names."""

from __future__ import annotations

import pytest
from django.urls import reverse

from common.errors import PictureError
from common.media import media_path
from transfer.models import Picture

pytestmark = pytest.mark.django_db
NAMES = ["/etc/passwd", "../../../../etc/passwd", "pictures/../../x", ".."]


@pytest.mark.parametrize("name", NAMES)
def test_a_row_with_a_file_outside_the_folder_has_no_file(researcher, picture, name):
    row = picture("content")
    Picture.objects.filter(pk=row.pk).update(file=name, sha256="0" * 64)
    for page in ("transfer:picture_file", "transfer:picture_thumbnail"):
        assert researcher.get(reverse(page, args=[row.pk])).status_code == 404
    with pytest.raises(PictureError, match="is outside the media folder"):
        media_path(name)


def test_names_with_dots_are_plain_names(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    assert media_path("pictures/a..b.png") == tmp_path / "pictures/a..b.png"
