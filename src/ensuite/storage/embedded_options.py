"""What the embedded PostgreSQL is told at its start, where it differs from its own defaults."""

import os
from collections.abc import Mapping

LEAST_BUFFER_MEGABYTES = 128
"""PostgreSQL's own default."""

MOST_BUFFER_MEGABYTES = 1024
"""Of a quarter of the machine's memory, for PostgreSQL's own cache: it shares the machine."""

FIXED: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_wal_size": "2GB",
    "jit": "off",
    # The log tells about the server. What is wrong with a statement is told to who sent it, and
    # logging that would put the values of records into the log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}


def options() -> dict[str, str]:
    """The settings by name, for this machine."""
    return {"shared_buffers": f"{_buffer_megabytes()}MB", **FIXED}


def _buffer_megabytes() -> int:
    """The cache; its memory is taken as it is used, not at the start."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return max(LEAST_BUFFER_MEGABYTES, min(memory // 4, MOST_BUFFER_MEGABYTES))
