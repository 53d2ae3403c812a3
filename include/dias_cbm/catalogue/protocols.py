"""The protocols that catalogues speak, and the adapter for each."""

from __future__ import annotations

from collections.abc import Mapping

from dias_cbm.catalogue.adapters.mundi import MundiCatalogue
from dias_cbm.catalogue.adapters.odata import ODataCatalogue
from dias_cbm.catalogue.adapters.onda import OndaCatalogue
from dias_cbm.catalogue.adapters.paging import PagedCatalogue
from dias_cbm.catalogue.adapters.resto import RestoAtomCatalogue, RestoCatalogue
from dias_cbm.catalogue.adapters.sobloo import SoblooCatalogue
from dias_cbm.catalogue.adapters.stac import StacCatalogue
from dias_cbm.catalogue.adapters.wekeo import WekeoCatalogue
from dias_cbm.catalogue.base import Capabilities
from dias_cbm.errors import SettingsError

#: Adapters that ask over HTTP, by protocol.
ADAPTERS: Mapping[str, type[PagedCatalogue]] = {
    "odata": ODataCatalogue,
    "stac": StacCatalogue,
    "resto": RestoCatalogue,
    "resto-atom": RestoAtomCatalogue,
    "mundi": MundiCatalogue,
    "sobloo": SoblooCatalogue,
    "onda": OndaCatalogue,
    "wekeo": WekeoCatalogue,
}
#: The protocol of a table that is read with SQL.
POSTGIS = "sobloo-postgis"


def capabilities(protocol: str) -> Capabilities:
    """What catalogues of a protocol can do.

    :raises SettingsError: there is no such protocol.
    """
    if protocol == POSTGIS:
        from dias_cbm.catalogue.adapters.sobloo_postgis import SoblooPostgis

        return SoblooPostgis.capabilities
    return adapter(protocol).capabilities


def adapter(protocol: str) -> type[PagedCatalogue]:
    """The adapter for a protocol over HTTP.

    :raises SettingsError: there is none.
    """
    if protocol not in ADAPTERS:
        known = ", ".join([*ADAPTERS, POSTGIS])
        raise SettingsError(f"no adapter for the protocol {protocol!r}", hint=f"one of {known}")
    return ADAPTERS[protocol]
