"""The nouns of Log Gardener, all frozen: this package is the glossary.

`entry`: the input. `cluster`: the result of grouping. `checkpoint`: the unit of commit. `triage`: decisions. `issue`
and `finding`: output for people. `ports`: the interfaces; read them first.

Times are aware UTC `datetime`s unless a name contains `minute` (whole minutes since the epoch) or `day` (whole days
since the epoch). Nothing here does IO or reads a clock.
"""

from __future__ import annotations

from processor.model.checkpoint import (
    LEDGER_SLOT_S,
    SCHEMA_VERSION,
    Checkpoint,
    Committed,
    Seen,
    StreamModel,
    TemplateChanges,
    Totals,
    WorkerState,
)
from processor.model.cluster import (
    GROUPING_VERSION,
    MAX_BETWEEN,
    Cluster,
    ClusterDelta,
    ExceptionInfo,
    Sample,
    SampleCandidate,
    Span,
    TemplateRecord,
)
from processor.model.delivery_health import DeliveryHealth
from processor.model.entry import (
    Entry,
    HttpRequest,
    Identity,
    Kind,
    Masked,
    ReceivedMessage,
    Rejected,
    Severity,
    Stream,
)
from processor.model.finding import Finding, Grade
from processor.model.issue import Issue, IssueComment, IssueDraft, IssueEdit, IssueRef
from processor.model.triage import AuditRecord, Change, Priority, Status, Triage, TurningPoint

__all__ = [
    "GROUPING_VERSION",
    "LEDGER_SLOT_S",
    "MAX_BETWEEN",
    "SCHEMA_VERSION",
    "AuditRecord",
    "Change",
    "Checkpoint",
    "Cluster",
    "ClusterDelta",
    "Committed",
    "DeliveryHealth",
    "Entry",
    "ExceptionInfo",
    "Finding",
    "Grade",
    "HttpRequest",
    "Identity",
    "Issue",
    "IssueComment",
    "IssueDraft",
    "IssueEdit",
    "IssueRef",
    "Kind",
    "Masked",
    "Priority",
    "ReceivedMessage",
    "Rejected",
    "Sample",
    "SampleCandidate",
    "Seen",
    "Severity",
    "Span",
    "Status",
    "Stream",
    "StreamModel",
    "TemplateChanges",
    "TemplateRecord",
    "Totals",
    "Triage",
    "TurningPoint",
    "WorkerState",
]
