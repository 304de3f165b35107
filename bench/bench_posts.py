"""How much planning posts costs beside filling templates, and one article's cards.

1,000 articles on 10 accounts are planned from tag rules; the baseline is plain Jinja2
with the same templates, which neither counts, cuts, links nor decides anything. Then
one article is previewed on 15 networks, from opening the folder to the page's data.
Run: .venv/bin/python bench/bench_posts.py
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from jinja2 import Environment, FileSystemLoader

from publisher import files
from publisher.models import Article
from publisher.project import Project
from publisher.project.posting import Posting
from publisher.web import showing

ARTICLES = int(os.environ.get("PUBLISHER_BENCH_ROWS", "1000"))
NETWORKS = ("mastodon", "bluesky", "telegram", "discord", "matrix")
CHANNELS = [f"outbox:{one}:{two}" for one in NETWORKS for two in ("one", "two")]
SHOWN = (
    *("bluesky", "devto", "discord", "facebook", "ghost", "linkedin", "mastodon"),
    *("matrix", "pinterest", "slack", "telegram", "threads", "tumblr", "wordpress"),
    "x",
)
YAML = """\
site: {name: The Lantern, url: "https://lantern.example.org/"}
sender: {address: letters@example.org}
rules:
  - {utm: {source: "{network}", campaign: "{campaign}"}}
  - {tags: [sea], hashtags: [Sea]}
  - {tags: [grief], content_warning: Grief}
  - {all_tags: [sea, storm], not_tags: [grief], visibility: unlisted}
"""
PARAGRAPH = "The lamp was lit at dusk, and the boats came home by it one by one. " * 6


def article(number: int) -> Article:
    return Article(
        title=f"Article number {number} about the sea",
        slug=f"a{number}",
        text=f"{PARAGRAPH}\n\n" * 8,
        html=f"<p>{PARAGRAPH}</p>" * 8,
        summary=f"What number {number} says of boats.",
        tags=("sea", "homecoming", "grief" if number % 7 == 0 else "storm"),
        url=f"https://lantern.example.org/a{number}",
    )


def seconds(work: Callable[[], object]) -> float:
    """Return the processor's time that a piece of work takes; the best of three."""
    best = float("inf")
    for _ in range(3):
        began = process_time()
        work()
        best = min(best, process_time() - began)
    return best


def plain(articles: list[Article]) -> int:
    """Fill the whole ladder of each network's template, as Jinja2 does by itself."""
    environment = Environment(
        loader=FileSystemLoader(files.shipped("templates")),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    length = 0
    for one in articles:
        for channel in CHANNELS:
            network = channel.split(":")[1]
            template = environment.get_template(f"social/announcement.{network}.txt.j2")
            text = template.render(
                article=one,
                title=one.title,
                summary=one.summary,
                url=one.url,
                hashtags=["#Sea", "#Homecoming"],
                content_warning="",
            )
            length += len(text)
    return length


def previewed(root: Path) -> float:
    """Return the processor's time of the previews of one article, all networks'."""
    through = ", ".join(f'"outbox:{one}"' for one in SHOWN)
    posts = f"articles: {{since: always}}\nposts: [{{through: [{through}]}}]\n"
    (root / "schedules" / "one.yaml").write_text(posts, encoding="utf-8")
    (root / "articles").mkdir()
    text = f"---\ntags: [sea, storm]\n---\n# The lamp\n\n{PARAGRAPH}\n"
    (root / "articles" / "lamp.md").write_text(text, encoding="utf-8")
    shown = showing.picture(root, "one").data["posts"]
    assert len(shown) == len(SHOWN), "a network has no preview"
    return seconds(lambda: showing.picture(root, "one"))


def main() -> None:
    articles = [article(number) for number in range(ARTICLES)]
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "schedules").mkdir()
        (root / "publisher.yaml").write_text(YAML, encoding="utf-8")
        through = ", ".join(f'"{one}"' for one in CHANNELS)
        schedule = f"articles: {{since: always}}\nposts: [{{through: [{through}]}}]\n"
        (root / "schedules" / "all.yaml").write_text(schedule, encoding="utf-8")
        with Project(root) as project:
            project.__dict__["_read"] = (
                articles,
                [],
            )  # not measured
            hashes = {project.plan("all").hash, project.plan("all").hash}
            assert len(hashes) == 1, "the same plan has two hashes"
            planned = seconds(lambda: project.plan("all"))
            campaign = project.campaigns[0]
            issue = project.plan("all").issue
            one = seconds(
                lambda: [*Posting(project, campaign, issue).drafts(articles[:1])]
            )
    with TemporaryDirectory() as folder:
        (Path(folder) / "schedules").mkdir()
        (Path(folder) / "publisher.yaml").write_text(YAML, encoding="utf-8")
        cards = previewed(Path(folder))
    jinja = seconds(lambda: plain(articles))
    posts = len(articles) * len(CHANNELS)
    print(f"{posts:,} posts planned: {planned:.2f} s CPU, the same hash twice")
    print(f"  {planned / jinja:.2f} x plain Jinja2 with the same templates")
    print(f"one article on {len(CHANNELS)} accounts: {one * 1000:.0f} ms CPU")
    print(f"its previews on {len(SHOWN)} networks: {cards * 1000:.0f} ms CPU")
    print(f"  {cards / one:.0f} x the drafts of {len(CHANNELS)} accounts alone")


if __name__ == "__main__":
    main()
