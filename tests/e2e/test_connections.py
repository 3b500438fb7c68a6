#!/usr/bin/env python3
"""Connections that break in every place, for each operation: the right status and code, and
what may go again goes again once."""

import gzip
import struct

from harness import *

LOST, BAD, TIME = {"connection-lost"}, {"bad-response"}, {"timeout"}
EITHER = LOST | BAD


def delink(code, message):
    return lambda request: http(200 if code == "SUCCESS" else 400, {
        "data": [entry(number, code, message) for number in request.ids]})


def preferences(_):
    return http(200, {"call_preferences": {
        "status": "success", "code": "SUCCESS", "details": {}, "message": "updated"}})


def desk_gone(_):
    return http(404, {"errorCode": "URL_NOT_FOUND", "message": "not found"})


def verba(code=0, message=None):
    return lambda _: http(200, verba_xml(code, message))


class Way:
    """How an operation is asked for and answered: the job file's header, its row of a number,
    where a request holds that number, a good answer, and one when it was done before."""

    def __init__(self, operation, header, row, number, good, gone, broken=None):
        self.operation, self.header, self.row = operation, header, row
        self.number, self.good, self.gone = number, good, gone
        self.broken = broken or good  # the answer that is broken: it must have a body

    def job(self, count):
        return self.header + "\n" + "".join(self.row.format(n) + "\n" for n in range(1, count + 1))

    def row_of(self, request):
        found = re.search(self.number, request.target + " " + request.body.decode())
        return int(found.group(1))


DELINK = Way("crm.delink", "record_id,related_id,module,related_list",
             "{0}," + related(1) + ",Campaigns,Contacts", r"Campaigns/(\d+)/",
             delink("SUCCESS", "relation removed"), delink("INVALID_DATA", "relation not found"))
DESK = Way("desk.clear_live_mapping", "call_id", "{0}", r"calls/(\d+)/", lambda _: http(204),
           desk_gone, desk_gone)
VERBA = Way("verba.delete_call", "native_id", "TRS{0}", r"nativeID=TRS(\d+)", verba(),
            verba(2, "The call cannot be found"))
EXTENSION = Way("verba.delete_call", "extension,call_status", "{0},last", r"extension=(\d+)",
                verba(), None)
WAYS = {"delink": DELINK, "desk": DESK, "verba": VERBA, "extension": EXTENSION}


def cut(count):
    """The good answer ends after so many bytes (of its end: below 0), then the connection."""
    return lambda good: (good[:count], CLOSE)


def chunked(good, end=b"0\r\n\r\n"):
    head, _, body = good.partition(b"\r\n\r\n")
    head = re.sub(rb"\r\nContent-Length: \d+", b"\r\nTransfer-Encoding: chunked", head)
    return head + b"\r\n\r\n%x\r\n" % len(body) + body + b"\r\n" + end


def with_length(good, length):
    return re.sub(rb"Content-Length: \d+", b"Content-Length: " + length, good)


