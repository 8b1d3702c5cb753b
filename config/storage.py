"""Where files lie: in the media folder, or in the S3-compatible store that STORAGE_URL names.

The endpoint and the credentials come from the variables that all programs for S3 read:
AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION, AWS_PROFILE.
"""

from __future__ import annotations

import importlib.util
import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured

_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9!_.*'()/-]*))?")
_STATIC = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def storages(url: str) -> dict[str, Any]:
    """Django's STORAGES for STORAGE_URL; empty for the media folder.

    Raises:
        ImproperlyConfigured: `url` is not understood, or the libraries for it are not installed.

    """
    if not url:
        return {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": _STATIC,
        }
    if (parts := _BUCKET.fullmatch(url)) is None:
        raise ImproperlyConfigured(
            f"STORAGE_URL={url!r} is not understood: use s3://BUCKET or s3://BUCKET/PREFIX, or "
            "leave it out for the media folder"
        )
    if not all(importlib.util.find_spec(name) for name in ("storages", "boto3")):
        raise ImproperlyConfigured(
            f"STORAGE_URL={url!r} needs django-storages and boto3: pip install -r "
            "requirements-s3.txt"
        )
    from botocore.config import Config

    options = {
        "bucket_name": parts.group(1),
        "location": (parts.group(2) or "").strip("/"),
        "file_overwrite": True,  # a name is the hash of the content
        "querystring_auth": False,
        "client_config": Config(
            connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 4}
        ),
    }
    return {
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
        "staticfiles": _STATIC,
    }
