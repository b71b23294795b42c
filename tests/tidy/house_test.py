# SPDX-License-Identifier: Apache-2.0
"""Each rule of scripts/check_house.py has a tree that it must refuse. Refused words are spelt in pieces."""

import unittest

from bad_tree import LICENCE, CheckerTest

PYTHON_LICENCE = LICENCE.replace("//", "#")


class House(CheckerTest):
    checker = "check_house.py"

    def test_accepts_a_tree_that_keeps_the_rules(self):
        # The good tree has an actor without a test, which only this check looks for.
        self.assert_accepts(TESTED)

    def test_refuses_a_source_without_the_licence_line(self):
        self.refuses("src/base/a.cpp", "int a;\n", "SPDX")
        self.refuses("src/base/a.cpp", "\n" + LICENCE, "SPDX")
        self.refuses("src/base/a.cpp", "", "SPDX")
        self.refuses("scripts/a.py", "import os\n", "SPDX")
        self.refuses("scripts/a.sh", "#!/usr/bin/env bash\nset -e\n" + PYTHON_LICENCE, "SPDX")

    def test_accepts_an_interpreter_line_before_the_licence(self):
        self.assert_accepts({**TESTED, "scripts/a.sh": "#!/usr/bin/env bash\n" + PYTHON_LICENCE})

    def test_refuses_names_that_say_nothing(self):
        for path in ["src/base/util/a.hpp", "src/base/common.hpp", "docs/misc/a.md", "src/vm/Helpers/a.hpp"]:
            with self.subTest(path=path):
                self.refuses(path, LICENCE + "#pragma once\n", "is named")

    def test_refuses_long_files(self):
        self.refuses("src/base/a.cpp", LICENCE + "int a;\n" * 600, "has 601 lines")
        self.assert_accepts({**TESTED, "src/base/a.cpp": LICENCE + "int a;\n" * 599})

    def test_refuses_a_header_without_guard(self):
        self.refuses("src/base/a.hpp", LICENCE, "#pragma once")

    def test_refuses_sleeping_tests(self):
        self.refuses("src/base/a_test.cpp", LICENCE + "std::this_thread::sleep" + "_for(1s);\n", "sleeps")
        self.refuses("tests/e2e/a.py", PYTHON_LICENCE + "time." + "sleep(1)\n", "sleeps")
        self.refuses("tests/e2e/a.sh", PYTHON_LICENCE + "  sle" + "ep 1\n", "sleeps")

    def test_refuses_skipped_tests(self):
        self.refuses("src/base/a_test.cpp", LICENCE + "GTEST_" + "SKIP();\n", "skipped")
        self.refuses("src/base/a_test.cpp", LICENCE + "TEST(Base, DIS" + "ABLED_Works) {}\n", "skipped")
        self.refuses("python/a_test.py", PYTHON_LICENCE + "@pytest.mark." + "skip\n", "skipped")

    def test_refuses_left_over_work(self):
        self.refuses("src/base/a.cpp", LICENCE + "// TO" + "DO: later\n", "unfinished")
        self.refuses("docs/a.md", "FIX" + "ME\n", "unfinished")

    def test_refuses_printing_libraries(self):
        self.refuses("src/base/a.cpp", LICENCE + "std::c" + "out << 1;\n", "prints")
        self.refuses("actors/a.cpp", LICENCE + "std::c" + "out << 1;\n", "prints")
        self.assert_accepts({**TESTED, "src/app/a.cpp": LICENCE + "std::c" + "out << 1;\n"})

    def test_refuses_paths_of_one_machine(self):
        for text in ["see /wo" + "rk/main", "/ro" + "ot/.cache/x", "cd /ho" + "me/jo/spud"]:
            with self.subTest(text=text):
                self.refuses("docs/a.md", text + "\n", "path of one machine")

    def test_refuses_them_in_binary_files_too(self):
        for text in ["/wo" + "rk/main", "/t" + "mp/x/build.py", "/ho" + "me/jo/spud"]:
            with self.subTest(text=text):
                self.refuses("tests/a.pb", "\0A" + text, "path of one machine")

    def test_accepts_paths_that_are_relative_or_in_the_repository(self):
        self.assert_accepts({**TESTED, "docs/a.md": "docs/work/x, ${dir}/work/x, $dir/work/ and ./root/ are fine\n"})

    def test_refuses_hosts_of_package_registries(self):
        for host in ["py" + "pi.org", "files.python" + "hosted.org", "registry.npm" + "js.org", "deb.deb" + "ian.org"]:
            with self.subTest(host=host):
                self.refuses("docs/a.md", f"from {host}\n", "registry")

    def test_refuses_awaiting_more_than_a_name(self):
        for statement in ["int x = co_await f(1);", "co_await Task{1};", "int x = co_await\n    f(1);", "co_return co_await (t);"]:
            with self.subTest(statement=statement):
                self.refuses("src/base/a.cpp", LICENCE + "int a;\n" + statement + "\n", ":3: co_await takes a name")

    def test_accepts_awaiting_a_name(self):
        text = (
            "auto task = f(1);\nint x = co_await task;\nauto operator co_await() const { return 1; }\n"
            '// int x = co_await f(1);\n/* co_await\n f(1); */\nlog("co_await f(1)");\n'
            "for (auto& t : tasks) co_await t;\n"
        )
        self.assert_accepts({**TESTED, "src/base/a.cpp": LICENCE + text})

    def test_refuses_a_folder_of_sources_without_a_test(self):
        self.refuses("src/ring/tensor.cpp", LICENCE, "src/ring: has sources but no")

    def test_accepts_a_test_further_down(self):
        self.assert_accepts(
            {**TESTED, "src/protocol/cost.cpp": LICENCE, "src/protocol/semi2k/mask_test.cpp": LICENCE}
        )

    def test_reads_over_binary_files(self):
        self.assert_accepts({**TESTED, "tests/corpus/program.hlo.pb": b"\x00TO" + b"DO"})

    def refuses(self, path, text, *expected):
        self.assert_refuses({**TESTED, path: text}, path.split("/")[0], *expected)


TESTED = {"actors/node_test.cpp": LICENCE}


if __name__ == "__main__":
    unittest.main()
