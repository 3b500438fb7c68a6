"""Who is measured: unhitch, its peers, and two bounds that do only a part of the job."""
import glob
import os
import shutil
import subprocess

from jobfile import DATA, ROOT
from machine import complain, output_of

PEERS = os.path.join(ROOT, "bench", "peers")
NODE_PACKAGES = ("undici@6.29.1", "papaparse@5.7.1", "@zohocrm/nodejs-sdk-8.0@2.0.0")
NPM_LIMIT_S = 120


class Client:
    """One of the field. `part` says what it leaves out of the job (empty: nothing); `slow` is
    by how much its job is smaller; `goal` is how many times its rows per second unhitch is
    to do."""
    slow, part, goal = 1, "", None

    def __init__(self, build):
        self.build, self.made = build, os.path.join(build, "bench")

    def missing(self):
        """Installs or makes what it needs; why it cannot take part, or None."""

    def version(self):
        return ""

    def prepare(self, url, job, out):
        """Whatever is made ready before the clock starts."""

    def command(self, url, job, out, in_flight):
        raise NotImplementedError

    def results(self, out):
        """Path of the results that it writes."""
        return os.path.join(out, "results.csv")


class Unhitch(Client):
    key, name = "unhitch", "unhitch"

    def version(self):
        return output_of([os.path.join(self.build, "unhitch"), "--version"])

    def command(self, url, job, out, in_flight, *options):
        return [os.path.join(self.build, "unhitch"), "run", "--quiet", "--operation", "crm.delink",
                "--base-url", url, "-j", str(in_flight), "--out", out, *options, job.csv]


class Script(Client):
    """A program under bench/peers/ that does the whole job."""
    source = program = ""

    def interpreter(self):
        return []

    def prepare(self, url, job, out):
        os.makedirs(out)

    def command(self, url, job, out, in_flight):
        return [*self.interpreter(), self.program or os.path.join(PEERS, self.source), url,
                job.csv, self.results(out), str(in_flight)]


class Python(Script):
    module = ""
    python = None

    def missing(self):
        for python in ("python3", "/usr/bin/python3"):
            self.python = shutil.which(python)
            if self.python and self.module_version()[:1].isdigit():
                return None
        return f"no python3 that has {self.module}"

    def interpreter(self):
        return [self.python]

    def module_version(self):
        return output_of([self.python, "-c", f"import {self.module} as m; print(m.__version__)"])

    def version(self):
        return f"{output_of([self.python, '--version'])}, {self.module} {self.module_version()}"


class Aiohttp(Python):
    key, name, module, source, goal = "aiohttp", "Python aiohttp", "aiohttp", "delink_aiohttp.py", 8


class Requests(Python):
    key, name, module = "requests", "Python requests, threads", "requests"
    source, slow = "delink_requests.py", 5


class Go(Script):
    key, name, source, goal = "go", "Go net/http", "delink.go", 5

    def missing(self):
        self.program = os.path.abspath(os.path.join(self.made, "delink_go"))
        if not shutil.which("go"):
            return "no go"
        source = os.path.join(PEERS, self.source)
        made = subprocess.run(["go", "build", "-o", self.program, source], check=False,
                              capture_output=True, text=True, env={
                                  **os.environ, "GO111MODULE": "off", "GOFLAGS": "",
                                  "GOCACHE": os.path.abspath(os.path.join(self.made, "go"))})
        return made.stderr.strip() or "go build failed" if made.returncode else None

    def version(self):
        return " ".join(output_of(["go", "version"]).split()[2:3])


class Node(Script):
    """Node looks for packages beside the file it runs, so the programs are copied to them."""

    def missing(self):
        folder = os.path.join(self.made, "node")
        if not shutil.which("node") or not shutil.which("npm"):
            return "no node and npm"
        os.makedirs(folder, exist_ok=True)
        problem = install_node_packages(folder)
        for path in glob.glob(os.path.join(PEERS, "*.mjs")):
            shutil.copy(path, folder)
        self.program = os.path.abspath(os.path.join(folder, self.source))
        return problem

    def interpreter(self):
        return ["node"]

    def version(self):
        return "node " + output_of(["node", "--version"])


