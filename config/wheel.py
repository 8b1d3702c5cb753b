"""What the wheel holds besides Python: templates, styles and scripts of pages, and translations.

They lie at the top of the tree, outside every package, and are put into the package `ecspace`,
where `config.settings` finds them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

FOLDERS = ("templates", "static", "locale")


class BuildWithSite(build_py):  # type: ignore[misc]
    """Copies the packages as usual, and then the folders of the site."""

    def run(self) -> None:
        """Copy both; in editable mode the folders of the checkout are used."""
        super().run()
        if not self.editable_mode:
            for folder in FOLDERS:
                target = Path(self.build_lib) / "ecspace" / "site" / folder
                shutil.copytree(folder, target, dirs_exist_ok=True)
