#!/usr/bin/env python3
"""Job files that mix operations: one run, one report, each service on its own."""

import collections

from harness import *

HEAD = ("operation,module,record_id,related_list,related_id,call_id,native_id,show_to_number,"
        "show_from_number\n")


def line(operation, number):
    cells = {"crm.delink": f"Campaigns,36523970000{number:08},Contacts,{related(1)},,,,",
             "desk.clear_live_mapping": f",,,,{number},,,",
             "verba.delete_call": f",,,,,TRS{number},,",
             "crm.call_preferences": ",,,,,,yes,no"}[operation]
    return f"{operation},{cells}\n"


NAMES = ["crm.delink", "desk.clear_live_mapping", "verba.delete_call", "crm.call_preferences"]


class Mixed(ServicesCase):

    def services(self, crm=None, desk=None, verba=None):
        """A scripted service with three faces; `requests` by name."""
        faces = {"crm": crm or (lambda request: http(200, {"call_preferences": {
            "code": "SUCCESS", "status": "success"}}) if request.method == "PUT" else
            all_good(request)), "desk": desk or (lambda request: http(204)),
            "verba": verba or (lambda request: http(200, verba_xml()))}
        servers = {name: self.bodied(face) for name, face in faces.items()}
        options = [word for name, server in servers.items()
                   for word in (f"--{name}-url", server.url)]
        return servers, options

    def test_one_run(self):
        """In input order, by four operations; both columns' calls counted together."""
        sandbox = self.sandbox()
        order = [NAMES[n * 7 % 4] for n in range(40)]
        run = self.go(sandbox, None, HEAD + "".join(
            line(name, n) for n, name in enumerate(order, 1)))
        self.assertEqual(run.code, 0, run)
        self.assertEqual([row["operation"] for row in run.rows()], order)
        self.assertEqual(run.column("row"), [str(n) for n in range(1, 41)])
        self.assertEqual(run.summary["calls"], len(sandbox.log()))
        self.assertEqual(run.summary["planned_calls"], len(sandbox.log()))
        kinds = collections.Counter(
            line["target"].split("/")[1] for line in sandbox.log())
        self.assertEqual(kinds, {"crm": 20, "api": 10, "verba": 10})

    def test_concurrency_bounds_all_services_together(self):
        flying, most, lock = [0], [], threading.Lock()

        def slowly(body):
            def answer(request):
                with lock:
                    flying[0] += 1
                    most.append(flying[0])
                time.sleep(0.03)
                with lock:
                    flying[0] -= 1
                return body(request)
            return answer
        servers, options = self.services(
            crm=slowly(all_good), desk=slowly(lambda request: http(204)),
            verba=slowly(lambda request: http(200, verba_xml())))
        run = self.go(None, None, HEAD + "".join(
            line(NAMES[n % 3], n) for n in range(1, 31)), *options, "-j", "2")
        self.assertEqual((run.code, sum(len(one.requests) for one in servers.values())),
                         (0, 30), run)
        self.assertEqual(max(most), 2)

    def test_jsonl(self):
        """Only the keys an operation needs; a default for rows that name none."""
        sandbox = self.sandbox()
        lines = [{"operation": "desk.clear_live_mapping", "call_id": "1"},
                 {"Operation": "verba.delete_call", "native_id": "A"},
                 {"module": "Campaigns", "record_id": CAMPAIGN, "related_list": "Contacts",
                  "related_id": int(related(1))},
                 {"operation": "crm.call_preferences", "show_to_number": True,
                  "show_from_number": False},
                 {"operation": "", "module": "Campaigns", "record_id": CAMPAIGN,
                  "related_list": "Contacts", "related_id": related(2)},
                 {"operation": "verba.delete_call", "call_id": UUID}]
        run = self.go(sandbox, "crm.delink", "".join(json.dumps(one) + "\n" for one in lines),
                      name="job.jsonl")
        self.assertEqual(run.code, 0, run)
        self.assertEqual([row["result"]["row"] for row in run.rows("results.jsonl")],
                         list(range(1, 7)))
        self.assertEqual([target for target in sandbox.targets() if "ids=" in target],
                         [PATH + f"?ids={related(1)},{related(2)}"])

    def test_call_id_means_what_the_operation_says(self):
        """A UUID for Verba, digits for Desk."""
        sandbox = self.sandbox()
        run = self.go(sandbox, None, f"operation,call_id\nverba.delete_call,{UUID}\n"
                      f"desk.clear_live_mapping,{UUID}\nverba.delete_call,5\n"
                      "desk.clear_live_mapping,5\n")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"), ("rejected", "bad-id"),
                                          ("rejected", "bad-id"), ("success", "SUCCESS")])
        self.assertEqual(len(sandbox.log()), 2)

    def test_unknown_operations(self):
        sandbox = self.sandbox()
        names = ["crm.delete", "CRM", "delink", "verba", "crm.delink crm.delink", "desk."]
        run = self.go(sandbox, None, "operation,call_id\n" + "".join(
            f"{name},5\n" for name in names) + "desk.clear_live_mapping,5\n")
        self.assertEqual(run.verdicts(), [("rejected", "unknown-operation")] * 6 +
                         [("success", "SUCCESS")])
        run = self.go(sandbox, None, "operation,call_id\n,5\ndesk.clear_live_mapping,6\n",
                      out="none")
        self.assertEqual(run.column("status"), ["rejected", "success"], run)
        self.assertIn(run.column("code")[0], ("missing-field", "unknown-operation"))

    def test_concurrency_bounds_all(self):
        """-j is for all services together."""
        sandbox = self.sandbox("--latency", "20ms")
        run = self.go(sandbox, None, HEAD + "".join(
            line(NAMES[n % 3], n) for n in range(45)), "-j", "5")
        self.assertEqual(run.code, 0, run)
        self.assertLessEqual(sandbox.stop()["max_in_flight"], 5)

    def test_rate_and_budget_are_for_all(self):
        sandbox = self.sandbox()
        content = HEAD + "".join(line(NAMES[n % 3], n) for n in range(12))
        begun = time.monotonic()
        run = self.go(sandbox, None, content, "--rate", "10/s", "--max-calls", "9")
        self.assertGreater(time.monotonic() - begun, 0.75)
        self.assertEqual((run.code, len(sandbox.log())), (8, 9), run)

    def test_a_service_that_says_429_holds_up_no_other(self):
        """Desk wants three seconds of peace; CRM and Verba are done long before."""
        servers, options = self.services(desk=lambda request: http(
            429, {"errorCode": "TOO_MANY_REQUESTS"}, "Retry-After: 3")
            if request.number == 1 else http(204))
        content = HEAD + "".join(line(NAMES[n % 3], n) for n in range(60))
        run = self.go(None, None, content, *options, "-j", "3")
        self.assertEqual((run.code, run.summary["success"]), (0, 60), run)
        first = servers["desk"].requests[0].time
        for name in "crm", "verba":
            self.assertLess(max(r.time for r in servers[name].requests) - first, 1.5, name)
        self.assertGreater(servers["desk"].requests[-1].time - first, 2.5)

    def test_a_slow_service_holds_up_no_other(self):
        """With every slot but a few taken by the slow one, the others still go on."""
        def desk(request):
            time.sleep(0.3)
            return http(204)
        servers, options = self.services(desk=desk)
        content = HEAD + "".join(line("desk.clear_live_mapping", n) for n in range(12)) + \
            "".join(line(NAMES[n % 2 * 2], n) for n in range(40))
        run = self.go(None, None, content, *options, "-j", "4")
        self.assertEqual(run.code, 0, run)
        last = max(r.time for r in servers["desk"].requests)
        for name in "crm", "verba":
            self.assertLess(min(r.time for r in servers[name].requests), last, name)

    def test_a_dead_service_fails_its_own_rows(self):
        """Nobody listens for Verba; the others' rows succeed."""
        servers, options = self.services()
        options[options.index("--verba-url") + 1] = f"http://127.0.0.1:{self.closed_port()}"
        content = HEAD + "".join(line(NAMES[n % 3], n) for n in range(9))
        run = self.go(None, None, content, *options, "--retries", "1")
        self.assertEqual(run.code, 4, run)
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"), ("success", "SUCCESS"),
                                          ("failed", "connect-failed")] * 3)
        self.assertEqual(servers["verba"].requests, [])

    def test_refused_permissions_fail_their_rows_only(self):
        """NO_PERMISSION in the CRM, FORBIDDEN in Desk: the rest goes on."""
        _, options = self.services(
            crm=lambda request: http(403, {"code": "NO_PERMISSION", "message": "m",
                                           "details": {}, "status": "error"}),
            desk=lambda request: http(403, {"errorCode": "FORBIDDEN"}))
        content = HEAD + "".join(line(NAMES[n % 3], n) for n in range(9))
        run = self.go(None, None, content, *options)
        self.assertEqual(run.verdicts(), [("failed", "NO_PERMISSION"), ("failed", "FORBIDDEN"),
                                          ("success", "SUCCESS")] * 3)

    def test_scope_of_one_service_stops_the_run(self):
        """Exit 6, says which scope is missing for which operation; what was done stays."""
        servers, options = self.services(desk=lambda request: http(
            403, {"errorCode": "SCOPE_MISMATCH", "message": "m"}))
        content = HEAD + "".join(line(NAMES[n % 3], n) for n in range(30))
        run = self.go(None, None, content, *options, "-j", "1")
        self.assertEqual(run.code, 6, run)
        self.says(run.out, "Desk.calls", "SCOPE_MISMATCH")
        self.assertEqual(len(servers["desk"].requests), 1)
        self.assertFalse(run.summary["finished"])
        self.assertEqual(run.summary["success"] + run.summary["unsent"], 30)

    def test_credentials_only_for_what_is_used(self):
        """A file without Verba rows needs no key; one with them does, before all else."""
        sandbox = self.sandbox()
        none = {"VERBA_API_KEY": None, "ZOHO_DESK_ORG_ID": None}
        run = self.go(sandbox, None, HEAD + line("crm.delink", 1), env=none)
        self.assertEqual(run.code, 0, run)
        run = self.go(sandbox, None, HEAD + line("crm.delink", 2) +
                      line("verba.delete_call", 1), env=none, out="two")
        self.assertEqual((run.code, len(sandbox.log())), (2, 1), run)
        run = self.go(sandbox, None, HEAD + line("crm.delink", 2) +
                      line("verba.delete_call", 1), token=None, out="three")
        self.assertEqual((run.code, len(sandbox.log())), (2, 1), run)

    def test_rejected_rows_need_no_credentials(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, None, "operation,call_id\nverba.delete_call,x\n"
                      "desk.clear_live_mapping,7\n", env={"VERBA_API_KEY": None})
        self.assertEqual(run.column("status"), ["rejected", "success"], run)

    def test_kill_and_resume(self):
        """The same results as an undisturbed run."""
        content = HEAD + "".join(line(NAMES[n % 4], n) for n in range(60))
        plain = self.go(self.sandbox(), None, content, out="plain")
        sandbox = self.sandbox("--latency", "15ms")
        self.write("job.csv", content)
        process = self.start("run", "--base-url", sandbox.url, "--out", "out", "job.csv",
                             env=self.ENV)
        self.wait_until(lambda: len(sandbox.log()) >= 30)
        process.kill()
        process.wait(WAIT_S)
        run = self.again("resume")
        self.assertEqual(run.code, 0, run)
        self.assertEqual([row["result_status"] for row in run.rows()],
                         [row["result_status"] for row in plain.rows()])
        books = sandbox.stop()
        self.assertTrue(all(one["removed"] == 1 for one in books["ids"].values()))
        self.assertLessEqual(sum(one["asked"] > 1 for one in books["ids"].values()), 4)


if __name__ == "__main__":
    main()
