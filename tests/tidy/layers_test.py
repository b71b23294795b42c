# SPDX-License-Identifier: Apache-2.0
"""Each rule of scripts/check_layers.py has a tree that it must refuse."""

import subprocess
import sys
import unittest

from bad_tree import SCRIPTS, CheckerTest


class Layers(CheckerTest):
    checker = "check_layers.py"

    def refuses_include(self, path, include, *expected):
        self.assert_refuses({path: f"#include {include}\n"}, f"{path}:1", *expected)

    def test_accepts_a_tree_that_keeps_the_rules(self):
        self.assert_accepts({})

    def test_refuses_an_upward_include(self):
        self.refuses_include("src/base/a.hpp", '"ring/tensor.hpp"', "above its own layer base")

    def test_refuses_an_upward_include_within_system(self):
        self.refuses_include("src/system/crypto/a.cpp", '"system/net/link.hpp"', "above")

    def test_refuses_an_upward_include_from_the_actors(self):
        self.refuses_include("actors/a.cpp", '"app/main.hpp"', "above")

    def test_refuses_an_upward_include_in_a_test_beside_the_code(self):
        self.refuses_include("src/base/a_test.cpp", '"vm/machine.hpp"', "above")

    def test_refuses_an_include_with_odd_spaces(self):
        self.refuses_include("src/base/a.hpp", ' "ring/tensor.hpp"', "above")
        self.assert_refuses({"src/base/a.hpp": '  #  include"ring/tensor.hpp"\n'}, "above")

    def test_refuses_an_include_relative_to_the_file(self):
        self.refuses_include("src/base/a.cpp", '"error.hpp"', "relative to src/")
        self.refuses_include("src/base/a.cpp", '"../ring/tensor.hpp"', "relative to src/")

    def test_refuses_an_unknown_folder_at_the_top(self):
        self.assert_refuses({"stuff/notes.md": ""}, "stuff: unknown folder")

    def test_refuses_an_unknown_folder_under_src(self):
        self.assert_refuses({"src/network/a.cpp": ""}, "src/network: unknown folder")
        self.assert_refuses({"src/system/gpu/a.cpp": ""}, "src/system/gpu: unknown folder")

    def test_accepts_subfolders_of_a_layer(self):
        self.assert_accepts({"src/protocol/semi2k/mask.cpp": '#include "ring/tensor.hpp"\n'})

    def test_refuses_a_guarded_library_outside_its_layer(self):
        for path, include, home in [
            ("src/service/a.cpp", "<caf/all.hpp>", "actors and app"),
            ("src/system/store/a.cpp", "<openssl/evp.h>", "system/crypto"),
            ("src/service/a.hpp", "<rocksdb/db.h>", "system/store"),
            ("src/vm/a.cpp", "<capnp/message.h>", "codecs"),
            ("src/vm/a.cpp", "<kj/io.h>", "codecs"),
            ("src/vm/a.cpp", '"schemas/plan.capnp.h"', "codecs"),
            ("actors/a.cpp", "<spdlog/spdlog.h>", "system/metrics"),
            ("actors/a.cpp", "<httplib.h>", "system/metrics"),
            ("actors/a.cpp", "<prometheus/registry.h>", "system/metrics"),
            ("src/service/job.cpp", "<yaml-cpp/yaml.h>", "service/config"),
            ("src/vm/a.cpp", "<google/protobuf/message.h>", "compiler"),
            ("src/vm/a.cpp", '"schemas/hlo.pb.h"', "compiler"),
            ("src/vm/a.cpp", "<zip.h>", "io"),
            ("actors/a.cpp", "<CLI/CLI.hpp>", "app"),
            ("src/vm/a.hpp", "<gtest/gtest.h>", "tests"),
            ("src/vm/a_test.cpp", "<benchmark/benchmark.h>", "_bench.cpp"),
        ]:
            with self.subTest(path=path, include=include):
                self.refuses_include(path, include, "kept to", home)

    def test_accepts_a_guarded_library_at_home(self):
        self.assert_accepts(
            {
                "src/app/main.cpp": "#include <caf/all.hpp>\n#include <CLI/CLI.hpp>\n",
                "src/system/net/tls.cpp": "#include <openssl/ssl.h>\n",
                "src/system/store/db.cpp": "#include <rocksdb/db.h>\n",
                "src/system/net/frame_wire.cpp": '#include <capnp/serialize.h>\n#include "schemas/frame.capnp.h"\n',
                "src/system/metrics/http.cpp": "#include <httplib.h>\n#include <spdlog/spdlog.h>\n",
                "src/service/wire/frame.cpp": "#include <capnp/message.h>\n",
                "src/ops/evaluate_for_tests.hpp": "#include <gtest/gtest.h>\n",
                "src/ops/evaluate_test.cpp": '#include "ops/evaluate_for_tests.hpp"\n',
                "src/service/policy.cpp": "#include <yaml-cpp/yaml.h>\n",
                "src/service/config/node.cpp": "#include <yaml-cpp/yaml.h>\n",
                "src/compiler/import.cpp": '#include "schemas/hlo.pb.h"\n',
                "src/ring/gemm_bench.cpp": "#include <benchmark/benchmark.h>\n",
            }
        )

    def test_refuses_what_is_for_tests_in_a_library(self):
        self.refuses_include("src/ops/a.cpp", '"ops/evaluate_for_tests.hpp"', "for tests only")

    def test_refuses_a_protocol_by_name_in_a_layer_that_must_not_know_it(self):
        self.refuses_include("src/ops/a.cpp", '"protocol/semi2k/mask.hpp"', "which protocol runs")

    def test_accepts_a_protocol_by_name_in_a_test(self):
        self.assert_accepts({"src/ops/a_test.cpp": '#include "protocol/ref2k/ref2k.hpp"\n'})

    def test_refuses_a_folder_that_does_not_exist(self):
        command = [sys.executable, "-B", str(SCRIPTS / self.checker), "no/such/folder"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 2)
        self.assertIn("no/such/folder is no folder", result.stderr)


if __name__ == "__main__":
    unittest.main()
