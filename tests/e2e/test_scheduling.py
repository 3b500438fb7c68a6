"""What starts jobs at night: the script `nightly`, the systemd units, the line of cron, the
Kubernetes CronJob and the Dockerfile of jobs/. Each is read as its own program would, checked by
its own tool where that is installed, and its command is run, as it stands, against the sandbox."""

import json
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

from harness import ROOT, UNHITCH, WAIT_S, Case, clean_environment, job, main, os

CLIENT = {"zoho-client-id": "1000.NIGHT", "zoho-client-secret": "night-secret",
          "zoho-refresh-token": "1000.night-refresh"}
SIGN_IN = ("--client-id", CLIENT["zoho-client-id"], "--client-secret",
           CLIENT["zoho-client-secret"], "--refresh-token", CLIENT["zoho-refresh-token"])


def source(name):
    with open(os.path.join(ROOT, "jobs", name), encoding="utf-8") as file:
        return file.read()


class Night(Case):
    """A machine with the program in /usr, a definition in /etc/unhitch and credentials."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.usr = tempfile.mkdtemp(prefix="unhitch-usr-")
        cls.addClassCleanup(shutil.rmtree, cls.usr, ignore_errors=True)
        subprocess.run([os.path.join(ROOT, ".packaging/install.sh"), "install",
                        os.path.dirname(UNHITCH)], check=True,
                       env=clean_environment(cls.usr, PREFIX=cls.usr))

    def setUp(self):
        super().setUp()
        self.root = self.path("root")
        self.server = self.sandbox(*SIGN_IN)
        self.define(max_calls=1)
        self.write("root/etc/unhitch/members.csv", job([1]) + "Campaigns,77,Contacts,42\n")
        for name, value in CLIENT.items():
            self.write("root/etc/unhitch/credentials/" + name, value + "\n")

    def define(self, **more):
        self.write("root/etc/unhitch/nightly.json", json.dumps(
            {"input": "members.csv", "operation": "crm.delink", "base_url": self.server.url,
             **more}))

    def here(self, text):
        """Paths of the machine, below its root."""
        text = re.sub(r"(?<![\w/])/(etc/unhitch|var/lib/unhitch|run/credentials)",
                      self.root + r"/\1", text)
        return text.replace("/usr/lib/unhitch", self.usr + "/lib/unhitch")

    def run_shell(self, command, folder, env, wanted):
        os.makedirs(folder, exist_ok=True)
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                              env=clean_environment(self.home, **env), timeout=WAIT_S, check=False)
        self.assertEqual(done.returncode, wanted, done.stdout + done.stderr)
        return done

    def sign_in(self, folder):
        return {name.replace("-", "_").upper() + "_FILE": os.path.join(folder, name)
                for name in CLIENT}


class Nightly(Night):
    def night(self, wanted, *options):
        return self.run_shell([self.usr + "/lib/unhitch/nightly",
                               self.root + "/etc/unhitch/nightly.json", *options], self.path("state"),
                              self.sign_in(self.root + "/etc/unhitch/credentials"), wanted)

    def runs(self):
        return sorted(os.listdir(self.path("state/runs")))

    def test_one_run_over_two_nights_then_another(self):
        self.night(8)
        self.assertIn("carrying on", self.night(0).stdout)
        self.assertEqual(len(self.runs()), 1)
        self.night(8)                                   # finished: a new one
        self.assertEqual(len(self.runs()), 2)
        self.night(4)                                   # the second is carried on, not the first
        self.assertEqual(len(self.runs()), 2)
        self.assertEqual(sum("/crm/" in target for target in self.server.targets()), 4)

    def test_another_job_file_is_another_run(self):
        self.night(8)
        self.write("root/etc/unhitch/members.csv", job([5]))
        done = self.night(0)
        self.assertIn("has not sent are in its unsent file", done.stderr)
        self.assertEqual(len(self.runs()), 2)
        self.assertTrue(os.path.exists(self.path(f"state/runs/{self.runs()[0]}/unsent.csv")))

    def test_runs_of_other_jobs_and_retries_are_left_alone(self):
        self.night(8)
        run = self.path("state/runs/" + self.runs()[0])
        for name in ("other-20380101T000000Z", "nightly-20380101T000000Z-retry1",
                     "nightly-more-20380101T000000Z"):
            shutil.copytree(run, self.path("state/runs/" + name))
        os.mkdir(self.path("state/runs/nightly-20380101T000000Z"))   # killed before it began
        self.assertIn(f"carrying on with runs/{os.path.basename(run)}\n", self.night(0).stdout)

    def test_a_killed_run_is_carried_on(self):
        self.server = self.sandbox("--latency", "1s", *SIGN_IN)
        self.define(concurrency=1)
        process = subprocess.Popen(
            [self.usr + "/lib/unhitch/nightly", self.root + "/etc/unhitch/nightly.json"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=clean_environment(self.home, **self.sign_in(self.root + "/etc/unhitch/credentials")))
        self.addCleanup(self.end, process)
        self.wait_until(lambda: len(self.server.log()) >= 2)
        second = self.run_shell([self.usr + "/lib/unhitch/nightly",
                                 self.root + "/etc/unhitch/nightly.json"], self.folder,
                                self.sign_in(self.root + "/etc/unhitch/credentials"), 75)
        self.assertIn("carrying on", second.stdout)     # the lock is the run's own
        process.kill()
        process.wait(WAIT_S)
        self.run_shell([self.usr + "/lib/unhitch/nightly",
                        self.root + "/etc/unhitch/nightly.json"], self.folder,
                       self.sign_in(self.root + "/etc/unhitch/credentials"), 0)
        self.assertEqual(len(os.listdir(self.path("runs"))), 1)


class Systemd(Night):
    def unit(self, kind):
        """{key: [values]} of an installed unit, for the instance `nightly`."""
        specifiers = {"%i": "nightly", "%S": self.root + "/var/lib", "%d": self.path("credentials")}
        keys = {}
        with open(f"{self.usr}/lib/systemd/system/unhitch@.{kind}", encoding="utf-8") as file:
            for line in file:
                if re.match(r"\w+=", line):
                    key, _, value = line.strip().partition("=")
                    keys.setdefault(key, []).append(re.sub("%.", lambda m: specifiers[m[0]], value))
        return keys

    def test_the_service_does_a_job_in_two_nights(self):
        unit = self.unit("service")
        for given in unit["LoadCredential"]:            # as systemd copies them for the service
            name, _, path = given.partition(":")
            with open(self.here(path), encoding="utf-8") as file:
                self.write("credentials/" + name, file.read())
        shutil.rmtree(self.root + "/etc/unhitch/credentials")
        env = dict(pair.split("=", 1) for pair in unit["Environment"])
        command = shlex.split(self.here(unit["ExecStart"][0]))
        for wanted in 8, 0:
            self.run_shell(command, unit["WorkingDirectory"][0], env, wanted)
        self.assertEqual([8, 10], sorted(map(int, unit["SuccessExitStatus"][0].split())))

    def test_it_may_write_its_state_and_nothing_else(self):
        unit = self.unit("service")
        self.assertEqual(unit["WorkingDirectory"], [self.root + "/var/lib/unhitch/nightly"])
        self.assertEqual(unit["StateDirectory"], ["unhitch/nightly"])
        for key, value in (("DynamicUser", "yes"), ("NoNewPrivileges", "yes"), ("UMask", "0077"),
                           ("ProtectSystem", "strict"), ("ProtectHome", "yes"), ("Type", "oneshot"),
                           ("CapabilityBoundingSet", ""), ("StateDirectoryMode", "0700")):
            self.assertEqual(unit.get(key), [value], key)
        self.assertNotIn("ReadWritePaths", unit)
        timer = self.unit("timer")
        self.assertEqual((timer["Persistent"], timer["WantedBy"]), (["yes"], ["timers.target"]))
        self.assertRegex(timer["OnCalendar"][0], r"^\*-\*-\* [0-2]\d:[0-5]\d$")

    def test_systemd_finds_nothing(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        units = []
        for kind in "service", "timer":
            units.append(self.path(f"unhitch@nightly.{kind}"))
            shutil.copy(f"{self.usr}/lib/systemd/system/unhitch@.{kind}", units[-1])
        for command in (["verify", "--man=no", "--recursive-errors=no", *units],
                        ["security", "--offline=true", "--threshold=15", units[0]]):
            done = subprocess.run(["systemd-analyze", *command], capture_output=True, text=True,
                                  env=clean_environment(self.home, SYSTEMD_LOG_LEVEL="warning"),
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            if command[0] == "verify":
                self.assertEqual(done.stderr, "")


class Cron(Night):
    FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))

    def test_the_line_as_cron_runs_it(self):
        env, lines = {}, []
        for line in source("unhitch.cron").splitlines():
            variable = re.match(r"(\w+)=(.*)$", line)
            if variable:
                env[variable[1]] = self.here(variable[2])
            elif line and not line.startswith("#"):
                lines.append(line)
        self.assertEqual(len(lines), 1)
        *fields, user, command = lines[0].split(maxsplit=6)
        for field, (low, high) in zip(fields, self.FIELDS):
            self.assertTrue(field == "*" or low <= int(field) <= high, field)
        self.assertEqual(user, "unhitch")
        self.assertNotIn("%", command)                  # a line end, to cron
        os.makedirs(self.root + "/var/lib/unhitch")
        for wanted in 8, 0:
            done = self.run_shell(["/bin/sh", "-c", self.here(command)], self.folder, env, wanted)
            self.assertEqual(done.stdout + done.stderr, "")      # nothing to mail
        self.assertEqual(len(os.listdir(self.root + "/var/lib/unhitch/runs")), 1)


def yaml_documents(text):
    """None where no python3 has a YAML parser."""
    for python in "python3", "/usr/bin/python3":
        done = subprocess.run([python, "-c", "import json, sys, yaml; "
                               "json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)"],
                              input=text, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return json.loads(done.stdout)
        if "ModuleNotFoundError" not in done.stderr:
            raise AssertionError(done.stderr)
    return None


class Kubernetes(Night):
    def setUp(self):
        super().setUp()
        documents = yaml_documents(source("kubernetes.yaml"))
        if documents is None:
            self.skipTest("python3-yaml is not installed")
        self.claim, cron_job = documents
        self.spec = cron_job["spec"]
        self.job = self.spec["jobTemplate"]["spec"]
        self.pod = self.job["template"]["spec"]
        self.container, = self.pod["containers"]

    def start(self, **more):
        env = {entry["name"]: self.here(entry["value"]) for entry in self.container["env"]}
        os.makedirs(self.root + "/run", exist_ok=True)
        if not os.path.exists(self.root + "/run/credentials"):
            shutil.copytree(self.root + "/etc/unhitch/credentials", self.root + "/run/credentials")
        folder = self.here(self.container["workingDir"])
        os.makedirs(folder, exist_ok=True)
        process = subprocess.Popen(
            [*self.container["command"], *map(self.here, self.container["args"])], cwd=folder,
            env=clean_environment(self.home, **env, **more), text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.addCleanup(self.end, process)
        return process

    def test_the_command_in_two_nights(self):
        for calls in 1, 2:
            process = self.start()
            output = process.communicate(timeout=WAIT_S)[0]
            self.assertEqual(process.returncode, 0, output)      # 8 is a good end of a night
            self.assertEqual(sum("/crm/" in target for target in self.server.targets()), calls)

    def test_a_failure_is_one(self):
        self.write("root/etc/unhitch/members.csv", job([404]))
        process = self.start()
        output = process.communicate(timeout=WAIT_S)[0]
        self.assertEqual(process.returncode, 4, output)

    def test_a_term_is_handed_on(self):
        self.server = self.sandbox("--latency", "700ms", *SIGN_IN)
        self.define(concurrency=1)
        self.write("root/etc/unhitch/members.csv", job([1]) + "".join(
            f"Campaigns,{number},Contacts,42\n" for number in range(70, 75)))
        process = self.start()
        self.wait_until(lambda: "/crm/" in "".join(self.server.targets()))
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=WAIT_S)[0]
        self.assertEqual(process.returncode, 128 + signal.SIGTERM, output)
        self.assertRegex(output, "[2-5] of 6 rows succeeded")    # the call in flight ended

    def test_it_is_safe(self):
        self.assertEqual(self.spec["concurrencyPolicy"], "Forbid")
        self.assertEqual(self.pod["restartPolicy"], "Never")
        self.assertIs(self.pod["automountServiceAccountToken"], False)
        self.assertIs(self.pod["securityContext"]["runAsNonRoot"], True)
        self.assertEqual(self.pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
        context = self.container["securityContext"]
        self.assertIs(context["readOnlyRootFilesystem"], True)
        self.assertIs(context["allowPrivilegeEscalation"], False)
        self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
        self.assertEqual(set(self.container["resources"]), {"requests", "limits"})
        self.assertRegex(self.container["image"], r":\d+\.\d+\.\d+$")
        for entry in self.container["env"]:             # secrets are files
            self.assertTrue(entry["name"] == "TZ" or entry["name"].endswith("_FILE"), entry)

    def test_names_agree(self):
        volumes = {volume["name"]: volume for volume in self.pod["volumes"]}
        mounts = {mount["name"]: mount["mountPath"] for mount in self.container["volumeMounts"]}
        self.assertEqual(set(volumes), set(mounts))
        self.assertEqual(volumes["state"]["persistentVolumeClaim"]["claimName"],
                         self.claim["metadata"]["name"])
        self.assertEqual(mounts["state"], self.container["workingDir"])
        for entry in self.container["env"]:
            if entry["name"].endswith("_FILE"):
                self.assertEqual(os.path.dirname(entry["value"]), mounts["credentials"])
        rule = self.job["podFailurePolicy"]["rules"][1]["onExitCodes"]
        self.assertEqual(rule["containerName"], self.container["name"])
        with open(os.path.join(ROOT, "src/base/err.h"), encoding="utf-8") as file:
            codes = set(map(int, re.findall(r"EXIT_\w+ = (\d+)", file.read())))
        self.assertEqual(set(rule["values"]), codes - {0, 8, 10, 128})
        with open(os.path.join(ROOT, "src/base/version.h"), encoding="utf-8") as file:
            version = re.search(r'VERSION "(.*)"', file.read()).group(1)
        self.assertEqual(self.container["image"].split(":")[1], version)


class Dockerfile(Case):
    def instructions(self):
        text = re.sub(r"^#.*\n", "", source("Dockerfile"), flags=re.M).replace("\\\n", "")
        return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]

    def test_what_it_says(self):
        steps = self.instructions()
        known = {"FROM", "WORKDIR", "RUN", "COPY", "USER", "ENTRYPOINT", "CMD"}
        self.assertLessEqual({word for word, _ in steps}, known)
        froms = [rest for word, rest in steps if word == "FROM"]
        self.assertEqual(froms, ["debian:bookworm-slim AS build", "debian:bookworm-slim"])
        last = steps[len(steps) - 1 - [word for word, _ in steps][::-1].index("FROM"):]
        user, = [rest for word, rest in last if word == "USER"]
        self.assertRegex(user, r"^[1-9]\d*:[1-9]\d*$")           # not root, and a number
        for word, rest in steps:
            if word in ("ENTRYPOINT", "CMD"):
                self.assertIsInstance(json.loads(rest), list)    # no shell around it
            if word == "RUN" and "apt-get" in rest:
                self.assertRegex(rest, "^apt-get update +&&.*--no-install-recommends.*"
                                       "rm -rf /var/lib/apt/lists/")
        self.assertIn(("COPY", "--from=build /image /"), steps)

    def test_it_installs_what_the_build_needs(self):
        with open(os.path.join(ROOT, "tests/tools/setup.sh"), encoding="utf-8") as file:
            table = re.findall(r"^build +\S+ +\S+ +(\S+)", file.read(), re.M)
        wanted = {package for row in table for package in row.split(",")}
        runs = [rest for word, rest in self.instructions() if word == "RUN"]
        self.assertEqual(wanted - set(runs[0].split()), set())
        for package in wanted:                          # and its library in the second stage
            found = re.fullmatch(r"(lib(?!c6)\w+?)\d*(?:-openssl)?-dev", package)
            if found:
                self.assertRegex(runs[2], rf" {found[1]}\d+ ")


if __name__ == "__main__":
    main()
