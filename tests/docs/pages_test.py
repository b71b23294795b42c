# SPDX-License-Identifier: Apache-2.0
"""Every page of docs/ is in the site's menu, and every link of a page leads somewhere. Without the site: only mkdocs.yml and text."""

import re

from chart import ROOT

DOCS = ROOT / "docs"
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^()\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages():
    return sorted(DOCS.rglob("*.md"))


def menu():
    """Pages that mkdocs.yml names, but for the decisions, which are filled in."""
    nav = re.search(r"^nav:\n(.*?)^\S", (ROOT / "deploy/site/mkdocs.yml").read_text(), re.MULTILINE | re.DOTALL)[1]
    return re.findall(r": (\S+\.md)$", nav, re.MULTILINE)


def elsewhere():
    """Pages of the site that lie elsewhere, as its hook says."""
    hook = (ROOT / "deploy/site/hook.py").read_text()
    return dict(re.findall(r'"(\S+\.md)": "(\S+\.md)"', re.search(r"ELSEWHERE = \{(.*?)\}", hook, re.DOTALL)[1]))


def anchors(text):
    """As GitHub and the site name headings."""
    found, seen = set(), {}
    for heading in HEADING.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
        times = seen[name] = seen.get(name, -1) + 1
        found.add(f"{name}-{times}" if times else name)
    return found


def dead_links(page, root=ROOT):
    dead = []
    for target in LINK.findall(CODE.sub("", page.read_text())):
        if re.match("[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or not there.is_relative_to(root):
            dead.append(f"{page.relative_to(root)}: {target} is not there")
        elif anchor and anchor not in anchors(there.read_text()):
            dead.append(f"{page.relative_to(root)}: {target} is no heading")
    return dead


def test_every_page_is_in_the_menu_once():
    listed = menu()
    assert len(listed) == len(set(listed)) and len(listed) > 20
    there = {page.relative_to(DOCS).as_posix() for page in pages()}
    decisions = {page for page in there if page.startswith("adr/")}
    assert set(listed) == (there - decisions) | set(elsewhere().values())


def test_pages_that_lie_elsewhere_are_there():
    assert len(elsewhere()) == 4
    for source, page in elsewhere().items():
        assert (ROOT / source).exists()
        assert not (DOCS / page).exists(), f"{page} is two pages"


def test_every_link_leads_somewhere():
    assert [one for page in [*pages(), *(ROOT / source for source in elsewhere())] for one in dead_links(page)] == []


def test_a_dead_link_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One thing\n[a](page.md#one-thing) [b](other.md) [c](#two) `[d](no.md)` [e](https://example.org)\n")
    assert dead_links(page, tmp_path) == ["page.md: other.md is not there", "page.md: #two is no heading"]
