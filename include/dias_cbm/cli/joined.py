"""Commands that other packages add to ``cbm`` by the entry point group ``dias_cbm.commands``.

An entry point names a ``typer.Typer``; its own name is the noun. It is imported whenever ``cbm``
runs, so it must import nothing heavy before one of its verbs is called.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import typer

GROUP = "dias_cbm.commands"


def add_to(main: typer.Typer) -> None:
    """Add these commands; one that cannot be loaded is listed, and fails when it is called."""
    groups = (group.typer_instance for group in main.registered_groups)
    own = {str(group.info.name) for group in groups if group is not None}
    own |= {command.callback.__name__ for command in main.registered_commands if command.callback}
    for point in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        if point.name in own:
            typer.echo(f"`cbm {point.name}` exists already; {point.value} is ignored", err=True)
            continue
        own.add(point.name)
        try:
            main.add_typer(point.load(), name=point.name)
        except Exception as error:  # whatever is wrong with it, the other commands work
            _add_broken(main, point, error)


def _add_broken(main: typer.Typer, point: EntryPoint, error: Exception) -> None:
    def broken() -> None:
        raise error

    anything = {"allow_extra_args": True, "ignore_unknown_options": True}
    name_of_error = f"{type(error).__name__}: {error}".partition("\n")[0]
    main.command(point.name, context_settings=anything, help=f"Not available: {name_of_error}.")(
        broken
    )
