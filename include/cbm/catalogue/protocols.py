"""The protocols that catalogues speak, and the adapter for each."""

from __future__ import annotations

from collections.abc import Mapping

from cbm.catalogue.base import Capabilities
from cbm.catalogue.mundi import MundiCatalogue
from cbm.catalogue.odata import ODataCatalogue
from cbm.catalogue.onda import OndaCatalogue
from cbm.catalogue.paging import PagedCatalogue
from cbm.catalogue.resto import RestoAtomCatalogue, RestoCatalogue
from cbm.catalogue.sobloo import SoblooCatalogue
from cbm.catalogue.sobloo_postgis import SoblooPostgis
from cbm.catalogue.stac import StacCatalogue
from cbm.catalogue.wekeo import WekeoCatalogue
from cbm.errors import SettingsError

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
#: The protocol of a table that is read with SQL instead.
POSTGIS = "sobloo-postgis"


def capabilities(protocol: str) -> Capabilities:
    """What catalogues of a protocol can do.

    :raises SettingsError: there is no such protocol.
    """
    if protocol == POSTGIS:
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
