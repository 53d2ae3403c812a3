"""Settings of the test bench: from the environment, and from nowhere else."""

import pytest

from dias_cbm.config.names import MOVED_OUT, OTHER_VARIABLES, variable
from dias_cbm.errors import SettingsError
from dias_cbm_lab.demo.settings import LabSettings, lab_settings


def test_defaults_and_environment() -> None:
    assert lab_settings({}) == LabSettings()
    environ = {"CBM_RUN_FOLDER": "elsewhere", "CBM_DIAS_PORT": "18400", "CBM_PG_PORT": ""}
    assert lab_settings(environ) == LabSettings(run_folder="elsewhere", dias_port=18400)


def test_a_port_that_is_not_a_number_is_named() -> None:
    with pytest.raises(SettingsError, match="CBM_AIRFLOW_PORT: 'web' is not a port"):
        lab_settings({"CBM_AIRFLOW_PORT": "web"})


@pytest.mark.parametrize("name", MOVED_OUT)
def test_the_library_lets_its_variables_through(name: str) -> None:
    assert variable(name) in OTHER_VARIABLES
    assert name in LabSettings.__dataclass_fields__
