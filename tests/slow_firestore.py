"""A Firestore that takes its time: a gRPC proxy before the emulator, for whoever connects to it."""

import random
import threading
import time
from concurrent import futures

import grpc
from google.cloud.firestore_v1.types import firestore as requests

_SERVICE = "/google.firestore.v1.Firestore/"
_STREAMED = {"BatchGetDocuments", "RunQuery", "RunAggregationQuery"}


def _raw(data):
    return data


class SlowFirestore(grpc.GenericRpcHandler):
    """Attributes: `latency_s` (the least and the most that any request takes, half of it before the emulator sees it),
    `per_write_s`, `per_read_s` (for each document), `applies_late` (a commit is applied, and its answer is what comes
    late), `is_away`, `is_silent` (nothing is answered), `breaks_off` (each result of a read is its last, then the store
    is away), and what came: `commits` (documents of each), `late` (of those given up on), `reads`, `unanswered`."""

    def __init__(self, address, *, per_write_s=0.0, per_read_s=0.0, latency_s=(0.0, 0.0)):
        self.latency_s = latency_s
        self.per_write_s, self.per_read_s = per_write_s, per_read_s
        self.applies_late = self.is_away = self.is_silent = self.breaks_off = False
        self.unanswered = 0
        self.commits, self.late, self.reads = [], [], []
        self._lock = threading.Lock()
        self._channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._server = grpc.server(futures.ThreadPoolExecutor(32), options=options)
        self._server.add_generic_rpc_handlers([self])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def close(self):
        self._server.stop(0)
        self._channel.close()

    def service(self, details):
        name = details.method.removeprefix(_SERVICE)
        half_s = random.uniform(*self.latency_s) / 2

        def stream(request, context):
            time.sleep(half_s)
            yield from self._stream(details, request, context)
            time.sleep(half_s)

        def unary(request, context):
            time.sleep(half_s)
            answer = self._unary(details, name, request, context)
            time.sleep(half_s)
            return answer

        if name in _STREAMED:
            return grpc.unary_stream_rpc_method_handler(stream)
        return grpc.unary_unary_rpc_method_handler(unary)

    def _unary(self, details, name, request, context):
        self._refuse_if_away(context)
        ask = self._channel.unary_unary(details.method, _raw, _raw)
        if name != "Commit":
            return self._forward(ask, request, details, context)
        writes = len(requests.CommitRequest.deserialize(request).writes)
        until = time.monotonic() + writes * self.per_write_s
        with self._lock:
            self.commits.append(writes)
        answer = self._forward(ask, request, details, context) if self.applies_late else None
        while time.monotonic() < until:
            if not context.is_active():
                with self._lock:
                    self.late.append(writes)
                context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "too slow")
            time.sleep(0.005)
        return answer if answer is not None else self._forward(ask, request, details, context)

    def _stream(self, details, request, context):
        self._refuse_if_away(context)
        call = self._channel.unary_stream(details.method, _raw, _raw)(request, metadata=_metadata(details))
        count = 0
        try:
            for answer in call:
                count += 1
                time.sleep(self.per_read_s)
                if not context.is_active():
                    call.cancel()
                    return
                yield answer
                if self.breaks_off:
                    call.cancel()
                    context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
        finally:
            self.reads.append(count)

    def _forward(self, ask, request, details, context):
        try:
            return ask(request, metadata=_metadata(details))
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())

    def _refuse_if_away(self, context):
        if self.is_away:
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        if self.is_silent:
            self.unanswered += 1
            while context.is_active():
                time.sleep(0.005)
            context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "silent")


def _metadata(details):
    return [
        (name, value)
        for name, value in details.invocation_metadata
        if name in ("authorization", "google-cloud-resource-prefix", "x-goog-request-params")
    ]
