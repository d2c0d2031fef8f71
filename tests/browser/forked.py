"""Processes of the command line that begin with everything imported.

To start Python and to import Ensuite takes a second of a core, and each test of the page has a
server of its own.  Here it is forked from a process that has done so once.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NoReturn

from ensuite import cli
from ensuite.api import load_routes
from ensuite.server import app
from ensuite.workflow.catalog import load_node_types, load_trigger_types

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])

assert app.running, "imported for the processes to come"
load_node_types()
load_trigger_types()
load_routes()


def started(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> BaseProcess:
    """Start `ensuite` with these arguments and just this environment; it writes into `log`."""
    process = _context.Process(target=_become, args=([*arguments], dict(environment), log))
    process.start()
    return process


def _become(arguments: list[str], environment: dict[str, str], log: Path) -> NoReturn:
    """Be the command line's process from here on."""
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    for number in (1, 2):
        _ = os.dup2(file, number)
    sys.argv = ["ensuite", *arguments]
    cli.main()
    raise SystemExit
