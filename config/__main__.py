"""Django's command line of an installed EC Space: `python -m config`, which is manage.py."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command of `arguments` (the program first), by default those of the process.

    A setting that is not understood ends with one line and exit code 2.
    """
    given = list(sys.argv if arguments is None else arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        _ = settings.INSTALLED_APPS  # reads the settings module
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{given[0].rpartition('/')[2]}: {error}\n")
        sys.exit(2)
    execute_from_command_line(given)


if __name__ == "__main__":
    main()
