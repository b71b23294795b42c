# SPDX-License-Identifier: Apache-2.0
"""Small trees for the tests of the checkers: a good one, and changes that a rule must refuse."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"

GOOD = {
    "README.md": "A tree that keeps every rule.\n",
    "src/base/error.hpp": LICENCE + "#pragma once\n#include <string>\n",
    "src/base/error.cpp": LICENCE + '#include "base/error.hpp"\n',
    "src/base/error_test.cpp": LICENCE + '#include <gtest/gtest.h>\n#include "base/error.hpp"\n',
    "src/ring/tensor.hpp": LICENCE + '#pragma once\n#include "base/error.hpp"\n',
    "src/ir/codec.hpp": LICENCE + '#pragma once\n#include <capnp/message.h>\n#include "schemas/plan.capnp.h"\n',
    "actors/node.hpp": LICENCE + '#pragma once\n#include <caf/all.hpp>\n#include "ir/codec.hpp"\n',
    "tests/e2e/job_test.cpp": LICENCE + '#include <gtest/gtest.h>\n#include "actors/node.hpp"\n',
}


class CheckerTest(unittest.TestCase):
    checker = ""  # name of the script under test

    def run_on(self, changes):
        """Exit code and output of the checker on the good tree with `changes`: {path: text or bytes}."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**GOOD, **changes}.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
            command = [sys.executable, "-B", str(SCRIPTS / self.checker), folder]
            result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return result.returncode, result.stdout + result.stderr

    def assert_accepts(self, changes):
        code, output = self.run_on(changes)
        self.assertEqual(code, 0, output)

    def assert_refuses(self, changes, *expected):
        """The one finding contains every string of `expected`."""
        code, output = self.run_on(changes)
        self.assertEqual(code, 1, output)
        findings = output.splitlines()[:-1]
        self.assertEqual(len(findings), 1, output)
        for part in expected:
            self.assertIn(part, findings[0])
