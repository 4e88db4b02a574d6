"""What people on call look at: the web page, and the figures that it shares with the terminal.

Everything is read through the `Store` protocol by one poller per process; viewers are served from memory.
"""
