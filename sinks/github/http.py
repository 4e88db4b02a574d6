"""Requests to GitHub's REST API: one at a time, paced, with ETags, never a write twice.

A read follows a redirect below the API root; a write never does: its caller looks up the new address.

The only user of httpx2. Reads are retried by tenacity; an unanswered write is reported to the caller.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx2
from msgspec import Struct
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from processor.model.errors import OutcomeUnknown, RateLimited, Transient
from sinks.github.errors import error_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from processor.model.ports import Clock
    from sinks.github.auth import Authority

API_VERSION: Final = "2022-11-28"
_TIMEOUT_S: Final = 20.0
_CACHED: Final = 500
_CACHED_BYTES: Final = 8 << 20
_SLOT_S: Final = 5.0
"""A slot that is not used for so long is lost, else every worker could keep one for a busy minute."""
_REDIRECTS: Final = 3
_PAGES: Final = 200
_UNAUTHORIZED: Final = 401
_UNCHANGED: Final = 304
_EXPIRY: Final = "github-authentication-token-expiration"


class Answer(Struct, frozen=True):
    """A decoded answer. `links` has the URLs of other pages by relation."""

    status: int
    headers: Mapping[str, str]
    body: Any
    links: Mapping[str, str]
    content: bytes = b""


class _Kept(Struct, frozen=True):
    """An answer kept for its ETag, as bytes: decoded it is six times as large."""

    etag: str
    content: bytes
    headers: Mapping[str, str]
    links: Mapping[str, str]


class GitHubApi:
    """Client of one API root; not thread-safe.

    Args:
        write_gap_s: seconds between two writes; GitHub requests at least one.
        slot: returns the seconds until this account's next write over all processes; None if this is the only one.
        on_call: called with method and status of every request, status 0 if unanswered.
    """

    def __init__(
        self,
        url: str,
        authority: Authority,
        *,
        clock: Clock,
        write_gap_s: float = 1.0,
        slot: Callable[[], float] | None = None,
        on_call: Callable[[str, int], None] | None = None,
    ) -> None:
        self._on_call = on_call or (lambda _method, _status: None)
        self._root = url.rstrip("/")
        self._authority = authority
        self._clock = clock
        self._write_gap_s = write_gap_s
        self._wrote_s = 0.0
        self._slot = slot
        self._slot_s: float | None = None
        self._etags: OrderedDict[str, _Kept] = OrderedDict()
        self._kept_bytes = 0
        self.token_expires_at: datetime | None = None
        self._client = httpx2.Client(
            timeout=_TIMEOUT_S,
            follow_redirects=False,
            headers={
                "accept": "application/vnd.github+json",
                "user-agent": "log-gardener",
                "x-github-api-version": API_VERSION,
            },
        )

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    def owns(self, url: str) -> bool:
        """Return whether a URL lies below the API root. The token is sent nowhere else."""
        return url.startswith(f"{self._root}/")

    def read(self, path: str, **query: str | int) -> Answer:
        """GET; a 304 returns the earlier answer. Statuses in 300-399, 404 and 410 are left to the caller."""
        return self._retried(path, query, follow=True)

    def _retried(self, path: str, query: Mapping[str, str | int], *, follow: bool) -> Answer:
        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, Transient) and not isinstance(error, RateLimited)),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            stop=stop_after_attempt(3),
            sleep=self._clock.sleep,
            reraise=True,
        )
        return retrying(self._read, self._address(path), query, follow=follow)

    def pages(self, path: str, *, follow: bool = True, **query: str | int) -> Iterator[Any]:
        """Yield every item of a list, all pages; an answer other than 200 is yielded as a single `Answer`.

        `follow`: also follow redirects. A sub-list of an issue redirects to the issue itself, which is no list.
        """
        answer = self._retried(path, {"per_page": 100, **query}, follow=follow)
        for _ in range(_PAGES):
            if answer.status != httpx2.codes.OK:
                yield answer
                return
            yield from answer.body
            following = answer.links.get("next")
            if following is None:
                return
            answer = self.read(following)

    def write(self, method: str, path: str, payload: Any = None) -> Answer:
        """POST, PATCH or DELETE, once. Statuses 2xx, 3xx, 404, 410 and 422 are left to the caller.

        Raises `OutcomeUnknown` if it may have been carried out, `Transient` if it was certainly not.
        """
        self.reserve()
        try:
            answer = self._send(method, self._address(path), payload, {}, {})
        finally:
            self._wrote_s, self._slot_s = self._now_s(), None
        if answer.status < httpx2.codes.BAD_REQUEST or answer.status in (404, 410, 422):
            return answer
        raise self._error(answer, f"{method} {path}", writes=True)

    def reserve(self) -> None:
        """Wait for the slot of the next write, so that a read after this is as fresh as possible when writing."""
        if self._slot_s is not None and 0 <= self._now_s() - self._slot_s <= _SLOT_S:
            return
        gap = self._wrote_s + self._write_gap_s - self._now_s()
        if 0 < gap <= self._write_gap_s:
            self._clock.sleep(gap)
        if self._slot is not None and (wait := self._slot()) > 0:
            self._clock.sleep(wait)
        self._slot_s = self._now_s()

    def _read(self, url: str, query: Mapping[str, str | int], *, follow: bool) -> Answer:
        for _ in range(_REDIRECTS):
            answer = self._read_once(url, query)
            location = answer.headers.get("location", "")
            if not follow or not 300 <= answer.status < 400 or not self.owns(location):  # noqa: PLR2004  # HTTP's own numbers
                return answer
            # The new address carries the query where GitHub put it there; else it is asked again.
            url, query = location, {} if "?" in location else query
        return answer

    def _read_once(self, url: str, query: Mapping[str, str | int]) -> Answer:
        name = str(httpx2.URL(url, params=query)) if query else url
        known = self._etags.get(name)
        headers = {"if-none-match": known.etag} if known else {}
        answer = self._send("GET", url, None, query, headers)
        if answer.status == _UNCHANGED and known:
            self._etags.move_to_end(name)
            return Answer(httpx2.codes.OK, known.headers, json.loads(known.content), known.links)
        if answer.status == httpx2.codes.OK:
            self._keep(name, answer, query)
            return answer
        if answer.status < httpx2.codes.BAD_REQUEST or answer.status in (404, 410):
            return answer
        raise self._error(answer, f"GET {urlsplit(url).path}", writes=False)

    def _keep(self, name: str, answer: Answer, query: Mapping[str, str | int]) -> None:
        """Keep an answer, bounded in number and bytes; one-time queries by time are not kept."""
        if (old := self._etags.pop(name, None)) is not None:
            self._kept_bytes -= len(old.content)
        etag = answer.headers.get("etag")
        if not etag or "since" in query or "since=" in urlsplit(name).query:
            return
        self._etags[name] = _Kept(etag, answer.content, {"etag": etag}, answer.links)
        self._kept_bytes += len(answer.content)
        while len(self._etags) > _CACHED or self._kept_bytes > _CACHED_BYTES:
            _, dropped = self._etags.popitem(last=False)
            self._kept_bytes -= len(dropped.content)

    def _send(
        self, method: str, url: str, payload: Any, query: Mapping[str, str | int], headers: Mapping[str, str]
    ) -> Answer:
        """Send one request; repeat it with a new token if the old one was rejected, since nothing was done then."""
        answer = self._exchange(method, url, payload, query, headers)
        if answer.status == _UNAUTHORIZED and self._authority.renew():
            answer = self._exchange(method, url, payload, query, headers)
        return answer

    def _exchange(
        self, method: str, url: str, payload: Any, query: Mapping[str, str | int], headers: Mapping[str, str]
    ) -> Answer:
        sent = {**headers, "authorization": self._authority.header(self._now_s(), self._mint)}
        try:
            response = self._client.request(method, url, json=payload, params=query or None, headers=sent)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            self._on_call(method, 0)
            raise Transient(f"GitHub cannot be reached: {error}") from None
        except httpx2.TransportError as error:
            self._on_call(method, 0)
            kind = Transient if method == "GET" else OutcomeUnknown
            raise kind(f"GitHub did not answer {method} {urlsplit(url).path}: {type(error).__name__}") from None
        self._on_call(method, response.status_code)
        self.token_expires_at = _expiry(response.headers.get(_EXPIRY)) or self.token_expires_at
        links = {name: link["url"] for name, link in response.links.items() if name and self.owns(link.get("url", ""))}
        return Answer(response.status_code, response.headers, _decoded(response), links, response.content)

    def _mint(self, path: str, token: str, payload: Any) -> Any:
        """Request an installation's token with the App's own."""
        try:
            response = self._client.post(
                self._address(path), json=payload, headers={"authorization": f"Bearer {token}"}
            )
        except httpx2.TransportError as error:
            raise Transient(f"GitHub gave no token for the App: {type(error).__name__}") from None
        if response.status_code != httpx2.codes.CREATED:
            answer = Answer(response.status_code, response.headers, _decoded(response), {})
            raise self._error(answer, "the App's token", writes=False)
        return response.json()

    def _error(self, answer: Answer, what: str, *, writes: bool) -> Exception:
        return error_of(answer.status, answer.headers, answer.body, what=what, writes=writes, now_s=self._now_s())

    def _address(self, path: str) -> str:
        return path if self.owns(path) else f"{self._root}{path}"

    def _now_s(self) -> float:
        return self._clock.now().timestamp()


def _expiry(text: str | None) -> datetime | None:
    """Return when a personal token expires: "2026-12-25 15:41:40 UTC", or with an offset instead of UTC."""
    if not text:
        return None
    for form in ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S %z"):
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007  # UTC is put in below
        except ValueError:
            continue
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None


def _decoded(response: httpx2.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        return None
