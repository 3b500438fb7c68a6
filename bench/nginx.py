"""nginx as a TLS front of the stub, with HTTP/2 or without, and what its log says about
connections and handshakes."""
import glob
import os
import shutil
import socket
import subprocess
import time

from jobfile import DATA
from machine import SERVER_CORE, START_LIMIT_S, Child, Failed, end, fresh, spawn

CONFIG = """\
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors warn;
events {{ worker_connections 4096; }}
http {{
    log_format calls '$connection $ssl_session_reused $server_protocol $status';
    access_log {folder}/calls calls buffer=256k flush=1s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    large_client_header_buffers 4 16k;
    http2_max_concurrent_streams 128;
    upstream stub {{
        server 127.0.0.1:{upstream};
        keepalive 128;
        keepalive_requests 1000000;
    }}
    server {{
        listen 127.0.0.1:{port} ssl{http2};
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        ssl_session_cache shared:tls:1m;
        location / {{
            proxy_pass http://stub;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffers 8 16k;
        }}
    }}
}}
"""


def program(build):
    """Path of nginx: the one installed, else the distribution's, unpacked below the build
    folder. It is not installed, because that would start a service. None: not to be had."""
    installed = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if installed:
        return installed
    folder = os.path.join(build, "bench", "nginx")
    unpacked = os.path.abspath(os.path.join(folder, "usr/sbin/nginx"))
    if not os.path.exists(unpacked) and shutil.which("apt-get"):
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", "nginx"], cwd=folder, check=False,
                       capture_output=True, timeout=60)
        for package in glob.glob(os.path.join(folder, "*.deb")):
            subprocess.run(["dpkg", "-x", package, folder], check=False)
    works = os.path.exists(unpacked) and subprocess.run([unpacked, "-v"], check=False,
                                                        capture_output=True).returncode == 0
    return unpacked if works else None


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Nginx(Child):
    """A child on the server's core, with a configuration and a certificate of its own."""

    def __init__(self, path, upstream, http2):
        self.folder = os.path.abspath(fresh(os.path.join(DATA, "nginx")))
        self.certificate = os.path.join(self.folder, "certificate.pem")
        os.makedirs(self.folder)
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.certify()
        config = os.path.join(self.folder, "nginx.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=self.folder, upstream=upstream, port=self.port,
                                     http2=" http2" if http2 else ""))
        self.process = spawn([path, "-p", self.folder, "-c", config, "-e",
                              os.path.join(self.folder, "errors")], SERVER_CORE)
        self.wait()

    def certify(self):
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", os.path.join(self.folder, "key.pem"),
             "-out", self.certificate], check=False, capture_output=True, text=True)
        if made.returncode:
            raise Failed("openssl made no certificate")

    def wait(self):
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        end(self.process)
        raise Failed("nginx did not start: " + self.complaint())

    def complaint(self):
        try:
            with open(os.path.join(self.folder, "errors"), encoding="utf-8") as file:
                return file.read()[-300:]
        except OSError:
            return "no word from it"

    def seen(self):
        """Ends it: calls, protocols, connections, and those of them with a whole handshake."""
        end(self.process)
        calls, connections, whole, protocols = 0, set(), set(), set()
        with open(os.path.join(self.folder, "calls"), encoding="ascii") as file:
            for line in file:
                connection, reused, protocol, _ = line.split()
                calls += 1
                connections.add(connection)
                protocols.add(protocol)
                if reused != "r":
                    whole.add(connection)
        return {"calls": calls, "connections": len(connections), "handshakes": len(whole),
                "protocol": ", ".join(sorted(protocols)) or "none"}

