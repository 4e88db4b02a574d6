"""The parts of the store that need nothing but its client: reports, ended sessions, old samples."""

from __future__ import annotations

from sinks.firestore.delivery import DeliveryReports
from sinks.firestore.raw import RawSamples
from sinks.firestore.sessions import EndedSessions


class Parts(DeliveryReports, EndedSessions, RawSamples):
    """See each of them."""
