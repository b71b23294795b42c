# SPDX-License-Identifier: Apache-2.0
"""Lists the files of a checkout for the tidy checks, and reports what they find."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

IGNORED_FOLDERS = {".git", ".venv", ".cache", "build", "__pycache__"}


class Finding(NamedTuple):
    """One broken rule: where, and what was expected instead."""

    path: str
    line: int  # from 1; 0: the file or folder as a whole
    message: str

    def __str__(self):
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.message}"


def list_files(root):
    """Relative paths of all files git would track in `root`, sorted; of a folder that is no checkout, all files."""
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
        # A tracked file that was deleted in the work tree is still listed.
        return sorted({name for name in names if name and (root / name).is_file()})
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in IGNORED_FOLDERS]
        found += [Path(folder, name).relative_to(root).as_posix() for name in names]
    return sorted(found)


def read_text(path):
    """The file's text, or None if it is binary."""
    data = path.read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def main(check, what):
    """Runs `check(root)` on the folder named on the command line (default: this checkout); exit code 1 on findings."""
    if len(sys.argv) > 2:
        print(f"usage: {sys.argv[0]} [FOLDER]", file=sys.stderr)
        return 2
    root = Path(sys.argv[1] if len(sys.argv) == 2 else Path(__file__).parent.parent).resolve()
    if not root.is_dir():
        print(f"{sys.argv[0]}: {root} is no folder", file=sys.stderr)
        return 2
    findings = sorted(check(root))
    for finding in findings:
        print(finding)
    print(f"{what}: {len(findings)} findings")
    return 1 if findings else 0
