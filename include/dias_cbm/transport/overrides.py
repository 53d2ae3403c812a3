"""Per-platform values that override the settings, such as credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, TypeVar

T = TypeVar("T")


class PlatformOverrides(Generic[T]):
    """Overrides of one kind of value.

    :param name: of the context variable that holds the provider.
    """

    def __init__(self, name: str) -> None:
        self._provider: ContextVar[Callable[[str], T | None] | None] = ContextVar(
            name, default=None
        )

    @contextmanager
    def use(self, provider: Callable[[str], T | None]) -> Iterator[None]:
        """Ask a provider first while entered.

        :param provider: takes a platform; where it returns None, the settings apply.
        """
        token = self._provider.set(provider)
        try:
            yield
        finally:
            self._provider.reset(token)

    def get(self, platform: str) -> T | None:
        """The value that overrides the settings of a platform; None if there is none."""
        provider = self._provider.get()
        return provider(platform) if provider else None
