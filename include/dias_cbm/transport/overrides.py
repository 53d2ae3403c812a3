"""Values by platform that whoever runs us may give, such as credentials: they win over settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, TypeVar

T = TypeVar("T")


class Given(Generic[T]):
    """One kind of value.

    :param name: of the variable that holds who is asked.
    """

    def __init__(self, name: str) -> None:
        self._provider: ContextVar[Callable[[str], T | None] | None] = ContextVar(
            name, default=None
        )

    @contextmanager
    def by(self, provider: Callable[[str], T | None]) -> Iterator[None]:
        """Ask here, for as long as entered.

        :param provider: takes a platform; where it has nothing, the settings count.
        """
        token = self._provider.set(provider)
        try:
            yield
        finally:
            self._provider.reset(token)

    def of(self, platform: str) -> T | None:
        """What is given for a platform."""
        provider = self._provider.get()
        return provider(platform) if provider else None
