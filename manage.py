#!/usr/bin/env python
"""Django's command line: `manage.py COMMAND --help` is the manual."""

from config.__main__ import main

if __name__ == "__main__":
    main()
