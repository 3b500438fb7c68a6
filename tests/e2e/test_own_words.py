#!/usr/bin/env python3
"""A service that words its answer to nearly every ID differently: more than stays in memory,
and more than is told apart."""

import random
import types

from faults import LIBRARY
from harness import *
from test_faults_power import MANNERS, Disk

COUNT = 90000        # by 300 bytes; 65,536 wordings are told apart, 16 MiB stay in memory


def words(number):
    """Of the last IDs some have words in common."""
    late = number >= related(70000) and int(number) % 5 == 0
    return "busy" if late else f"the record {number} is not related " + "." * 300


def answer(request):
    """Every third ID is gone."""
    entries = [entry(one, "INVALID_DATA" if int(one) % 3 == 0 else "SUCCESS", words(one))
               for one in request.ids]
    return http(207, {"data": entries})


class OwnWords(Case):

    def check(self, run, final=True):
        """Each row has the words about its own ID."""
        told = 0
        for row in run.rows():
            one = row["related_id"]
            if not final and row["result_status"] in ("unsent", "unknown"):
                continue
            gone = int(one) % 3 == 0
            wanted = ("failed", "INVALID_DATA") if gone else ("success", "SUCCESS")
            self.assertEqual((row["result_status"], row["result_code"],
                              row["result_message"]), (*wanted, words(one)))
            told += 1
        return told

    def test_killed_and_resumed(self):
        service = self.service(answer)
        self.write("job.csv", job(range(COUNT)))
        process = self.start("run", "--operation", "crm.delink", "--base-url", service.url,
                             "--out", "out", "-j", "4", "job.csv")
        self.wait_until(lambda: len(service.requests) > COUNT * 0.8 / 100)
        process.kill()
        process.wait(WAIT_S)
        report = self.unhitch("report", "out", out="out", token=None)
        self.assertGreater(self.check(report, final=False), 65536 + 2000)
        again = self.resume(service)
        self.assertEqual((again.code, self.check(again)), (4, COUNT), again)
        self.assertLessEqual(len(service.requests), COUNT / 100 + 4)
        self.assertEqual(again.summary["codes"],
                         {"SUCCESS": COUNT // 3 * 2, "INVALID_DATA": COUNT // 3})
        before = again.bytes("results.csv")
        self.assertEqual([name for name in os.listdir(again.folder) if "spill" in name], [])
        report = self.unhitch("report", "out", out="out", token=None)
        self.assertEqual(report.bytes("results.csv"), before)

    @unittest.skipUnless(os.path.exists(LIBRARY) and "ASAN_OPTIONS" not in os.environ,
                         "build/faults.so is not there or does not go with this build")
    def test_power_fails(self):
        """Megabytes of words were written since the last call was allowed to begin: however
        they are torn, the run can be resumed."""
        service = self.service(answer)
        self.write("job.csv", job(range(30000)))
        for manner in (one for one in MANNERS if "kept" in one):
            with self.subTest(manner):
                shutil.rmtree(self.path("out"), ignore_errors=True)
                disk = types.SimpleNamespace(folder=self.folder, out=self.path("out"),
                                             disk=self.path("disk"))
                shutil.rmtree(disk.disk, ignore_errors=True)
                os.mkdir(disk.disk)
                self.write("boot", "boot-1\n")
                begun = len(service.requests)
                process = self.start(
                    "run", "--operation", "crm.delink", "--base-url", service.url, "--out",
                    "out", "-j", "50", "job.csv",
                    env={"LD_PRELOAD": LIBRARY, "FAULT_DIR": disk.out, "FAULT_DISK": disk.disk,
                         "FAULT_BOOT": self.path("boot")})
                self.wait_until(lambda: len(service.requests) > begun + 220)
                process.kill()
                process.wait(WAIT_S)
                Disk(disk).reboot(manner, random.Random(1))
                self.write("boot", "boot-2\n")
                again = self.resume(service, env={"LD_PRELOAD": LIBRARY,
                                                  "FAULT_DIR": disk.out,
                                                  "FAULT_BOOT": self.path("boot")})
                self.assertEqual(again.code, 4, again)
                self.assertEqual(self.check(again), 30000)


if __name__ == "__main__":
    main()
