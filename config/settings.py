"""Django's settings. Everything an installation may change comes from environment variables."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from pythonjsonlogger.core import RESERVED_ATTRS

from config import environment as env
from config.database import database, make_private
from config.secret_key import read_or_make
from config.storage import storages

BASE_DIR = Path(__file__).resolve().parent.parent
_INSTALLED = BASE_DIR / "ecspace" / "site"
INSTALLED = _INSTALLED.is_dir()
"""Installed from a wheel (config/wheel.py), and not a checkout."""
SITE_DIR = _INSTALLED if INSTALLED else BASE_DIR
"""The folder of templates, static files and translations."""
MANAGE = (sys.executable, *(("-m", "config") if INSTALLED else (str(BASE_DIR / "manage.py"),)))
"""The beginning of a command that runs a management command in another process."""
DATA_DIR = env.folder(
    "ECSPACE_DATA", Path("~/.local/share/ecspace") if INSTALLED else BASE_DIR / "var"
)
"""Database, pictures, stimuli and reports of this installation."""

DEBUG = env.flag("DEBUG", False)
PRODUCTION = env.flag("PRODUCTION", False)
"""Served to others, over HTTPS: turns on secure cookies, HSTS and the redirect to HTTPS."""
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured(
        "DEBUG and PRODUCTION are both on: DEBUG shows the inside of the site to every visitor, so "
        "use DEBUG=no in production"
    )

_KEY_FILE = env.text("SECRET_KEY_FILE", "~/.config/ecspace/secret_key")
SECRET_KEY = env.text("SECRET_KEY", "") or read_or_make(Path(_KEY_FILE).expanduser())
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "common",
    "config.accounts",
    "transfer",
    "studies",
    "metrics",
]

MIDDLEWARE = [
    "config.metrics.VoteTimer",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every page asks for a login unless its view says @login_not_required (participants' pages).
    # The CSRF check parses the body, so it comes after the checks of the login and the length.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "config.accounts.policy.ViewersChangeNothing",
    "common.body_limit.BodyLimit",
    "django.middleware.csrf.CsrfViewMiddleware",
    "common.text_filter.TextFilter",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
_LOADERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.accounts.policy.role",
            ],
            "libraries": {"exclusions": "studies.views.exclusions"},
            "loaders": _LOADERS if DEBUG else [("django.template.loaders.cached.Loader", _LOADERS)],
        },
    },
]

DATABASES = {"default": database(env.text("DATABASE_URL", ""), DATA_DIR / "ecspace.sqlite3")}
make_private(DATABASES["default"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TASKS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": env.alias(
            "TASK_BACKEND",
            "database",
            {
                "database": "django_tasks_db.DatabaseBackend",
                "immediate": "django_tasks.backends.immediate.ImmediateBackend",
                "ray": "transfer.batches.ray_backend.RayBackend",
            },
        ),
        # Of the engine ray: the tasks whose rows are in the ledger.
        "OPTIONS": {
            "cluster": [
                "transfer.batches.tasks.make_chunk",
                "metrics.measurements.tasks.measure_jobs",
            ]
        },
    }
}
RAY_ADDRESS = env.text("RAY_ADDRESS", "")
"""The Ray cluster; without it `manage.py ray_workers` starts one on its machine."""
RAY_CORES = env.whole_number("RAY_CORES", 1, least=1)
"""Cores that one actor of a Ray cluster without GPUs takes."""
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
"""Who sends it as a bearer token gets the metrics for Prometheus; without it there are none."""
PROCESSES = env.whole_number("PROCESSES", env.cores(), least=1)
"""How many processes of `generate`, `measure` and `worker` work at once, each on one core."""

_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _MEMORY},
    # What was computed for pages of metrics, under keys of the data that it was computed from, so
    # that nothing in it grows old.
    "figures": {
        "BACKEND": _MEMORY,
        "LOCATION": "figures",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 64},
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
# Languages of participants' pages; researchers' pages are in English.
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ja", "日本語")]
LOCALE_PATHS = [SITE_DIR / "locale"]
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
# plotly.js lies in the Python package that we install anyway: served from there, not copied.
_PLOTLY = importlib.util.find_spec("plotly")
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    SITE_DIR / "static",
    *(
        ("plotly", Path(folder) / "package_data")
        for folder in (_PLOTLY.submodule_search_locations or () if _PLOTLY else ())
    ),
]
# Files are served from the folders they lie in, so there is no STATIC_ROOT to collect them in.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA_DIR / "media"
"""Pictures and stimuli. There is no MEDIA_URL: views send the files to those who may see them."""

STORAGE_URL = env.text("STORAGE_URL", "")
"""The object store that machines share, s3://BUCKET/PREFIX; the media folder is then its cache."""
STORAGES = storages(STORAGE_URL)

LARGEST_UPLOAD = env.whole_number("LARGEST_UPLOAD", 1024, least=1) * 1024 * 1024
"""Bytes of one upload of pictures; the variable is in MB. No other form takes files."""
DATA_UPLOAD_MAX_NUMBER_FILES = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_FAILURE_VIEW = "studies.views.cookies.csrf_failure"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked on the machine itself, without TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
if env.flag("BEHIND_PROXY", False):
    # Only where a proxy sets this header itself: otherwise a visitor could claim HTTPS.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"about": {"()": "common.log_context.About"}},
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}{context}", "style": "{"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{asctime}{levelname}{name}{message}",
            "style": "{",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            "reserved_attrs": [*RESERVED_ATTRS, "context"],
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["about"],
            "formatter": env.choice("LOG_FORMAT", "plain", ["plain", "json"]),
        }
    },
    "root": {
        "handlers": ["console"],
        "level": env.choice("LOG_LEVEL", "WARNING", ["DEBUG", "INFO", "WARNING", "ERROR"]),
    },
}
