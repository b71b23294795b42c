# SPDX-License-Identifier: Apache-2.0
"""What mkdocs does not do by itself for scripts/site.sh.

* Pages that lie elsewhere in the repository, where their readers look for them, are pages of the site as well.
* Links of pages are as they are in the repository. One to a page of the site becomes that; one to another file loses its link and keeps
  its text; one to nothing fails the build.
* Every decision of docs/adr is in the navigation.
* The home page takes its diagram and its table from README, at the comments "from README".
* What the theme would fetch from elsewhere lies on the site: mermaid, which only pages with diagrams load, and a worker for searches of
  pages that were opened as files.
"""

import os
import posixpath
import re
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
# Where it lies -> what it is called on the site.
ELSEWHERE = {
    "README.md": "start.md",
    "CONTRIBUTING.md": "contributing.md",
    "deploy/README.md": "operate/deploy.md",
    "helm/spud/README.md": "operate/chart.md",
}
# Where it is put on the site -> the variable that says where scripts/site.sh has it.
FETCHED = {"assets/mermaid.min.js": "SPUD_MERMAID", "assets/iframe-worker.js": "SPUD_IFRAME_WORKER"}
MERMAID, WORKER = FETCHED
WORKER_ELSEWHERE = "https://unpkg.com/iframe-worker/shim"
# What the theme's script fetches if it is not there: mermaid, and a polyfill for browsers of 2018.
ELSEWHERE_ON_DEMAND = re.compile(r"https://unpkg\.com/[\w@./-]+")
# [text](target) and ![text](target), not within code.
LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>[^()\s]+)\)")
CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
FROM_README = re.compile(r"<!-- from README: (.+) -->")
DIAGRAM = re.compile(r"^```mermaid\n.*?^```$", re.MULTILINE | re.DOTALL)


def on_config(config):
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    for section in config["nav"]:
        if "Decisions" in section:
            section["Decisions"] = [{title_of(file): f"adr/{file.name}"} for file in decisions]
    return config


def title_of(file):
    return HEADING.search(file.read_text())[1]


def on_files(files, config):
    for source, page in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text()))
    for script, variable in FETCHED.items():
        if variable not in os.environ:
            raise PluginError(f"{variable} names no file: build the site by scripts/site.sh")
        files.append(File.generated(config, script, abs_src_path=os.environ[variable]))
    return files


def lies_at(page):
    """Where a page of the site lies in the repository."""
    return next((source for source, name in ELSEWHERE.items() if name == page), f"docs/{page}")


def on_page_markdown(markdown, page, config, files):
    here = page.file.src_uri
    if here == "index.md":
        # The sentence after the comment is for those who read the page without this hook.
        markdown = re.sub(FROM_README.pattern + r"(?:\n\nThe table is in .*)?", lambda found: from_readme(found[1]), markdown)
    # Code is put aside: what looks like a link in it is none, and a link may have code in its text.
    code = []
    markdown = CODE.sub(lambda found: code.append(found[0]) or f"\0{len(code) - 1}\0", markdown)
    markdown = LINK.sub(lambda found: rewritten(found, here), markdown)
    return re.sub("\0(\\d+)\0", lambda found: code[int(found[1])], markdown)


def from_readme(what):
    text = (ROOT / "README.md").read_text()
    found = DIAGRAM.search(text) if what == "diagram" else re.search(rf"^## {re.escape(what)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise PluginError(f"docs/index.md: README has no {what}")
    # Links of README start at the top, those of the page in docs.
    return LINK.sub(lambda link: f"{link['image']}[{link['text']}](../{link['target']})", found[found.re.groups])


def rewritten(found, here):
    target, _, anchor = found["target"].partition("#")
    if not target or re.match(r"[a-z]+:", target):
        return found[0]
    lies = posixpath.normpath(posixpath.join(posixpath.dirname(lies_at(here)), target))
    if not (ROOT / lies).exists():
        raise PluginError(f"{lies_at(here)}: a link to {found['target']}, which is not there")
    if lies in ELSEWHERE:
        there = ELSEWHERE[lies]
    elif lies.startswith("docs/") and (ROOT / lies).is_file():
        there = lies.removeprefix("docs/")
    elif lies == "docs":
        there = "index.md"
    else:
        text = found["text"]
        return text if lies in text or text.startswith("\0") else f"{text} (`{lies}`)"
    relative = posixpath.relpath(there, posixpath.dirname(here) or ".")
    return f"{found['image']}[{found['text']}]({relative}{'#' + anchor if anchor else ''})"


def on_post_template(output, template_name, config):
    """The page of what is not found, which may be shown at any depth: no search there."""
    return re.sub(rf'<script src="{re.escape(WORKER_ELSEWHERE)}"[^>]*></script>', "", output)


def on_post_page(output, page, config):
    def from_here(script):
        return posixpath.relpath(script, posixpath.dirname(page.file.dest_uri) or ".")

    output = output.replace(WORKER_ELSEWHERE, from_here(WORKER))
    if 'class="mermaid"' in output:
        output = output.replace("<body", f'<script src="{from_here(MERMAID)}"></script><body', 1)
    return output


def on_post_build(config):
    """The theme's script would fetch what is missing from elsewhere. Nothing is; this makes sure that nothing is asked for."""
    scripts = list(Path(config["site_dir"]).glob("assets/javascripts/bundle.*.js"))
    if len(scripts) != 1:
        raise PluginError(f"{len(scripts)} scripts of the theme, expected one")
    text, times = ELSEWHERE_ON_DEMAND.subn("assets/not-there.js", scripts[0].read_text())
    if times != 2:
        raise PluginError(f"the theme fetches {times} things, expected mermaid and a polyfill: look at what it does now")
    # Its map names them as well, and serves only those who change the theme.
    scripts[0].write_text(re.sub(r"\n//# sourceMappingURL=.*", "", text))
    for file in Path(config["site_dir"]).rglob("*.map"):
        file.unlink()
