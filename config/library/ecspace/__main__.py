"""`python -m ecspace`: the same as the command `ecspace`."""

from __future__ import annotations

from ecspace.command import main

if __name__ == "__main__":
    main()
