# SPDX-License-Identifier: Apache-2.0
"""What the tests of the documents share."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), *(str(Path(__file__).parents[1] / name) for name in ("e2e", "chart"))]

