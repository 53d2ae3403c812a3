"""The roles of an authority under FAB: ``python -m dias_cbm_airflow.plugins.fab_roles``.

=========  =================================================  ==============================
role       in Airflow                                         in the window
=========  =================================================  ==============================
Inspector  reads, as FAB's ``Viewer``                         reads, decides
Analyst    reads, as FAB's ``Viewer``                         reads
Operator   runs, pools and connections too, as FAB's ``Op``   reads, decides, operates
Admin      everything, users too                              reads, decides, operates
=========  =================================================  ==============================

Safe to run again: permissions that were added to a role by hand stay. Needs the tables of Airflow
and of FAB, which ``airflow db migrate`` creates once FAB is the auth manager.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dias_cbm_airflow.plugins.airflow_host import DECISIONS

#: Role -> FAB's own role whose permissions it has.
BASED_ON: Mapping[str, str] = {"Inspector": "Viewer", "Analyst": "Viewer", "Operator": "Op"}
#: Roles that record decisions.
DECIDING = ("Inspector", "Operator", "Admin")


def create_roles(manager: Any) -> None:
    """Create the roles, or add the permissions that they lack.

    :param manager: FAB's security manager, within the context of its application.
    """
    manager.sync_roles()
    for name, base in BASED_ON.items():
        role = manager.add_role(name)
        for permission in manager.find_role(base).permissions:
            manager.add_permission_to_role(role, permission)
    decide = manager.create_permission("can_create", DECISIONS)
    for name in DECIDING:
        manager.add_permission_to_role(manager.find_role(name), decide)


def main() -> None:
    """Create the roles in the database of this Airflow."""
    from airflow.providers.fab.www.app import create_app

    app = create_app(enable_plugins=False)
    with app.app_context():
        create_roles(app.appbuilder.sm)
    print("roles:", ", ".join([*BASED_ON, "Admin"]))  # noqa: T201 - it is a command


if __name__ == "__main__":
    main()
