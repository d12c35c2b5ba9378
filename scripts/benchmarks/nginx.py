"""nginx with sendfile and one worker, which serves single files: the yardstick of delivery."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from processes import Processes
from stack import setup

PATIENCE_SECONDS = 10
CONFIGURATION = """
{user}
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr error;
events {{ worker_connections 64; }}
http {{
    access_log off;
    sendfile on;
    default_type application/octet-stream;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port};
{locations}
    }}
}}
"""


class Nginx:
    """Serves each of the files under its name here."""

    def __init__(self, files: dict[str, Path]) -> None:
        setup("nginx")
        self._directory = tempfile.TemporaryDirectory(prefix="magpie-bench-nginx-")
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        configuration = Path(self._directory.name, "nginx.conf")
        configuration.write_text(
            CONFIGURATION.format(
                # A worker of root's would else become nobody, who cannot read our directories.
                user="user root;" if os.geteuid() == 0 else "",
                directory=self._directory.name,
                port=port,
                locations="\n".join(f"        location = /{name} {{ alias {path}; }}" for name, path in files.items()),
            )
        )
        command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self._directory.name, "-e", "stderr"]
        self._process = subprocess.Popen([*command, "-c", str(configuration), "-g", "daemon off;"])
        self.processes = Processes(self._process.pid)
        try:
            self._wait_until_it_listens(port)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._directory.cleanup()

    def _wait_until_it_listens(self, port: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port)).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("nginx did not start") from None
                time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
