"""Assemble the program: settings, wiring, telemetry, doctor.

Enters: command-line options, files and environment.
Leaves: running workers, servers and pipelines.
Must not: hold a step of the processing itself.
"""
