"""links_test.py SOURCE: every link of the pages to a file, or to a heading of one, finds it."""
import pathlib
import re
import sys

SOURCE = pathlib.Path(sys.argv[1])


def anchors(page):
    headings = re.findall(r"^#+ +(.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


dead = []
for page in [*SOURCE.glob("*.md"), *SOURCE.glob("docs/*.md"), *SOURCE.glob("examples/*/README.md")]:
    for link in re.findall(r"\]\(([^) ]+)\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(f"{page.relative_to(SOURCE)}: {link}")
print("\n".join(dead) or "all links lead somewhere")
sys.exit(1 if dead else 0)
