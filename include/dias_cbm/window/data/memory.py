"""The memory of one application: what its pages read again and again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.outliers.stored_curves import RunCurves, run_curves
from dias_cbm.seasons import Season
from dias_cbm.window.data.passes_of_season import Passes, look
from dias_cbm.window.data.remembered import Remembered
from dias_cbm.window.replies import Body

#: A season changes when a scene is processed, which takes minutes.
_PASSES_S = 15.0
#: Rows of a run never change.
_RUN_S = 3600.0
#: Runs whose curves are kept: a megabyte each.
_CURVES = 8


class Memory:
    """Passes of seasons for some seconds, counts of runs for long."""

    def __init__(self) -> None:
        self._passes: Remembered[Passes] = Remembered(_PASSES_S)
        self._bodies: Remembered[Body] = Remembered(_PASSES_S)
        self._of_run: Remembered[list[dict[str, Any]]] = Remembered(_RUN_S)
        self._curves: Remembered[RunCurves] = Remembered(_RUN_S, _CURVES)

    def passes(self, connection: Connection, season: Season) -> Passes:
        """The passes of a season, some seconds old at most."""
        return self._passes.get(season, lambda: look(connection, season))

    def body(self, key: Hashable, write: Callable[[], bytes]) -> Body:
        """A large body that was written some seconds ago at most.

        :param key: all that it depends on.
        """
        return self._bodies.get(key, lambda: Body.of(write()))

    def of_run(
        self, name: str, run: int, make: Callable[[], list[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """Rows that stay the same as long as a run is the newest.

        :param name: of what the rows are.
        """
        return self._of_run.get((name, run), make)

    def curves(self, connection: Connection, run: int) -> RunCurves:
        """The typical curves of a run; see :func:`~dias_cbm.outliers.stored_curves.run_curves`.

        :raises NotEnoughData: the run has none.
        """
        return self._curves.get(run, lambda: run_curves(connection, run))
