"""How near campaigns come to the quota of the account that they share.

Run: python bench/bench_pace.py
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    # The service and the campaigns are those of the tests.
    command = [sys.executable, "-m", "tests.pace.quota"]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)
