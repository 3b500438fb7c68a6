"""make install and make uninstall: what goes where, that it works there, and that nothing is left."""

import re
import subprocess

from harness import BUILD, ROOT, Case, clean_environment, main, os

SCRIPT = os.path.join(ROOT, ".packaging/install.sh")


class Install(Case):
    def put(self, verb, prefix="/usr/local", wanted=0, **more):
        done = subprocess.run([SCRIPT, verb, BUILD], capture_output=True, text=True, check=False,
                              env=clean_environment(self.home, PREFIX=prefix, **more))
        self.assertEqual(done.returncode, wanted, done.stderr)
        return done

    def files(self, root):
        return sorted(os.path.relpath(os.path.join(folder, name), root)
                      for folder, _, names in os.walk(root) for name in names)

    def test_everything_is_there_and_leaves_again(self):
        root = self.path("root with a blank")
        kept = self.write("root with a blank/usr/local/share/unhitch/mine", "")
        self.put("install", DESTDIR=root)
        files = self.files(root + "/usr/local")
        for name in ("bin/unhitch", "bin/unhitch-sandbox", "share/man/man1/unhitch.1",
                     "share/man/man1/unhitch-sandbox.1", "share/man/man5/unhitch-job.5",
                     "share/bash-completion/completions/unhitch", "lib/unhitch/nightly",
                     "share/zsh/site-functions/_unhitch", "share/doc/unhitch/LICENSE",
                     "share/fish/vendor_completions.d/unhitch.fish", "share/doc/unhitch/README.md",
                     "share/doc/unhitch/CHANGELOG.md", "share/unhitch/jobs/job.schema.json",
                     "lib/systemd/system/unhitch@.service", "lib/systemd/system/unhitch@.timer"):
            self.assertIn(name, files)
        for folder in "jobs", "samples":
            names = set(os.listdir(os.path.join(ROOT, folder)))
            there = {os.path.basename(name) for name in files
                     if name.startswith(f"share/unhitch/{folder}/")}
            self.assertEqual(names - there - {"nightly", "unhitch@.service", "unhitch@.timer"}, set())
        for name in files:
            mode = os.stat(os.path.join(root, "usr/local", name)).st_mode & 0o777
            program = name.startswith("bin/") or name == "lib/unhitch/nightly"
            self.assertEqual(mode, 0o755 if program else 0o644, name)
        self.put("uninstall", DESTDIR=root)
        self.assertEqual(self.files(root), [os.path.relpath(kept, root)])
        os.unlink(kept)
        self.put("uninstall", DESTDIR=root)             # again, and there is nothing to remove
        left = [name for folder, names, _ in os.walk(root) for name in names if "unhitch" in name]
        self.assertEqual(left, [os.path.basename("unhitch")])    # the folder with `mine`
        self.put("install", DESTDIR=root)
        self.put("uninstall", DESTDIR=root)
        left = [name for folder, names, _ in os.walk(root) for name in names if "unhitch" in name]
        self.assertEqual(left, [])

    def test_it_works_there(self):
        prefix = self.path("opt")
        self.put("install", prefix)
        jobs = prefix + "/share/unhitch/jobs"
        done = subprocess.run([prefix + "/bin/unhitch", "plan", jobs + "/mixed.json"],
                              capture_output=True, text=True, check=False,
                              env=clean_environment(self.home))
        self.assertEqual(done.returncode, 4, done.stderr)        # a sample with bad rows
        for unit, key in (("lib/systemd/system/unhitch@.service", r"^ExecStart=(\S+)"),
                          ("share/unhitch/jobs/unhitch.cron", r" && (\S+)")):
            with open(os.path.join(prefix, unit), encoding="utf-8") as file:
                program = re.search(key, file.read(), re.M).group(1)
            self.assertEqual(program, prefix + "/lib/unhitch/nightly")
            self.assertTrue(os.access(program, os.X_OK))

    def test_a_prefix_must_be_absolute(self):
        self.assertIn("absolute", self.put("install", "usr", 2).stderr)


if __name__ == "__main__":
    main()
