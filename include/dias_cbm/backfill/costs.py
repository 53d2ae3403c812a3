"""The cost of a season's CARD products: made here, ordered, or fetched as the platform has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dias_cbm.cards import Card
from dias_cbm.config.settings import settings

_PER_HOUR = 3600
_PER_GIGABYTE = 1e9


@dataclass(frozen=True, slots=True)
class Making:
    """What an engine took for products made here.

    :param products: that it was measured on; 0 for a setting.
    :param seconds: of CPU for one product.
    """

    products: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Demand:
    """The products that a season needs.

    :param products: to get.
    :param acquisitions: of these days, from which products are made.
    :param acquisition_size: mean size of one, bytes; None if not known.
    :param product_size: mean size of a product as the platform has it, bytes; None if not known.
    """

    products: int
    acquisitions: int
    acquisition_size: float | None
    product_size: float | None


@dataclass(frozen=True, slots=True)
class Way:
    """One way to get the products.

    :param engine: that gets them.
    :param cpu_hours: of one core; None if not measured.
    :param seconds: of CPU for one product, and where that number is from.
    :param size: bytes to fetch; None if not known.
    :param months: that the platform's monthly quota makes of it; None without one.
    :param money: in ``currency``, as far as prices are set; None if none is.
    :param not_priced: what is left out of ``money``.
    """

    engine: str
    products: int
    cpu_hours: float | None
    seconds: float | None
    seconds_from: str
    size: float | None
    months: float | None
    money: float | None
    currency: str
    not_priced: tuple[str, ...]

    def text(self) -> str:
        """Hours, bytes and money in one line."""
        parts = [f"{self.products:,} products", self._hours()]
        parts.append("size not known" if self.size is None else f"{self.size / 1e9:,.0f} GB")
        if self.months is not None:
            parts.append(f"{self.months:,.1f} months of the quota")
        if self.money is not None:
            left_out = f" without {' and '.join(self.not_priced)}" if self.not_priced else ""
            parts.append(f"{self.money:,.2f} {self.currency}{left_out}")
        return ", ".join(parts)

    def _hours(self) -> str:
        if self.seconds is None:
            return "no CPU time" if self.cpu_hours == 0 else "CPU time not measured yet"
        return f"{self.cpu_hours:,.1f} CPU h ({self.seconds:.0f} s each, {self.seconds_from})"


def ways(card: Card, demand: Demand, measured: Mapping[str, Making]) -> tuple[Way, ...]:
    """Every way to get a card's products, with its cost.

    :param measured: by engine that makes products here.
    """
    engines = ("ready", "order", "embedded", *measured, *settings().engines(card))
    return tuple(_way(card, engine, demand, measured) for engine in dict.fromkeys(engines))


def _way(card: Card, engine: str, demand: Demand, measured: Mapping[str, Making]) -> Way:
    prices, products = settings().cost, demand.products
    each = demand.product_size
    making: Making | None = None
    origin = ""
    hours: float | None = 0.0
    charges: dict[str, tuple[float | None, float | None]] = {}
    if engine == "order":
        charges["orders"] = getattr(prices, f"{card.family}_order"), products
    elif engine != "ready":
        making, origin = _making(card, engine, measured)
        hours = making.seconds * products / _PER_HOUR if making else None
        charges["CPU time"] = prices.core_hour, hours
        # An acquisition of two pairs is fetched once, if the cache of products keeps it so long.
        each = demand.acquisition_size
    size = None if each is None else products * each
    charges["fetching"] = prices.gigabyte, None if size is None else size / _PER_GIGABYTE
    priced = {
        name: price * amount
        for name, (price, amount) in charges.items()
        if price is not None and amount is not None
    }
    return Way(
        engine,
        products,
        hours,
        making.seconds if making else None,
        origin,
        size,
        _months(products) if engine == "order" else None,
        sum(priced.values()) if priced else None,
        prices.currency,
        tuple(name for name in charges if name not in priced),
    )


def _making(card: Card, engine: str, measured: Mapping[str, Making]) -> tuple[Making | None, str]:
    """What one product takes, and where the number is from."""
    minutes = getattr(settings().cost, f"{card.family}_cpu_minutes")
    if engine == "embedded" and minutes is not None:
        return Making(0, 60 * minutes), f"setting cost.{card.family}_cpu_minutes"
    found = measured.get(engine)
    return found, f"measured on {found.products} made here" if found else ""


def _months(products: int) -> float | None:
    """Months that the orders take by the platform's quota; None without a limit."""
    quota = settings().known(settings().order.platform or settings().platform).orders_per_month
    return products / quota if quota else None
