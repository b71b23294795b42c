#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""House rules a compiler cannot check: licence line, names, sizes, what tests and libraries must not do.

    scripts/check_house.py [FOLDER]

Words that the rules refuse are spelt in pieces here, so that this file passes its own check.
"""

import re
import sys
from pathlib import PurePosixPath

from source_tree import Finding, list_files, main, read_text

LICENCE = "SPDX-License-Identifier: Apache-2.0"
CPP = {".cpp", ".hpp"}
SOURCES = CPP | {".py", ".sh", ".capnp", ".proto"}
MAX_LINES = 600
BAD_NAMES = {"util", "utils", "common", "misc", "detail", "details", "helper", "helpers"}

# Rules on lines: (name of the rule, which files, pattern, what is expected)
TESTS_SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|\btime\.sleep\b|^\s*sleep\s+[\d.$]")
TESTS_SKIP = re.compile(r"GTEST_" + r"SKIP|\bDISABLED_|pytest\.(mark\.)?(skip|xfail|importorskip)|unittest\.skip|\.skipTest\(")
LEFT_OVER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
STDOUT = re.compile(r"\bstd::c" + r"out\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(work|root|home/\w+|opt/wheels)/|/tmp/b-\w")
# Whatever stands before it there may be a length.
MACHINE_PATH_IN_BINARY = re.compile(rb"/(work|root|tmp|home/\w+)/")
REGISTRY_HOST = re.compile(
    r"\b(pypi|pythonhosted|npmjs|crates)\.(org|com|io)\b|\b(deb|security|snapshot)\.debian\.org\b"
    r"|\b(proxy|sum)\.golang\.org\b|\brepo\d?\.maven\b"
)

# Of a statement that awaits: what is awaited, if it is more than a name.
AWAITED_CALL = re.compile(r"(?<!operator )\bco_await\b([^;{}()]*)[({]")
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def is_test(path):
    return path.parts[0] == "tests" or path.stem.endswith("_test") or path.stem.startswith("test_")


def is_library(path):
    return path.parts[0] in {"src", "actors"} and path.parts[:2] != ("src", "app") and not is_test(path)


LINE_RULES = [
    # The one place where tests poll real processes, with a deadline.
    (lambda p: is_test(p) and p.suffix in SOURCES and p.as_posix() != "tests/e2e/waiting.py", TESTS_SLEEP, "a test sleeps: advance the time by hand"),
    (lambda p: p.suffix in SOURCES, TESTS_SKIP, "a test is skipped: delete it or make it run"),
    (lambda p: p.suffix in SOURCES or p.suffix in {".md", ".cmake", ".yaml"}, LEFT_OVER, "unfinished work left in the tree"),
    (lambda p: is_library(p) and p.suffix in CPP, STDOUT, "a library prints: return the text, or log it"),
    (lambda p: True, MACHINE_PATH, "names a path of one machine"),
    (lambda p: True, REGISTRY_HOST, "names a package registry's host"),
]


def check_names(path):
    for part in path.parts[:-1] + (path.stem,):
        if part.lower() in BAD_NAMES:
            yield Finding(path.as_posix(), 0, f"is named '{part}': name the idea it holds")


def check_awaits(file, text):
    # What is taken out keeps its line breaks, so that lines can be counted.
    code = COMMENT_OR_STRING.sub(lambda found: "\n" * found.group().count("\n"), text)
    for found in AWAITED_CALL.finditer(code):
        line = code.count("\n", 0, found.start()) + 1
        yield Finding(file, line, "co_await takes a name: g++ 12 destroys temporaries of an awaited call or braces twice")


def check_text(path, text):
    file = path.as_posix()
    lines = text.splitlines()
    if path.suffix in SOURCES:
        # Only an interpreter line may come before the licence.
        first = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
        if not first or LICENCE not in first[0]:
            yield Finding(file, 1, f"expected a comment '{LICENCE}' in the first line")
        if len(lines) > MAX_LINES:
            yield Finding(file, 0, f"has {len(lines)} lines, at most {MAX_LINES}: one idea a file")
    if path.suffix == ".hpp" and "#pragma once" not in lines:
        yield Finding(file, 0, "expected '#pragma once'")
    if path.suffix in CPP:
        yield from check_awaits(file, text)
    rules = [(pattern, message) for applies, pattern, message in LINE_RULES if applies(path)]
    for number, line in enumerate(lines, 1):
        for pattern, message in rules:
            if match := pattern.search(line):
                yield Finding(file, number, f"{message} ({match[0].strip()})")


# What is tested where it meets its neighbours: folder of the sources -> folder of the tests.
TESTED_IN = {
    "src/protocol/ref2k": "tests/contract",  # one suite over all protocols
    "src/protocol/semi2k": "tests/contract",
    "actors/dealer": "tests/e2e",  # actors carry mail; what they decide is tested in src/service
    "actors/door": "tests/e2e",
    "actors/node": "tests/e2e",
    "actors/scheduler": "tests/e2e",
}


def check_tests_beside_code(files):
    """Each folder of library sources has a test in it or below it, or where TESTED_IN says."""
    tested = set()
    for path in files:
        if path.suffix in (".cpp", ".py") and path.stem.endswith("_test"):
            tested.update(path.parents)
    untested = {path.parent for path in files if path.suffix == ".cpp" and is_library(path)} - tested
    for folder in untested:
        elsewhere = TESTED_IN.get(folder.as_posix())
        if elsewhere and PurePosixPath(elsewhere) in tested:
            continue
        yield Finding(folder.as_posix(), 0, "has sources but no *_test.cpp beside them")


def check(root):
    paths = [PurePosixPath(file) for file in list_files(root)]
    yield from check_tests_beside_code(paths)
    for path in paths:
        yield from check_names(path)
        text = read_text(root / path)
        if text is not None:
            yield from check_text(path, text)
        elif match := MACHINE_PATH_IN_BINARY.search((root / path).read_bytes()):
            yield Finding(path.as_posix(), 0, f"names a path of one machine ({match[0].decode()})")


if __name__ == "__main__":
    sys.exit(main(check, "house"))
