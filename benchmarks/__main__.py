"""`python -m benchmarks [NAME …]`: all benchmarks, or those named."""

from __future__ import annotations

import sys

from benchmarks.runner import run

sys.exit(run(sys.argv[1:]))
