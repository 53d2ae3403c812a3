"""The run folder of the demo, by default ``.run``, and the paths below it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo.settings import lab_settings

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths below one run folder.

    :param root: absolute.
    """

    root: Path

    @property
    def season(self) -> Path:
        """The simulated season: store, catalogue, parcels, truth."""
        return self.root / "demo"

    @property
    def store(self) -> Path:
        """The product store of the local DIAS."""
        return self.season / "eodata"

    @property
    def mail(self) -> Path:
        """The mailbox."""
        return self.season / "mail"

    @property
    def report(self) -> Path:
        """The last report, as JSON."""
        return self.season / "report.json"

    @property
    def processes(self) -> Path:
        """Records of the started processes."""
        return self.root / "processes"

    @property
    def ports(self) -> Path:
        """Ports of the last start."""
        return self.root / "ports.json"

    @property
    def dialect(self) -> Path:
        """Name of the dialect that the local DIAS is asked in; absent for its own."""
        return self.root / "dialect"

    @property
    def store_kind(self) -> Path:
        """Where the products are read: ``s3`` or ``swift``; absent for a folder."""
        return self.root / "store"

    @property
    def uploaded(self) -> Path:
        """Marker file: exists once all products are in the object store."""
        return self.root / "uploaded"

    @property
    def products(self) -> Path:
        """Products fetched from the object store for processing."""
        return self.root / "products"

    @property
    def dem(self) -> Path:
        """The terrain model that CARD is made with."""
        return self.season / "dem.tif"

    @property
    def rules(self) -> Path:
        """The schemes that the season is judged by."""
        return self.season / "rules.toml"

    @property
    def made(self) -> Path:
        """The store of the products that are made here."""
        return self.root / "made"

    @property
    def faults(self) -> Path:
        """Faults of the local DIAS; absent if it has none."""
        return self.root / "faults.json"

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.root / "airflow"

    @property
    def passwords(self) -> Path:
        """Airflow's users and their generated passwords, for its SimpleAuthManager."""
        return self.airflow / "passwords.json"

    def log(self, name: str) -> Path:
        """Outputs of one service."""
        return self.root / "log" / f"{name}.log"

    def secret(self, name: str, value: str = "") -> str:
        """A secret of this run folder, created at first use and readable by its owner only.

        :param value: instead of random text.
        """
        file = self.airflow / "secrets" / name
        if not file.exists():
            write_private(file, value or secrets.token_urlsafe(32))
        return file.read_text()


def run_folder(folder: Path | None = None) -> RunFolder:
    """The run folder to use.

    :param folder: instead of ``$CBM_RUN_FOLDER``; relative to the checkout.
    :raises ServiceError: the package is not installed from a checkout, whose scripts are needed.
    """
    if not (ROOT / "scripts" / "postgres.sh").is_file():
        raise ServiceError(
            "the demo runs from a checkout of the repository only",
            subject=ROOT,
            hint="clone it, and run `make demo` there",
        )
    return RunFolder((ROOT / (folder or lab_settings().run_folder)).resolve())


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, completely or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.new")
    temporary.touch(mode=0o600)
    temporary.write_text(text)
    temporary.rename(file)