class Undici(Node):
    key, name, source, goal = "undici", "Node undici", "delink_undici.mjs", 5

    def version(self):
        return super().version() + ", " + NODE_PACKAGES[0].replace("@", " ")


class Sdk(Node):
    key, name, source = "sdk", "Zoho's Node SDK", "delink_sdk.mjs"
    slow, goal = 10, 60

    def version(self):
        return NODE_PACKAGES[2].rpartition("@")[0] + " " + NODE_PACKAGES[2].rpartition("@")[2]


class Partly(Client):
    """Sends ready-made calls; reads no job file, judges nothing, writes no results."""
    part = "sends ready-made URLs; reads no job, judges nothing, writes no results"

    def results(self, out):
        return None


class CurlParallel(Partly):
    key, name, goal = "curl", "curl -Z", 1.5

    def missing(self):
        return None if shutil.which("curl") else "no curl"

    def version(self):
        return " ".join(output_of(["curl", "--version"]).split()[:2])

    def prepare(self, url, job, out):
        with open(job.paths, encoding="ascii") as paths, \
                open(os.path.join(DATA, "config"), "w", encoding="ascii") as file:
            for path in paths:
                file.write(f'url = "{url}{path.rstrip()}"\noutput = "/dev/null"\n')

    def command(self, url, job, out, in_flight):
        return [os.path.join(PEERS, "curl_parallel.sh"), os.path.join(DATA, "config"),
                str(in_flight)]


class Xargs(Partly):
    key, name, slow, goal = "xargs", "xargs, a curl for each call", 20, 80

    def missing(self):
        return None if shutil.which("curl") and shutil.which("xargs") else "no curl and xargs"

    def prepare(self, url, job, out):
        with open(job.paths, encoding="ascii") as paths, \
                open(os.path.join(DATA, "urls"), "w", encoding="ascii") as file:
            for path in paths:
                file.write(url + path)

    def command(self, url, job, out, in_flight):
        return [os.path.join(PEERS, "xargs_curl.sh"), os.path.join(DATA, "urls"), str(in_flight)]


class Libcurl(Partly):
    key, name = "libcurl", "bare libcurl loop in C"

    def missing(self):
        path = os.path.join(self.made, "libcurl_multi")
        return None if os.path.exists(path) else f"{path} was not built"

    def command(self, url, job, out, in_flight):
        return [os.path.join(self.made, "libcurl_multi"), url, job.paths, str(in_flight)]


FIELD = (Unhitch, CurlParallel, Go, Undici, Aiohttp, Requests, Sdk, Xargs, Libcurl)


def install_node_packages(folder):
    """None, or why not."""
    stamp, wanted = os.path.join(folder, "installed"), "\n".join(NODE_PACKAGES)
    if os.path.exists(stamp) and open(stamp, encoding="ascii").read() == wanted:
        return None
    with open(os.path.join(folder, "package.json"), "w", encoding="ascii") as file:
        file.write('{"private": true, "type": "module"}\n')
    try:
        done = subprocess.run(
            ["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts",
             "--loglevel", "error", "--fetch-retries", "1", "--fetch-timeout", "30000",
             *NODE_PACKAGES], capture_output=True, text=True, check=False, timeout=NPM_LIMIT_S,
            stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return f"npm took longer than {NPM_LIMIT_S} s"
    if done.returncode:
        return "npm cannot install " + ", ".join(NODE_PACKAGES)
    with open(stamp, "w", encoding="ascii") as file:
        file.write(wanted)
    return None


def gather(build, wanted=None):
    """Those that can take part; for the others a line that says why not."""
    os.makedirs(os.path.join(build, "bench"), exist_ok=True)
    field = []
    for kind in FIELD:
        client = kind(build)
        if wanted and client.key not in wanted:
            continue
        problem = client.missing()
        if problem:
            complain(f"{client.name} is skipped: {problem}")
        else:
            field.append(client)
    return field
