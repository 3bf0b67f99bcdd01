"""The commands by name: each is imported when it is asked for, so that no command waits for what others need.

All of them together take a second to import, most of it readers, exports and recordings that `newscrawl runs list`
has no use for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

# name of the command: where it is (module:attribute, a function or a group) and its line in the program's help
COMMANDS = {
    "crawl": ("crawler.cli.crawl:crawl", "Crawl a source into the database."),
    "backfill": (
        "crawler.cli.backfill:backfill",
        "Collect what a source published in a past window; the same command goes on after any end.",
    ),
    "coverage": (
        "crawler.cli.coverage:coverage",
        "Show what is known to exist of a window, by section and day, against what is stored.",
    ),
    "search": (
        "crawler.cli.search:search",
        "Search titles and texts; or, with the word rebuild alone, make the search index anew.",
    ),
    "articles": ("crawler.cli.articles:app", "What is stored."),
    "runs": ("crawler.cli.runs:app", "What was run, and how it ended."),
    "serve": (
        "crawler.cli.serve:serve",
        "Run schedules until SIGTERM or Ctrl-C; one service leads, others on the same database wait to take over.",
    ),
    "schedules": ("crawler.cli.schedules:app", "On which rhythms sources are crawled."),
    "sources": ("crawler.cli.sources:sources", "List the sources by name."),
    "channels": (
        "crawler.cli.channels:channels",
        "Show of each channel what it cost, what it found first, and what nothing else has shown.",
    ),
    "monitors": ("crawler.cli.monitors:app", "How pages are read, what broke, and what is held back for it."),
    "inspect": (
        "crawler.cli.inspect:app",
        "What the program makes of one URL, seed file or saved page; nothing is stored.",
    ),
    "import": (
        "crawler.cli.imports:import_articles",
        "Read what others kept into the database; every piece is stored or refused with a reason.",
    ),
    "seeds": ("crawler.cli.seeds:app", "Archived articles, one file each: in and out of the database."),
    "replay": ("crawler.cli.replay:app", "Crawl kept bytes, or serve them as a website."),
    "recordings": ("crawler.cli.recordings:app", "What was recorded with --record."),
    "reextract": (
        "crawler.cli.reextract:reextract",
        "Read what was recorded with today's readers, and say what would change; with --apply, change it.",
    ),
    "prune": (
        "crawler.cli.prune:prune",
        "Remove the texts of old articles; title, lead, times and identity stay, so that none comes back as new.",
    ),
    "db": ("crawler.cli.db:app", "The database: its schema, its health, its canonical text."),
    "init": (
        "crawler.cli.init:init",
        "Write a settings file in which every setting is explained; never over one that is there.",
    ),
    "doctor": (
        "crawler.cli.doctor:doctor",
        "Check settings, database, clock, disk, robots.txt and services; exit code 1 if anything will fail.",
    ),
}


def load_command(name: str) -> Any:
    """Import the command, or group of commands, of a name in `COMMANDS`."""
    module, attribute = COMMANDS[name][0].split(":")
    found = getattr(import_module(module), attribute)
    holder = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
        return get_command(holder).commands[name]  # type: ignore[attr-defined]  # a group, for it holds one
    holder.command(name)(found)
    return get_command(holder)


class Commands(TyperGroup):
    """The program: knows of its commands what its help shows, until one is called."""

    def __init__(self, **given: Any) -> None:
        """Take what typer says of the program, and add the commands."""
        super().__init__(**given)
        for name, (_, line) in COMMANDS.items():
            self.commands[name] = TyperCommand(name, help=line)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]  # of the parent's own kind
        """Import what is called, in place of its line in the help."""
        if args and args[0] in COMMANDS:
            self.commands[args[0]] = load_command(args[0])
        return super().resolve_command(ctx, args)
