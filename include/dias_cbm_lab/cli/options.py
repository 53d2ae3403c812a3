"""Options that the lab's commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path | None, typer.Option("--run-folder", help="Folder of the run; default: $CBM_RUN_FOLDER.")
]
Days = Annotated[int, typer.Option("--days", min=1, max=366, help="Days of observation.")]
Parcels = Annotated[int, typer.Option("--parcels", min=1, help="Number of parcels.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of all random numbers.")]
KeepRunning = Annotated[
    bool,
    typer.Option("--keep-running/--stop", help="Keep Airflow and the database running at the end."),
]
