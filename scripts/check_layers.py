#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Refuses an include that goes up the layers, a library outside the layers it is kept to, and unknown folders.

    scripts/check_layers.py [FOLDER]

The order below is the architecture (docs/architecture.md). Adding a layer or a folder means adding it here.
"""

import re
import sys
from pathlib import PurePosixPath

from source_tree import Finding, list_files, main, read_text

# Bottom up: a layer includes itself and those before it. The folder is also the first part of its include paths.
LAYERS = [
    # (name in includes, folder in the checkout)
    ("base", "src/base"),
    ("schemas", "schemas"),
    ("ring", "src/ring"),
    ("system/crypto", "src/system/crypto"),
    ("system/net", "src/system/net"),
    ("system/store", "src/system/store"),
    ("system/metrics", "src/system/metrics"),
    ("correlation", "src/correlation"),
    ("protocol", "src/protocol"),
    ("alu", "src/alu"),
    ("ops", "src/ops"),
    ("ir", "src/ir"),
    ("compiler", "src/compiler"),
    ("vm", "src/vm"),
    ("io", "src/io"),
    ("service", "src/service"),
    ("actors", "actors"),
    ("app", "src/app"),
]
RANK = {name: rank for rank, (name, _) in enumerate(LAYERS)}

TOP_FOLDERS = {
    ".ci", "actors", "cmake", "deploy", "docs", "examples", "helm", "python", "schemas", "scripts", "src", "tests",
}  # fmt: skip

# Layers that must not know which protocol runs: they may include protocol/x.hpp, not protocol/<a protocol>/x.hpp.
PROTOCOL_BLIND = {"alu", "ops", "ir", "compiler"}

# Cap'n Proto is used where bytes are read or written: files whose name, or folder's name, says so, and these.
CODEC_NAME = re.compile(r"codec|wire")
CODEC_FILES = set()


# Files that read what people write, in YAML.
YAML_FILE = re.compile(r"src/service/(config|policy)")

# Headers that only tests may include.
FOR_TESTS = re.compile(r"_for_tests\.hpp$")


def is_test(path):
    return path.stem.endswith(("_test", "_for_tests")) or path.parts[0] == "tests"


def is_codec(layer, path):
    named_so = CODEC_NAME.search(path.stem) or path.parent.name in {"codec", "wire"}
    return bool(layer == "schemas" or named_so or path.as_posix() in CODEC_FILES)


def reads_yaml(layer, path):
    return bool(YAML_FILE.match(path.as_posix()))


def in_layers(*names):
    return lambda layer, path: layer in names


# (pattern of the include, may this file use it?, where it belongs)
GUARDED = [
    (r"caf/", in_layers("actors", "app"), "actors and app"),
    (r"openssl/", in_layers("system/crypto", "system/net"), "system/crypto and system/net"),
    (r"rocksdb/", in_layers("system/store"), "system/store"),
    (r"(capnp|kj)/|schemas/.*\.capnp\.h", is_codec, "codecs: files or folders named codec or wire"),
    (r"prometheus/|httplib\.h|spdlog/", in_layers("system/metrics"), "system/metrics"),
    (r"yaml-cpp/", reads_yaml, "service/config and service/policy"),
    (r"google/protobuf/|schemas/.*\.pb\.h", in_layers("compiler"), "compiler"),
    (r"zip\.h", in_layers("io"), "io"),
    (r"CLI/", in_layers("app"), "app"),
    (r"(gtest|gmock)/", lambda layer, path: is_test(path), "tests"),
    (r"benchmark/", lambda layer, path: path.stem.endswith("_bench"), "*_bench.cpp"),
]
GUARDED = [(re.compile(pattern), allowed, where) for pattern, allowed, where in GUARDED]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of(folder):
    """The layer whose folder holds `folder`, or None."""
    for name, home in LAYERS:
        if folder == home or folder.startswith(home + "/"):
            return name
    return None


def layer_of_include(target):
    for name, _ in LAYERS:
        if target.startswith(name + "/"):
            return name
    return None


def check_folders(files):
    seen = set()
    for file in files:
        path = PurePosixPath(file)
        top = path.parts[0]
        if len(path.parts) > 1 and top not in TOP_FOLDERS and top not in seen:
            seen.add(top)
            yield Finding(top, 0, "unknown folder at the top level")
        folder = path.parent.as_posix()
        if top == "src" and folder != "src" and layer_of(folder) is None and folder not in seen:
            seen.add(folder)
            yield Finding(folder, 0, "unknown folder under src/: it belongs to no layer")


def check_include(path, layer, line, quote, target):
    file = path.as_posix()
    for pattern, allowed, where in GUARDED:
        if pattern.match(target) and not allowed(layer, path) and path.parts[0] != "tests":
            yield Finding(file, line, f"includes {target}, which is kept to {where}")
    if quote != '"':
        return
    if FOR_TESTS.search(target) and not is_test(path):
        yield Finding(file, line, f"includes {target}, which is for tests only")
    target_layer = layer_of_include(target)
    if target_layer is None:
        if path.parts[0] != "tests":
            yield Finding(file, line, f'includes "{target}": expected "<layer>/<file>", relative to src/')
        return
    if layer is None:
        return  # tests/: may use every layer
    if RANK[target_layer] > RANK[layer]:
        yield Finding(file, line, f"includes {target}, which is above its own layer {layer}")
    if layer in PROTOCOL_BLIND and target.startswith("protocol/") and target.count("/") > 1 and not is_test(path):
        yield Finding(file, line, f"includes {target}: {layer} must not know which protocol runs")


def check(root):
    files = list_files(root)
    yield from check_folders(files)
    for file in files:
        path = PurePosixPath(file)
        layer = layer_of(path.parent.as_posix())
        if path.suffix not in {".cpp", ".hpp", ".h", ".cc"} or (layer is None and path.parts[0] != "tests"):
            continue
        for line, text in enumerate((read_text(root / file) or "").splitlines(), 1):
            if match := INCLUDE.match(text):
                yield from check_include(path, layer, line, match[1], match[2])


if __name__ == "__main__":
    sys.exit(main(check, "layers"))
