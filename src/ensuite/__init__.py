"""Ensuite: a self-hosted data API whose every write can start a workflow."""

__version__ = "0.1.0"
