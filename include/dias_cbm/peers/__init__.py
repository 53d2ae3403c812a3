"""Peers: parcels of the same crop near by, and how a parcel's signal compares with theirs.

:func:`find` lists the peers of a parcel, :func:`band` compares it with them, and
:func:`with_statistic` finds parcels by the value of an observation.
"""

from dias_cbm.peers.by_statistic import Statistic, with_statistic
from dias_cbm.peers.comparison import Band, band
from dias_cbm.peers.search import Peers, find
from dias_cbm.peers.selection import Criteria, Likeness, Peer

__all__ = [
    "Band",
    "Criteria",
    "Likeness",
    "Peer",
    "Peers",
    "Statistic",
    "band",
    "find",
    "with_statistic",
]
