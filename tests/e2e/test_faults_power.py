#!/usr/bin/env python3
"""The power fails: what was not synced is gone, torn or zeros. Nothing is sent that the disk
does not know of, and resume on the rebooted machine ends as it should."""

from faults import *


class Disk:
    """What the library noted as safe, and what of it a reboot finds."""

    def __init__(self, trial):
        self.trial = trial

    def read(self, name):
        try:
            with open(os.path.join(self.trial.disk, name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def names(self, folder):
        """Name to inode of the safe names in a folder; None if there are none."""
        safe = self.read(f"folder-{os.stat(folder).st_ino}")
        if safe is None:
            return None
        lines = [line.split(" ", 2) for line in safe.decode().splitlines()]
        return {name: int(inode) for inode, _, name in lines if name not in (".", "..")}

    def reboot(self, manner, rng):
        """Replaces the run directory by what is left of it."""
        out = self.trial.out
        if not os.path.isdir(out):
            return
        if "out" not in (self.names(self.trial.folder) or {}):
            shutil.rmtree(out)
            return
        now = {entry.name: entry.inode() for entry in os.scandir(out)}
        safe = self.names(out) or {}
        manner, _, kept = manner.partition(", ")
        names = dict(now if kept else safe)
        found = {}
        for name, inode in names.items():
            bytes_ = self.read(f"file-{inode}")
            current = next((key for key, value in now.items() if value == inode), None)
            rest = b""
            if current is not None:
                with open(os.path.join(out, current), "rb") as file:
                    rest = file.read()[len(bytes_ or b""):]
            if manner == "torn":
                rest = rest[:rng.randint(0, len(rest))]
            elif manner == "zeros":
                rest = bytes(len(rest))
            elif manner == "garbled":
                rest = b"".join(bytes(len(rest[at:at + 64])) if rng.random() < 0.5 else
                                rest[at:at + 64] for at in range(0, len(rest), 64))
            else:
                rest = b""
            found[name] = (bytes_ or b"") + rest
        shutil.rmtree(out)
        os.mkdir(out, 0o700)
        for name, content in found.items():
            with open(os.path.join(out, name), "wb") as file:
                file.write(content)
        self.note()

    def note(self):
        """After the reboot all that is there is safe."""
        shutil.rmtree(self.trial.disk)
        os.mkdir(self.trial.disk)
        for folder in self.trial.folder, self.trial.out:
            entries = list(os.scandir(folder))
            lines = [f"{entry.inode()} 0 {entry.name}\n" for entry in entries]
            self.keep(f"folder-{os.stat(folder).st_ino}", "".join(lines).encode())
        for entry in entries:
            with open(entry.path, "rb") as file:
                self.keep(f"file-{entry.inode()}", file.read())

    def keep(self, name, content):
        with open(os.path.join(self.trial.disk, name), "wb") as file:
            file.write(content)


CONTENTS = "safe", "torn", "zeros", "garbled"
MANNERS = [content + names for content in CONTENTS for names in ("", ", names are kept")]


class Power(FaultCase):

    def fail_power(self, trial, manner, rng):
        Disk(trial).reboot(manner, rng)
        trial.boot += 1
        self.write_boot(trial)

    def write_boot(self, trial):
        with open(os.path.join(trial.folder, "boot"), "w", encoding="ascii") as file:
            file.write(f"boot-{trial.boot}\n")

    def begin(self):
        trial = self.trial()
        trial.boot = 1
        self.write_boot(trial)
        return trial, {"DISK": trial.disk, "BOOT": os.path.join(trial.folder, "boot")}

    def mine(self, trial):
        """The requests of a trial so far."""
        return [line for line in self.server.log()
                if trial.mark in line["target"] + line.get("body", "")]

    def go_on(self, trial, watch):
        """Begin anew if nothing is left, which is right only if nothing was sent."""
        if trial.has_begun():
            return trial.resume(watch)
        time.sleep(0.05)
        self.assertEqual(self.mine(trial), [], "sent, and the disk does not know")
        return trial.run(watch)

    def test_at_every_call(self):
        def work(point):
            rng = random.Random(point)
            trial, watch = self.begin()
            run = trial.run({"AT": point, "HOW": rng.choice(("kill", "killed")), **watch})
            self.assertIn(run.code, (-signal.SIGKILL, 4), run)
            self.fail_power(trial, MANNERS[point % len(MANNERS)], rng)
            if trial.has_begun():
                report = trial.report(watch)
                self.assertEqual(report.code, 0, report)
                self.check_files(report)
            final = self.go_on(trial, watch)
            self.check_final(trial, final)
        count = len(self.calls)
        self.each(work, range(1, count + 1), 40)
        self.check_requests()

    def test_while_calls_are_made(self):
        """Each manner at each call of the sending phase, again while it resumes."""
        first = next(i for i, (_, path) in enumerate(self.calls, 1) if path == "journal")
        last = next(i for i, (_, path) in enumerate(self.calls, 1) if "results" in path)

        def work(case):
            point, manner = case
            rng = random.Random(point)
            trial, watch = self.begin()
            for again in range(2):
                run = (self.go_on(trial, {"AT": point // (1 + again), "HOW": "kill", **watch})
                       if again else trial.run({"AT": point, "HOW": "kill", **watch}))
                self.assertIn(run.code, (-signal.SIGKILL, 4), run)
                self.fail_power(trial, manner, rng)
            self.check_final(trial, self.go_on(trial, watch))
        self.each(work, [(point, manner) for point in range(first, last + 1)
                         for manner in MANNERS], 30)
        self.check_requests()

    def test_after_the_end(self):
        """A run that said it is done is done: the power may fail as soon as it exits."""
        for manner in MANNERS:
            with self.subTest(manner):
                trial, watch = self.begin()
                run = trial.run(watch)
                before = {name: run.bytes(name) for name in sorted(os.listdir(trial.out))}
                self.fail_power(trial, manner, random.Random(1))
                after = {name: run.bytes(name) for name in sorted(os.listdir(trial.out))}
                self.assertEqual(before, after)


if __name__ == "__main__":
    main()
