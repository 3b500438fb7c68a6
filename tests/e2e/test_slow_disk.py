#!/usr/bin/env python3
"""The journal and a slow disk: no request leaves before its intent is on disk, and sending
does not wait for the disk meanwhile."""

import struct

from harness import *

MAGIC = len("unhitch journal 1\n")


def count_intents(journal):
    """Whole intents ("I") in the first bytes of a journal."""
    at, count = MAGIC, 0
    while at + 8 < len(journal):
        length, = struct.unpack_from("<I", journal, at)
        if at + 8 + length > len(journal):
            break
        count += journal[at + 8:at + 9] == b"I"
        at += 8 + length
    return count


class SlowDisk(Case):

    @classmethod
    def setUpClass(cls):
        cls.shims = tempfile.mkdtemp(prefix="unhitch-shim-")
        cls.shim = os.path.join(cls.shims, "slow_disk.so")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "slow_disk.c")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", cls.shim, source,
                        "-ldl"], check=True, timeout=WAIT_S)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shims)

    def run_slow(self, content, *options):
        """A run on the slow disk: what it left, and the events in their order."""
        sandbox = self.sandbox("--latency", "2ms", "--no-magic")
        log = self.path("disk")
        env = {"LD_PRELOAD": self.shim, "DISK_LOG": log}
        if "ASAN_OPTIONS" in os.environ:
            env["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        run = self.run_job(sandbox, content, *options, env=env, timeout=3 * WAIT_S)
        self.assertEqual(run.code, 0, run)
        with open(log, encoding="ascii") as file:
            return run, [line.split() for line in file]

    def check_intents_first(self, run, events, calls):
        journal, on_disk, sent = run.bytes("journal"), 0, 0
        for event in events:
            if event[0] == "synced":
                on_disk = count_intents(journal[:int(event[1])])
            elif event[0] == "sent":
                sent += 1
                self.assertLessEqual(sent, on_disk, "sent before its intent was on disk")
        self.assertEqual(sent, calls)

    def test_intents_first_and_no_waiting(self):
        content = HEADER + "".join(rows([1], record_id=f"36523970000{n:08}")
                                   for n in range(1, 601))
        run, events = self.run_slow(content, "-j", "4")
        self.check_intents_first(run, events, 600)
        # Of the calls, most leave while the disk is busy with the intents of later ones.
        syncing, during = 0, 0
        for event in events:
            syncing += {"begin": 1, "synced": -1}.get(event[0], 0)
            during += event[0] == "sent" and syncing > 0
        self.assertGreater(during, 150, "sending waits for the disk")
        self.assertLess(sum(event[0] == "synced" for event in events), 600 // 16,
                        "the groups grow while the disk is too slow for them")

    def test_in_order_one_by_one(self):
        """Where order counts, the next intent is written when the last call has ended."""
        content = ("operation,show_to_number,show_from_number\n" +
                   "crm.call_preferences,true,false\ncrm.call_preferences,false,true\n")
        run, events = self.run_slow(content)
        kinds = [event[0] for event in events if event[0] != "sent"]
        self.assertEqual(kinds.count("begin"), kinds.count("synced"))
        self.assertEqual(count_intents(run.bytes("journal")), 2)


if __name__ == "__main__":
    unittest.main()
