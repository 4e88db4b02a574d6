"""What Firestore answers, in our words."""

import pytest
from google.api_core import exceptions as google
from google.auth import exceptions as auth

from processor.model.errors import CheckpointTooLarge, Conflict, StateError, Transient
from sinks.firestore.errors import check_schema, explain, translated


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        # create() of a document that is there
        (google.AlreadyExists("x"), Conflict, "another writer"),
        # an update time that has passed
        (google.FailedPrecondition("x"), Conflict, "another writer"),
        # a lock that somebody else got
        (google.Aborted("x"), Conflict, "another writer"),
        # away
        (google.ServiceUnavailable("x"), Transient, "did not answer"),
        (google.DeadlineExceeded("x"), Transient, "did not answer"),
        (google.ResourceExhausted("quota"), Transient, "quota"),
        (google.InternalServerError("x"), Transient, "did not answer"),
        (auth.TransportError("x"), Transient, "did not answer"),
        # a person has to do something, and is told what
        (google.PermissionDenied("x"), StateError, "gcloud projects add-iam-policy-binding p"),
        (google.NotFound("x"), StateError, "gcloud firestore databases create --project=p --database='d'"),
        (google.Unauthenticated("x"), StateError, "gcloud auth application-default login"),
        (auth.DefaultCredentialsError("x"), StateError, "gcloud auth application-default login"),
        (auth.RefreshError("x"), StateError, "gcloud auth application-default login"),
        # a mistake of ours
        (google.InvalidArgument("odd field"), StateError, "refused a request: odd field"),
    ],
)
def test_every_answer_is_one_of_ours_and_says_what_to_do(error, kind, words):
    ours = explain(error, "p", "d")

    assert type(ours) is kind
    assert words in str(ours)
    assert "d of project p" in str(ours)
    with pytest.raises(kind), translated("p", "d"):
        raise error


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), translated("p", "d"):
        raise ZeroDivisionError


@pytest.mark.parametrize("document", [{"schema": 0}, {"schema": 4}, {"schema": "1"}, {}, None])
def test_a_document_of_any_other_version_is_refused(document):
    with pytest.raises(StateError, match="this program knows 3"):
        check_schema(document, "clusters/c")


def test_a_document_of_this_version_is_taken():
    check_schema({"schema": 1}, "clusters/c")


@pytest.mark.parametrize(
    ("error", "is_size"),
    [
        (google.InvalidArgument("Transaction too big. Decrease transaction size."), True),
        (google.InvalidArgument("Request payload size exceeds the limit: 11534336 bytes."), True),
        (google.ResourceExhausted("Received message larger than max (5000000 vs. 4194304)"), True),
        (google.InvalidArgument("maximum 500 writes allowed per request"), True),
        (google.ResourceExhausted("Quota exceeded."), False),
        (google.InvalidArgument("The value of property x is not valid."), False),
        (google.DeadlineExceeded("Deadline Exceeded"), False),
    ],
)
def test_a_refusal_for_size_is_told_from_every_other(error, is_size):
    with pytest.raises(Exception) as raised, translated("p", "d"):  # noqa: PT011  # which one is what is asked
        raise error
    assert isinstance(raised.value, CheckpointTooLarge) is is_size
