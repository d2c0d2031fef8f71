"""A process that has Ensuite in memory, and forks `serve` and `worker` processes in no time.

To start Python and to import everything takes a second of a core.  A fork of a process that has done
so is the same program in the same state, at a quarter of that: cheap enough to be killed by the
hundred.

It reads one line of JSON for each process that it shall start, and writes one when the process was
started and one when it has ended.
"""

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from ensuite import cli
from ensuite.api import load_routes
from ensuite.server import app
from ensuite.workflow.catalog import load_node_types, load_trigger_types

REAP_SECONDS = 0.02


def main() -> None:
    """Start and bury processes until standard input ends."""
    assert app.running, "imported for the processes to come"
    load_node_types()
    load_trigger_types()
    load_routes()
    _say({"ready": True})
    unread = b""
    while True:
        readable, _, _ = select.select([0], [], [], REAP_SECONDS)
        if readable:
            read = os.read(0, 65536)
            if not read:
                return
            *lines, unread = (unread + read).split(b"\n")
            for line in lines:
                _say({"started": _fork(json.loads(line))})
        while (ended := _ended()) is not None:
            _say({"ended": ended[0], "code": ended[1]})


def _say(what: dict[str, Any]) -> None:
    _ = sys.stdout.write(json.dumps(what) + "\n")
    _ = sys.stdout.flush()


def _ended() -> tuple[int, int] | None:
    try:
        process_id, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (process_id, os.waitstatus_to_exitcode(status)) if process_id else None


def _fork(order: dict[str, Any]) -> int:
    process_id = os.fork()
    if process_id == 0:
        _become(order["arguments"], order["environment"], Path(order["log"]))
    return process_id


def _become(arguments: list[str], environment: dict[str, str], log: Path) -> NoReturn:
    """Be the command line's process from here on."""
    code = 1
    try:
        os.environ.update(environment)
        file = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, own in ((0, nothing), (1, file), (2, file)):
            _ = os.dup2(own, number)
        _ = signal.signal(signal.SIGINT, signal.default_int_handler)
        random.seed()
        _set_clock(float(environment.get("CLOCK_AHEAD_SECONDS", "0")))
        sys.argv = ["ensuite", *arguments]
        cli.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Not the ordinary end of a process: what is to be done there is the nursery's.
        os._exit(code)


def _set_clock(ahead_seconds: float) -> None:
    """Let this process live on a machine whose clock is wrong."""
    ahead = int(ahead_seconds * 1_000_000_000)
    if ahead:
        true_time = time.time_ns
        time.time_ns = lambda: true_time() + ahead


if __name__ == "__main__":
    main()
