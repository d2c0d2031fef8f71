"""The command line: `ensuite serve`, `ensuite worker`."""

import sys

import cyclopts

from ensuite.cli import serve, worker
from ensuite.errors import EnsuiteError

app = cyclopts.App(name="ensuite", help="A self-hosted data API and workflow engine.")
app.command(serve.serve)
app.command(worker.worker)


def main() -> None:
    """Run a command; an error that the user can do something about is one sentence."""
    try:
        app()
    except EnsuiteError as error:
        print(f"ensuite: {error.message}", file=sys.stderr)
        sys.exit(1)
