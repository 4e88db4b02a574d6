"""A stateful GitHub on loopback that can misbehave. Every request and answer is held against GitHub's document.

It follows the documentation and what projects reported; it was never compared with the live service.
"""

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlencode

from openapi_check import Document, Violation

DOCS = "https://docs.github.com/rest"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
PAST = datetime(1970, 1, 1, tzinfo=UTC)
HONOURED = {
    "issues/list-for-repo": {"labels", "state", "sort", "direction", "since", "per_page", "page"},
    "issues/list-comments": {"since", "per_page", "page"},
    "issues/list-labels-for-repo": {"per_page", "page"},
}


def text(at):
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def since_of(query):
    return datetime.fromisoformat(query["since"]) if "since" in query else PAST


@dataclass
class Fault:
    """One mishap: before (nothing was done) or after (it was done, the answer is lost).

    status None cuts the connection; delay_s holds the answer back.
    """

    method: str
    path: str
    when: str = "before"
    status: int | None = 502
    headers: dict = field(default_factory=dict)
    message: str = "Server Error"
    times: int = 1
    delay_s: float = 0.0


class Refused(Exception):
    def __init__(self, status, message, headers=None, **more):
        self.status, self.headers = status, headers or {}
        self.body = {"message": message, "documentation_url": DOCS, "status": str(status), **more}


def invalid(resource, name, code, message=None):
    one = {"resource": resource, "field": name, "code": code, **({"message": message} if message else {})}
    return Refused(422, "Validation Failed", errors=[one])


@dataclass
class Repository:
    issues: dict = field(default_factory=dict)
    labels: dict = field(default_factory=dict)
    comments: dict = field(default_factory=dict)
    reactions: list = field(default_factory=list)
    writers: set = field(default_factory=lambda: {"alice"})
    following: int = 1
    archived: bool = False
    has_issues: bool = True
    drops_labels: bool = False
    locked: set = field(default_factory=set)
    deleted: set = field(default_factory=set)
    moved: dict = field(default_factory=dict)
    permission_status: int = 200
    unavailable: bool = False


