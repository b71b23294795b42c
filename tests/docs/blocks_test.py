# SPDX-License-Identifier: Apache-2.0
"""What a page tells its reader to type is found, and what it prints is compared."""

import pytest

from blocks import Unreadable, blocks, differs


def page(tmp_path, text):
    file = tmp_path / "page.md"
    file.write_text(text)
    return file


def test_blocks_know_where_they_are_typed_and_what_they_print(tmp_path):
    first, second, third, yaml = blocks(
        page(
            tmp_path,
            "Text.\n\n```sh\n# alice and bob\nls\n```\n\nprints\n\n```text\na\nb\n```\n\n```sh\n# carol, Kubernetes\nkubectl\n```\n"
            "```sh\n# bob: is refused\nfalse\n```\n```yaml\na: 1\n```\n",
        )
    )
    assert (first.hosts, first.prints, first.line, first.typed) == (("alice", "bob"), ["a", "b"], 3, True)
    assert (second.condition, second.typed) == ("Kubernetes", False)
    assert third.refused and third.typed
    assert yaml.text == "a: 1\n" and not yaml.typed


def test_everybody_is_all_hosts(tmp_path):
    (block,) = blocks(page(tmp_path, "```sh\n# everybody\nls\n```\n"))
    assert block.hosts == ("alice", "bob", "carol")


@pytest.mark.parametrize(
    "text, why",
    [
        ("```sh\nls\n```\n", "page.md:1: the first line must say"),
        ("```sh\n# dora\nls\n```\n", "expected some of"),
        ("```sh\n# bob: hopes\nls\n```\n", "expected 'is refused'"),
        ("```text\na\n```\n", "output without"),
    ],
)
def test_a_block_that_does_not_say_where_is_an_error(tmp_path, text, why):
    with pytest.raises(Unreadable, match=why):
        blocks(page(tmp_path, text))


def test_output_is_compared_line_by_line():
    assert differs(["a …", "b"], ["a 17 s", "b"]) is None
    assert differs(["a", "…", "c"], ["a", "x", "y", "c"]) is None
    assert differs(["…"], []) is None
    assert "it printed" in differs(["a"], ["a", "b"])
    assert "it printed" in differs(["a (1)"], ["a 11"])
    assert differs(["a", "…", "c"], ["a", "x"])
