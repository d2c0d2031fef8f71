"""pgbench on the server's own database: what the same statements cost without us."""

import re
import subprocess
import tempfile
from pathlib import Path

CLIENTS = 16


def run(bin_path: Path, dsn: str, script: str, *, seconds: int) -> float:
    """Transactions a second of a script, prepared, 16 clients."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        _ = file.write(script)
        file.flush()
        done = subprocess.run(
            [
                bin_path / "pgbench",
                "-n",
                "-M",
                "prepared",
                "-c",
                str(CLIENTS),
                "-j",
                "1",
                "-T",
                str(seconds),
                "-f",
                file.name,
                dsn,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise SystemExit(done.stdout + done.stderr)
    return float(found.group(1))