class FakeGitHub:
    def __init__(self, *names, prefix="", list_lag_s=0.0, content_per_minute=None):
        self.document = Document(prefix)
        self.prefix = prefix
        self.repositories = {name: Repository() for name in names or ("acme/shop",)}
        self.list_lag_s = list_lag_s
        self.list_is_empty = False
        self.content_per_minute = content_per_minute
        self.content_times = []
        self.faults = []
        self.log = []
        self.violations = []
        self.notified = []
        self.tokens = set()
        self.accepts = None
        self.base = "http://fake"
        self.ids = 1000
        self.lock = threading.RLock()
        self.closing = []
        self.offset = timedelta(0)
        self.answer_delay_s = 0.0
        self.renamed = {}
        self.between = None

    # --- running --------------------------------------------------------------------------------------
    def __enter__(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65_536  # head and body in one packet: else every answer waits 40 ms for an acknowledgement

            def log_message(self, *_):
                pass

            def _any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                answer = fake.handle(self.command, self.path, body, dict(self.headers))
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, headers, payload = answer
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(payload)))
                    self.end_headers()
                    self.wfile.write(payload)
                except OSError:
                    self.close_connection = True  # the client was killed

            do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a connection that was cut on purpose

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = self.base = f"http://127.0.0.1:{self.server.server_address[1]}{self.prefix}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        for close in self.closing:
            close()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    def now(self):
        """The fake's time; tests move it instead of waiting."""
        return datetime.now(UTC) + self.offset

    def handle(self, method, url, body, headers):
        path = url.split("?")[0]
        with self.lock:
            if self.between is not None:
                self.between(len(self.log), method, path)
            self.log.append(
                (method, url, json.loads(body) if body else None, {k.lower(): v for k, v in headers.items()})
            )
            fault = next(
                (one for one in self.faults if one.times and one.method == method and re.search(one.path, path)), None
            )
            if fault:
                fault.times -= 1
            if fault and fault.when == "before":
                return self._misbehave(fault)
            status, more, data = self._answer(method, url, body, headers)
        if fault:
            return self._misbehave(fault)
        time.sleep(self.answer_delay_s)
        payload = b"" if status == 204 else json.dumps(data).encode()
        etag = f'W/"{hashlib.sha256(payload).hexdigest()}"'
        found = {
            "etag": etag,
            "content-type": "application/json; charset=utf-8",
            "x-ratelimit-remaining": "4990",
            **more,
        }
        asked = {name.lower(): value for name, value in headers.items()}.get("if-none-match")
        if method == "GET" and status == 200 and asked == etag:
            return 304, found, b""
        return status, found, payload

    @staticmethod
    def _misbehave(fault):
        time.sleep(fault.delay_s)
        if fault.status is None:
            return None
        return fault.status, fault.headers, json.dumps({"message": fault.message, "documentation_url": DOCS}).encode()

    def _answer(self, method, url, body, headers):
        try:
            operation, pointer, values, query, data = self.document.request(method, url, body)
            name = operation["operationId"]
            assert set(query) <= HONOURED.get(name, set()), f"the fake ignores a parameter of {name}: {query}"
            do = getattr(self, re.sub(r"[/-]", "_", name))
        except AssertionError as error:
            self.violations.append(str(error))
            return 418, {}, {"message": f"violation: {error}"}
        self.asked = url
        try:
            self._authorize(name, headers)
            status, out, more = do(values, query, data)
        except Refused as error:
            status, out, more = error.status, error.body, error.headers
        try:
            self.document.answer(operation, pointer, status, out)
        except Violation as error:
            self.violations.append(str(error))
        if status < 300 and operation.get("x-github", {}).get("triggersNotification"):
            self.notified.append(name)
        return status, more, out

    def _authorize(self, name, headers):
        given = {key.lower(): value for key, value in headers.items()}.get("authorization", "")
        if (
            self.accepts is not None
            and not name.startswith("apps/")
            and given.removeprefix("Bearer ") not in self.accepts
        ):
            raise Refused(401, "Bad credentials")

    def rename(self, old, new):
        """The repository has another name; GitHub redirects the old one, by the repository's number."""
        with self.lock:
            self.repositories[new] = self.repositories.pop(old)
            self.renamed = {name: new if to == old else to for name, to in self.renamed.items()} | {old: new}

    def transfer(self, number, old, new):
        """The issue lives in another repository now, under another number."""
        with self.lock:
            there, one = self.repositories[new], self.repositories[old].issues[number]
            there.issues[there.following] = {**one, "number": there.following, "updated": self.now()}
            for name in one["labels"]:
                there.labels.setdefault(name, self.repositories[old].labels[name])
            self.repositories[old].moved[number] = (new, there.following)
            there.following += 1

    def rename_label(self, old, new, name="acme/shop"):
        with self.lock:
            repository = self.repositories[name]
            repository.labels[new] = repository.labels.pop(old)
            for one in repository.issues.values():
                one["labels"] = [new if each == old else each for each in one["labels"]]

    def take_label(self, number, label, name="acme/shop"):
        with self.lock:
            one = self.repositories[name].issues[number]
            one["labels"].remove(label)
            one["updated"] = self.now()

    # --- what tests look at ---------------------------------------------------------------------------
    def open_issues(self, name="acme/shop"):
        return [one for one in self.repositories[name].issues.values() if one["state"] == "open"]

    def issues(self, name="acme/shop"):
        return list(self.repositories[name].issues.values())

    def comments(self, number, name="acme/shop"):
        return [one["body"] for one in self.repositories[name].comments.values() if one["issue"] == number]

    def close_by_hand(self, number, reason, name="acme/shop"):
        with self.lock:
            self._set_state(self.repositories[name].issues[number], "closed", reason)

    def say_by_hand(self, number, body, author="alice", name="acme/shop"):
        with self.lock:
            return self._add_comment(self.repositories[name], self.repositories[name].issues[number], body, author)[
                "id"
            ]

    # --- shapes ---------------------------------------------------------------------------------------
    def _id(self):
        self.ids += 1
        return self.ids

    def user(self, login="log-gardener[bot]"):
        url = f"{self.base}/users/{quote(login)}"
        plain = ("followers", "subscriptions", "organizations", "repos", "received_events")
        return {
            **{f"{name}_url": f"{url}/{name}" for name in plain},
            "login": login, "id": 41898282, "node_id": "MDM6Qm90", "avatar_url": f"{self.base}/a.png",
            "gravatar_id": "", "url": url, "html_url": url, "following_url": f"{url}/following{{/other_user}}",
            "gists_url": f"{url}/gists{{/gist_id}}", "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
            "events_url": f"{url}/events{{/privacy}}", "type": "Bot", "site_admin": False,
        }  # fmt: skip

    def label(self, full, name):
        one = self.repositories[full].labels[name]
        url = f"{self.base}/repos/{full}/labels/{quote(name, safe='')}"
        return {
            "id": one["id"], "node_id": f"LA_{one['id']}", "url": url, "name": name, "color": one["color"],
            "default": False, "description": one["description"],
        }  # fmt: skip

    def issue(self, full, one):
        repository, url = self.repositories[full], f"{self.base}/repos/{full}/issues/{one['number']}"
        return {
            "url": url, "repository_url": f"{self.base}/repos/{full}", "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments", "events_url": f"{url}/events", "timeline_url": f"{url}/timeline",
            "html_url": f"https://github.example/{full}/issues/{one['number']}", "id": one["id"],
            "node_id": f"I_{one['id']}", "number": one["number"], "title": one["title"], "body": one["body"],
            "user": self.user(one.get("author", "log-gardener[bot]")),
            "labels": [self.label(full, name) for name in one["labels"]], "state": one["state"],
            "state_reason": one["reason"], "locked": one["number"] in repository.locked, "assignee": None,
            "assignees": [self.user(name) for name in one["assignees"]], "milestone": None,
            "comments": sum(c["issue"] == one["number"] for c in repository.comments.values()),
            "created_at": text(one["created"]), "updated_at": text(one["updated"]),
            "closed_at": text(one["closed"]) if one["closed"] else None, "author_association": "NONE",
            "performed_via_github_app": None,
        }  # fmt: skip

    def comment(self, full, one):
        url = f"{self.base}/repos/{full}/issues/comments/{one['id']}"
        return {
            "id": one["id"], "node_id": f"IC_{one['id']}", "url": url, "html_url": url, "body": one["body"],
            "user": self.user(one["author"]), "created_at": text(one["created"]), "updated_at": text(one["created"]),
            "issue_url": f"{self.base}/repos/{full}/issues/{one['issue']}", "author_association": "NONE",
            "performed_via_github_app": None,
        }  # fmt: skip

    # --- rules ----------------------------------------------------------------------------------------
    def _repository(self, values, *, write=False):
        full = f"{values['owner']}/{values['repo']}"
        if full in self.renamed:
            raise self._redirect(full, values, write=write)
        if full not in self.repositories:
            raise Refused(404, "Not Found")
        if self.repositories[full].unavailable:
            raise Refused(451, "Repository access blocked")
        if write and self.repositories[full].archived:
            raise Refused(403, "Repository was archived so is read-only.")
        return full, self.repositories[full]

    def _redirect(self, full, values, *, write):
        """301 for what reads, 307 for what writes: the method has to stay."""
        new = self.renamed[full]
        old_path = f"/repos/{values['owner']}/{values['repo']}"
        url = f"{self.base}/repos/{new}{self.asked.split(old_path, 1)[1]}"
        refused = Refused(307 if write else 301, "Moved Permanently", {"location": url})
        refused.body["url"] = url
        return refused

    def _issue(self, values, *, write=False):
        full, repository = self._repository(values, write=write)
        number = int(values["issue_number"])
        if not repository.has_issues:
            raise Refused(410, "Issues has been disabled in this repository.")
        if number in repository.deleted:
            raise Refused(410, "This issue was deleted")
        if number in repository.moved:
            url = f"{self.base}/repos/{repository.moved[number][0]}/issues/{repository.moved[number][1]}"
            refused = Refused(301, "Moved Permanently", {"location": url})
            refused.body["url"] = url
            raise refused
        if number not in repository.issues:
            raise Refused(404, "Not Found")
        return full, repository, repository.issues[number]

    def _throttle(self):
        now = time.monotonic()
        self.content_times = [at for at in self.content_times if now - at < 60] + [now]
        if self.content_per_minute is not None and len(self.content_times) > self.content_per_minute:
            raise Refused(403, SECONDARY, {"retry-after": "60"})

    def _named(self, repository, names):
        found = []
        if repository.drops_labels:
            return found
        for name in names:
            if len(name) > 50:
                raise invalid("Label", "name", "invalid")
            known = next((one for one in repository.labels if one.lower() == name.lower()), None)
            if known is None:
                repository.labels[known := name] = {"id": self._id(), "color": "ededed", "description": None}
            found += [known] if known not in found else []
        return found

    @staticmethod
    def _sizes(title, body):
        if title is not None and not title.strip():
            raise invalid("Issue", "title", "missing_field")
        if title is not None and len(title) > 256:
            raise invalid("Issue", "title", "custom", "title is too long (maximum is 256 characters)")
        if body is not None and len(body) > 65536:
            raise invalid("Issue", "body", "custom", "body is too long (maximum is 65536 characters)")

    def _set_state(self, one, state, reason):
        now = self.now()
        one.update(state=state, reason=reason, closed=now if state == "closed" else None, updated=now)

    def _add_comment(self, repository, one, body, author="log-gardener[bot]"):
        now = self.now()
        made = {"id": self._id(), "issue": one["number"], "body": body, "created": now, "author": author}
        repository.comments[made["id"]] = made
        one["updated"] = now
        return made

    def _page(self, path, rows, query, shape):
        size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
        more = {}
        if page * size < len(rows):
            following = urlencode({**query, "page": page + 1})
            more["link"] = f'<{self.base}{path}?{following}>; rel="next"'
        return 200, [shape(row) for row in rows[(page - 1) * size : page * size]], more

    # --- operations, named as in the document ---------------------------------------------------------
    def repos_get(self, values, _query, _data):
        full, repository = self._repository(values)
        found = self.document.example({"$ref": "#/components/schemas/full-repository"})
        return 200, {**found, "full_name": full, "has_issues": repository.has_issues}, {}

    def repos_get_collaborator_permission_level(self, values, _query, _data):
        _, repository = self._repository(values)
        if repository.permission_status != 200:
            raise Refused(repository.permission_status, "Must have push access to view collaborator permission.")
        permission = "write" if values["username"] in repository.writers else "read"
        return 200, {"permission": permission, "role_name": permission, "user": None}, {}

    def issues_list_for_repo(self, values, query, _data):
        full, repository = self._repository(values)
        if not repository.has_issues:
            raise Refused(404, "Not Found")
        wanted = {name.strip().lower() for name in query.get("labels", "").split(",") if name.strip()}
        now = self.now()
        rows = [
            one
            for number, one in repository.issues.items()
            if not self.list_is_empty
            and query.get("state", "open") in ("all", one["state"])
            and wanted <= {name.lower() for name in one["labels"]}
            and one["updated"] >= since_of(query).replace(microsecond=0)
            and (now - one["created"]).total_seconds() >= self.list_lag_s
            and number not in repository.deleted
            and number not in repository.moved
        ]
        rows.sort(key=lambda one: one["created"], reverse=query.get("direction", "desc") == "desc")
        return self._page(f"/repos/{full}/issues", rows, query, lambda one: self.issue(full, one))

    def issues_create(self, values, _query, data):
        full, repository = self._repository(values, write=True)
        if not repository.has_issues:
            raise Refused(410, "Issues has been disabled in this repository.")
        self._throttle()
        self._sizes(data["title"], data.get("body"))
        if strangers := [name for name in data.get("assignees", []) if name not in repository.writers]:
            raise invalid("Issue", "assignees", "invalid", f"assignees {strangers} cannot be assigned")
        now = self.now()
        one = {
            "id": self._id(), "number": repository.following, "title": data["title"], "body": data.get("body"),
            "labels": self._named(repository, data.get("labels", [])), "state": "open", "reason": None,
            "assignees": data.get("assignees", []), "created": now, "updated": now, "closed": None,
        }  # fmt: skip
        repository.issues[repository.following] = one
        repository.following += 1
        found = self.issue(full, one)
        return 201, found, {"location": found["url"]}

    def issues_get(self, values, _query, _data):
        full, _, one = self._issue(values)
        return 200, self.issue(full, one), {}

    def issues_update(self, values, _query, data):
        full, _, one = self._issue(values, write=True)
        self._throttle()
        self._sizes(data.get("title"), None)
        if len((data.get("body") or "").encode()) <= 262144:  # reported: else 200, and the old body stays
            one["body"] = data.get("body", one["body"])
        one["title"] = data.get("title", one["title"])
        one["updated"] = self.now()
        if data.get("state", one["state"]) != one["state"]:  # state_reason alone is ignored
            default = "completed" if data["state"] == "closed" else "reopened"
            self._set_state(one, data["state"], data.get("state_reason") or default)
        return 200, self.issue(full, one), {}

    def issues_list_comments(self, values, query, _data):
        full, repository, one = self._issue(values)
        rows = [
            found
            for found in repository.comments.values()
            if found["issue"] == one["number"] and found["created"] >= since_of(query).replace(microsecond=0)
        ]
        path = f"/repos/{full}/issues/{one['number']}/comments"
        return self._page(path, rows, query, lambda found: self.comment(full, found))

    def issues_create_comment(self, values, _query, data):
        full, repository, one = self._issue(values, write=True)
        if one["number"] in repository.locked:
            raise Refused(403, "Unable to create comment because issue is locked.")
        self._throttle()
        found = self.comment(full, self._add_comment(repository, one, data["body"]))
        return 201, found, {"location": found["url"]}

    def issues_list_labels_for_repo(self, values, query, _data):
        full, repository = self._repository(values)
        rows = sorted(repository.labels)
        return self._page(f"/repos/{full}/labels", rows, query, lambda name: self.label(full, name))

    def issues_create_label(self, values, _query, data):
        full, repository = self._repository(values, write=True)
        if repository.drops_labels:
            raise Refused(404, "Not Found")
        if any(name.lower() == data["name"].lower() for name in repository.labels):
            raise invalid("Label", "name", "already_exists")
        repository.labels[data["name"]] = {
            "id": self._id(), "color": data.get("color", "ededed"), "description": data.get("description"),
        }  # fmt: skip
        return 201, self.label(full, data["name"]), {}

    def issues_add_labels(self, values, _query, data):
        full, repository, one = self._issue(values, write=True)
        one["labels"] += [name for name in self._named(repository, data["labels"]) if name not in one["labels"]]
        one["updated"] = self.now()
        return 200, [self.label(full, name) for name in one["labels"]], {}

    def issues_remove_label(self, values, _query, _data):
        full, _, one = self._issue(values, write=True)
        known = next((each for each in one["labels"] if each.lower() == values["name"].lower()), None)
        if known is None:
            raise Refused(404, "Label does not exist")
        one["labels"].remove(known)
        one["updated"] = self.now()
        return 200, [self.label(full, name) for name in one["labels"]], {}

    def reactions_create_for_issue_comment(self, values, _query, data):
        _, repository = self._repository(values, write=True)
        repository.reactions.append((int(values["comment_id"]), data["content"]))
        made = {
            "id": self._id(), "node_id": "R_1", "user": self.user(), "content": data["content"],
            "created_at": text(self.now()),
        }  # fmt: skip
        return 201, made, {}

    def apps_create_installation_access_token(self, _values, _query, data):
        token = "ghs_" + f"{self._id():036}"
        self.tokens.add(token)
        if self.accepts is not None:
            self.accepts.add(token)
        expires = text(self.now() + timedelta(hours=1))
        found = {"token": token, "expires_at": expires, "permissions": data["permissions"]}
        return 201, {**found, "repository_selection": "selected"}, {}
