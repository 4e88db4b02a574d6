"""Log Gardener: reads log entries, understands them, decides what on-call should see."""

__version__ = "0.1.0"
