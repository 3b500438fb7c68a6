#!/usr/bin/env python3
"""Runs fuzz targets under libFuzzer, one after the other.

usage: fuzz.py BUILD [--seconds N] [--merge] [TARGET ...]

New inputs go to BUILD/corpus/TARGET, what breaks a target to BUILD/finds; mend it, then
add the find to tests/fuzz/corpus/TARGET. --merge instead replaces the committed inputs by
the fewest of both folders that reach all that they reach, but keeps those named find-*.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.path.join(ROOT, "tests", "fuzz", "corpus")
INPUT_BYTES = {"csv": 600, "jsonl": 800, "journal": 1200, "wire": 1200}
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=4",
              "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}


def command(build, target, *options):
    most = INPUT_BYTES.get(target, 500)
    fixed = [os.path.join(build, "fuzzer"), f"-max_len={most}", "-timeout=20",
             "-rss_limit_mb=2048", "-verbosity=0"]
    words = os.path.join(ROOT, "tests", "fuzz", target + ".dict")
    if os.path.exists(words):
        fixed.append("-dict=" + words)
    return fixed + list(options)


def environment(build, target):
    scratch = "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()
    return dict(os.environ, UNHITCH_FUZZ=target, TMPDIR=scratch, **SANITIZERS)


def fuzz(build, target, seconds):
    """True if nothing was found."""
    grown = os.path.join(build, "corpus", target)
    finds = os.path.join(build, "finds", target + "-")
    os.makedirs(grown, exist_ok=True)
    os.makedirs(os.path.dirname(finds), exist_ok=True)
    done = subprocess.run(
        command(build, target, f"-max_total_time={seconds}", "-print_final_stats=1",
                f"-artifact_prefix={finds}", grown, os.path.join(CORPUS, target)),
        env=environment(build, target), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", check=False)
    runs = [line.split()[-1] for line in done.stdout.splitlines()
            if line.startswith("stat::number_of_executed_units")]
    print(f"{target:12} {runs[0] if runs else '?':>10} inputs, "
          f"{'nothing found' if done.returncode == 0 else 'FOUND'}", flush=True)
    if done.returncode:
        print("\n".join("    " + line for line in done.stdout.splitlines()[-60:]))
    return done.returncode == 0


def merge(build, target):
    """The committed inputs anew."""
    committed = os.path.join(CORPUS, target)
    grown = os.path.join(build, "corpus", target)
    os.makedirs(grown, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as fewest:
        subprocess.run(
            command(build, target, "-set_cover_merge=1", fewest, committed, grown),
            env=environment(build, target), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=True)
        for name in os.listdir(committed):
            if not name.startswith("find-"):
                os.unlink(os.path.join(committed, name))
        for number, name in enumerate(sorted(os.listdir(fewest))):
            shutil.move(os.path.join(fewest, name),
                        os.path.join(committed, f"{number:03}"))
    print(f"{target:12} {len(os.listdir(committed))} inputs")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("targets", nargs="*")
    arguments = parser.parse_intermixed_args()
    build = os.path.abspath(arguments.build)
    targets = arguments.targets or sorted(os.listdir(CORPUS))
    if arguments.merge:
        for target in targets:
            merge(build, target)
        return 0
    passed = sum(fuzz(build, target, arguments.seconds) for target in targets)
    print(f"{passed} passed, {len(targets) - passed} failed")
    return 0 if passed == len(targets) else 1


if __name__ == "__main__":
    sys.exit(main())