# name: (what is sent instead of a good answer that has a body, the codes it may end with)
BREAKS = {
    "nothing": (lambda good: CLOSE, LOST),
    "one byte": (cut(1), EITHER),
    "half a status line": (cut(9), EITHER),
    "the status line": (cut(17), EITHER),
    "half the headers": (cut(25), EITHER),
    "headers without an end": (lambda good: (good.partition(b"\r\n\r\n")[0], CLOSE), EITHER),
    "headers alone": (lambda good: (good.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", CLOSE), EITHER),
    "half the body": (cut(-15), EITHER),
    "all but one byte": (cut(-1), EITHER),
    "garbage": (lambda good: (os.urandom(64).replace(b"H", b"h"), CLOSE), EITHER),
    "garbage before it": (lambda good: (b"\x00\x01\x02\r\n" + good, CLOSE), EITHER),
    "too short a length": (lambda good: (with_length(good, b"5\r\nConnection: close"), CLOSE),
                           BAD),
    "too long a length": (lambda good: (with_length(good, b"99999"), CLOSE), EITHER),
    "a length of words": (lambda good: (with_length(good, b"many"), CLOSE), EITHER),
    "a length below 0": (lambda good: (with_length(good, b"-7"), CLOSE), EITHER),
    "a cut chunk": (lambda good: (chunked(good)[:-12], CLOSE), EITHER),
    "no last chunk": (lambda good: (chunked(good, b""), CLOSE), EITHER),
    "a broken chunk": (lambda good: (chunked(good).replace(b"\r\n\r\n", b"\r\n\r\nxyz", 1),
                                     CLOSE), EITHER),
    "only 100 Continue": (lambda good: (b"HTTP/1.1 100 Continue\r\n\r\n", CLOSE), EITHER),
    "gzip that is none": (lambda good: (good.replace(b"\r\n", b"\r\nContent-Encoding: gzip\r\n",
                                                     1), CLOSE), EITHER),
    "an unknown encoding": (lambda good: (good.replace(b"\r\n", b"\r\nContent-Encoding: zz\r\n",
                                                       1), CLOSE), EITHER),
    "another protocol": (lambda good: (b"+OK POP3 ready\r\n", CLOSE), EITHER),
    "no answer": (lambda good: time.sleep(1.2) or CLOSE, TIME),
    "half an answer, then silence": (lambda good: Slow(good[:-10], 0, 1.2), TIME),
    "headers that drip": (lambda good: Slow(good, 0.1, 0), TIME),
}
HEADS = "the status line", "half the headers", "headers without an end"
WHOLE = {
    "a length beyond all numbers": lambda good: (with_length(good, b"9" * 30), CLOSE),
    "trailers": lambda good: chunked(good, b"0\r\nX-More: yes\r\n\r\n"),
    "chunked": chunked,
    "no length": lambda good: (re.sub(rb"Content-Length: \d+", b"Connection: close", good),
                               CLOSE),
    "closed after it": lambda good: (good, CLOSE),
    "100 Continue first": lambda good: b"HTTP/1.1 100 Continue\r\n\r\n" + good,
    "HTTP/1.0": lambda good: (good.replace(b"HTTP/1.1", b"HTTP/1.0"), CLOSE),
    "with more behind it": lambda good: (good + b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n",
                                         CLOSE),
}


class Slow:
    """An answer byte by byte, and a wait at its end."""

    def __init__(self, data, each, end):
        self.data, self.each, self.end = data, each, end

    def send(self, client):
        for at in range(0, len(self.data), 1 if self.each else len(self.data)):
            client.sendall(self.data[at:at + 1] if self.each else self.data)
            time.sleep(self.each)
        time.sleep(self.end)


class Connections(ServicesCase):

    def broken(self, answer):
        """A service whose answers may take their time."""
        def reply(request):
            data = answer(request)
            if not isinstance(data, Slow):
                return data
            with contextlib.suppress(OSError):
                data.send(request.client)
            return CLOSE
        return self.bodied(reply)

    def go_all(self, way, answers, *options, again=None, out="out"):
        """One row for each answer, whose first request is answered so; `again`: the answer to
        a further one. Run, and requests of each row."""
        seen = {}

        def answer(request):
            row = way.row_of(request)
            seen[row] = seen.get(row, 0) + 1
            if seen[row] > 1:
                return again(request)
            return answers[row - 1](request)
        service = self.broken(answer)
        run = self.go(service, way.operation, way.job(len(answers)), "--halt-after", "0", "-j",
                      "8", *options, out=out)
        service.stop()
        self.assertEqual(len(service.requests), run.summary["calls"])
        return run, [seen.get(row, 0) for row in range(1, len(answers) + 1)]

    def break_all(self, *options, again=False):
        """(name, way, kind, row, times sent) of every kind of break in every way; those that
        end by a timeout in a run of their own, as a busy machine is late, too."""
        for name, way in WAYS.items():
            for timed in False, True:
                # a refusal needs no whole body where the status alone says it
                kinds = [kind for kind, (_, codes) in BREAKS.items()
                         if (codes is TIME) == timed and (way is not DESK or codes is not BAD)]
                run, seen = self.go_all(way, [
                    lambda request, k=kind, w=way: BREAKS[k][0](w.broken(request))
                    for kind in kinds], "--timeout", "1s" if timed else "20s", *options,
                    again=way.gone if again else None, out=f"{name}{timed}")
                yield from ((name, way, *one) for one in zip(kinds, run.rows(), seen))

    def test_each_break_of_each_operation(self):
        """Without a further try: unknown, with the code that fits."""
        for name, _, kind, row, sent in self.break_all("--retries", "0"):
            with self.subTest(f"{name}: {kind}"):
                self.assertEqual((row["result_status"], row["result_attempts"], sent),
                                 ("unknown", "1", 1), row)
                self.assertIn(row["result_code"], BREAKS[kind][1], row)

    def test_a_cut_head_is_no_answer(self):
        """Not even where the status alone would say that it is done."""
        answers = [lambda request, k=kind, g=good: BREAKS[k][0](g)
                   for kind in HEADS for good in (http(204), http(200))]
        run, _ = self.go_all(DESK, answers, "--retries", "0")
        self.assertEqual(run.verdicts(), [("unknown", "connection-lost")] * len(answers), run)

    def test_sent_again_after_a_break(self):
        """With further tries: found gone, which is then already-done; by extension never."""
        for name, way, kind, row, sent in self.break_all(again=True):
            with self.subTest(f"{name}: {kind}"):
                told = row["result_status"], int(row["result_attempts"])
                self.assertEqual(told[1], sent, row)
                if way is EXTENSION:
                    self.assertEqual(told, ("unknown", 1), row)
                    self.assertIn(row["result_code"], BREAKS[kind][1])
                elif BREAKS[kind][1] is TIME:
                    self.assertIn(told, [("success", tries) for tries in range(2, 6)], row)
                else:
                    self.assertEqual(told, ("success", 2), row)
                    self.assertEqual(row["result_code"], "already-done")

    def test_breaks_of_call_preferences(self):
        """One at a time; sent again, as doing it twice does no harm."""
        header = "show_to_number,show_from_number\n"
        for number, kind in enumerate(("half a status line", "half the body", "no answer")):
            for tries, expected in ("0", "unknown"), ("4", "success"):
                with self.subTest(f"{kind}, {tries} further tries"):
                    service = self.broken(lambda request, k=kind: BREAKS[k][0](
                        preferences(request)) if request.number == 1 else preferences(request))
                    run = self.go(service, "crm.call_preferences", header + "true,false\n",
                                  "--retries", tries, "--timeout",
                                  "1s" if kind == "no answer" else "20s", out=f"{number}{tries}")
                    self.assertEqual(run.column("status"), [expected], run)
                    self.assertIn(len(service.requests), (1,) if tries == "0" else (2, 3, 4))

    def test_whole_in_another_form(self):
        """Answers that are whole, however they are framed, count."""
        for name in "delink", "verba", "extension":
            way = WAYS[name]
            run, _ = self.go_all(way, [
                lambda request, f=form: f(way.good(request)) for form in WHOLE.values()],
                "--retries", "0", out=name)
            for kind, verdict in zip(WHOLE, run.verdicts()):
                with self.subTest(f"{name}: {kind}"):
                    self.assertEqual(verdict, ("success", "SUCCESS"), run)

    def test_gzip_that_is_cut(self):
        body = gzip.compress(json.dumps({"data": [entry(related(1))]}).encode())
        parts = body[:40], body[:20], body[:9], body[1:]
        run, _ = self.go_all(DELINK, [
            lambda _, p=part: (http(200, p, "Content-Encoding: gzip"), CLOSE) for part in parts],
            "--retries", "0")
        self.assertEqual(run.verdicts(), [("unknown", "bad-response")] * len(parts), run)

    # ---- kept connections

    def test_a_kept_connection_dies(self):
        """At the second request of it, before the first byte of an answer: libcurl would send
        again by itself. Every request is one that we counted."""
        flags = Way("crm.call_preferences", "show_to_number,show_from_number", "true,false", "",
                    preferences, None)
        for name, way in {**WAYS, "preferences": flags}.items():
            for manner in "close", "reset":
                with self.subTest(f"{name} {manner}"):
                    def answer(request, w=way, m=manner):
                        if request.number != 2:
                            return w.good(request)
                        if m == "reset":
                            request.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                      struct.pack("ii", 1, 0))
                        return CLOSE
                    service = self.broken(answer)
                    run = self.go(service, way.operation, way.job(3), "-j", "1", "--retries",
                                  "0", out=f"{name}{manner}")
                    self.assertEqual(run.column("status"), ["success", "unknown", "success"], run)
                    self.assertEqual(run.column("code")[1], "connection-lost")
                    self.assertEqual((len(service.requests), run.summary["calls"]), (3, 3))

    def test_a_kept_connection_closed_while_idle(self):
        """The service closes it after each answer without a word: the next call uses a new
        one. One that was lost was counted, for it may have left."""
        service = self.broken(lambda request: (DELINK.good(request), CLOSE))
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 21))
        run = self.go(service, "crm.delink", content, "-j", "1")
        self.assertEqual(set(run.column("status")), {"success"}, run)
        self.assertLessEqual(len(service.requests), run.summary["calls"])

    def test_budget_holds_when_connections_die(self):
        """--max-calls counts every request, also those of dead connections."""
        service = self.broken(lambda request: CLOSE if request.number % 2 else
                              DELINK.good(request))
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 21))
        run = self.go(service, "crm.delink", content, "--max-calls", "7", "--halt-after", "0")
        self.assertEqual(run.code, 8, run)
        self.assertEqual((len(service.requests), run.summary["calls"]), (7, 7))

    # ---- before the request: nothing was sent

    def test_never_reached(self):
        """Closed or silent before the request could leave: failed, and no call."""
        for number, (kind, options) in enumerate((("silent", ("--timeout", "1s")),
                                                  ("closed", ()), ("garbage", ()))):
            with self.subTest(kind):
                listener = socket.create_server(("127.0.0.1", 0))
                self.addCleanup(listener.close)

                def handshake(kind=kind, listener=listener):
                    with contextlib.suppress(OSError):
                        client, _ = listener.accept()
                        if kind == "silent":
                            time.sleep(2)
                        elif kind == "garbage":
                            client.recv(10)
                            client.sendall(b"220 mail ESMTP\r\n")
                            time.sleep(0.1)
                        client.close()
                thread = threading.Thread(target=handshake, daemon=True)
                thread.start()

                class Server:
                    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
                run = self.go(Server, "crm.delink", job([1]), "--retries", "0", *options,
                              out=f"out{number}")
                self.assertEqual(run.column("status"), ["failed"], run)
                self.assertIn(run.column("code")[0], ("connect-failed", "tls-failed"))
                self.assertEqual((run.summary["calls"], run.column("time")), (0, [""]))
                if kind == "silent":
                    self.assertEqual(run.column("code"), ["connect-failed"])


if __name__ == "__main__":
    main()
