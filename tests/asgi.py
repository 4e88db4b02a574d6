"""Ask an ASGI application by hand: every byte of the request is the test's own, whatever library versions are there."""

import asyncio
from urllib.parse import urlencode

CLIENT = "203.0.113.7"


class Answer:
    def __init__(self):
        self.status = 0
        self.headers = {}
        self.body = b""

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


class Asgi:
    """The application with its lifespan, in a loop of its own; a context manager."""

    def __init__(self, app):
        self._app = app
        self._runner = asyncio.Runner()

    def __enter__(self):
        self._runner.__enter__()
        self._runner.run(self._start())
        return self

    def __exit__(self, *about):
        self._runner.run(self._end())
        self._runner.__exit__(*about)

    async def _start(self):
        self._said, self._heard = asyncio.Queue(), asyncio.Queue()
        self._life = asyncio.create_task(self._app({"type": "lifespan"}, self._said.get, self._heard.put))
        await self._said.put({"type": "lifespan.startup"})
        assert (await self._heard.get())["type"] == "lifespan.startup.complete"

    async def _end(self):
        await self._said.put({"type": "lifespan.shutdown"})
        await self._life

    def ask(self, path, *, method="GET", headers=(), form=None, body=b"", client=CLIENT, query=b"", kind="http"):
        """One request. `headers` is a mapping or pairs; a form becomes the body."""
        pairs = list(headers.items() if isinstance(headers, dict) else headers)
        if form is not None:
            body = urlencode(form).encode()
            pairs.append(("content-type", "application/x-www-form-urlencoded"))
        scope = {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("utf-8", "replace"),
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in pairs],
            "client": (client, 4711),
            "server": ("localhost", 80),
        }
        return self._runner.run(self._ask(scope, body))

    async def _ask(self, scope, body):
        answer = Answer()
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            return parts.pop() if parts else {"type": "http.disconnect"}

        async def send(message):
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")
            else:
                answer.status = message["type"]

        await asyncio.wait_for(self._app(scope, receive, send), 20)
        return answer
