"""Retry while an outside part is unavailable or after a conflict: the same policy for everything that commits."""

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
    """Call `call` until it succeeds or `has_to_end`; return its result and the number of attempts.

    Args:
        call: the operation; any error but `Transient` ends it.
        arguments: the arguments of `call`.
        sleep: waits the given seconds.
        has_to_end: returns whether to give up and raise the last error.
        failed: called with every error before the wait; the place to drop uncommitted changes.
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
