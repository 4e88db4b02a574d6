"""What a refused request means, and how ids are cut into requests."""

import grpc
import pytest

from processor.model.errors import SourceError, Transient
from processor.sources.pubsub.rpc import MAX_IDS, chunks, named

SUBSCRIPTION = "projects/shop/subscriptions/worker"


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        # the library's own pull tries these again
        (grpc.StatusCode.UNAVAILABLE, Transient, "UNAVAILABLE: said"),
        (grpc.StatusCode.INTERNAL, Transient, "INTERNAL: said"),
        (grpc.StatusCode.UNKNOWN, Transient, "UNKNOWN: said"),
        (grpc.StatusCode.ABORTED, Transient, "ABORTED: said"),
        # a quota per minute, a server that is slow, a channel that was closed
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Transient, "RESOURCE_EXHAUSTED: said"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Transient, "DEADLINE_EXCEEDED: said"),
        (grpc.StatusCode.CANCELLED, Transient, "CANCELLED: said"),
        # a person has to mend these
        (grpc.StatusCode.NOT_FOUND, SourceError, "gcloud pubsub subscriptions create worker --topic=TOPIC"),
        (grpc.StatusCode.PERMISSION_DENIED, SourceError, "add-iam-policy-binding worker --project=shop"),
        (grpc.StatusCode.UNAUTHENTICATED, SourceError, "gcloud auth application-default login"),
        (grpc.StatusCode.FAILED_PRECONDITION, SourceError, "update worker --project=shop --push-endpoint=''"),
        (grpc.StatusCode.INVALID_ARGUMENT, SourceError, "INVALID_ARGUMENT: said; `gardener doctor`"),
    ],
)
def test_each_refusal_is_waited_out_or_named_with_what_mends_it(code, kind, words):
    error = named(code, "said", SUBSCRIPTION)

    assert type(error) is kind
    assert SUBSCRIPTION in str(error)
    assert words in str(error)


@pytest.mark.parametrize(
    ("ids", "sizes"),
    [
        (0, []),  # the server refuses a request for nothing
        (1, [1]),
        (MAX_IDS, [MAX_IDS]),
        (2 * MAX_IDS + 1, [MAX_IDS, MAX_IDS, 1]),
    ],
)
def test_ids_are_cut_into_requests_of_a_thousand_at_most(ids, sizes):
    parts = list(chunks([str(number) for number in range(ids)]))

    assert [len(part) for part in parts] == sizes
    assert [one for part in parts for one in part] == [str(number) for number in range(ids)]


def test_a_request_of_the_longest_ids_stays_below_the_servers_limit():
    assert MAX_IDS * (500 + 3) < 524_288
