"""Trying again while an outside part is away, or another writer was first: one policy for whoever commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

from processor.model.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_WAIT_S: Final = 20.0

_T = TypeVar("_T")


def retry_until(
    call: Callable[..., _T],
    *arguments: Any,
    sleep: Callable[[float], None],
    has_to_end: Callable[[], bool],
    failed: Callable[[Transient], None],
) -> tuple[_T, int]:
    """Call until it succeeds: the result, and how many tries it took.

    Args:
        call: what to do; any error but `Transient` ends it.
        arguments: what to call it with.
        sleep: waits so many seconds.
        has_to_end: whether to give up and raise the last error.
        failed: told of every error before the wait; the place to forget what was not committed.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(Transient),
        wait=wait_random_exponential(multiplier=0.05, max=_MAX_WAIT_S),
        sleep=sleep,
        stop=lambda _: has_to_end(),
        before_sleep=lambda state: failed(state.outcome.exception()),  # type: ignore[union-attr, arg-type]
        reraise=True,
    )
    result = retrying(call, *arguments)
    return result, int(retrying.statistics["attempt_number"])
