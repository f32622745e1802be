"""A client of lode's batches; needs nothing but `requests`.

    python lode_client.py http://127.0.0.1:8080          # a demonstration that ends with an error if anything is wrong
"""

import json
import os
import sys
import time

import requests

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Refused(Exception):
    """The service refused a request: `problem` is its answer (RFC 9457)."""

    def __init__(self, problem):
        super().__init__(f"{problem['status']} {problem['code']}: {problem['detail']}")
        self.problem = problem


class Lode:
    def __init__(self, base, key=None, lang="zh", timeout=300):
        self.base, self.lang, self.timeout = base.rstrip("/"), lang, timeout
        self.session = requests.Session()
        if key:
            self.session.headers["Authorization"] = f"Bearer {key}"

    def _send(self, method, path, tries=5, **options):
        """Sends a request. Calculations change nothing, so one that was lost is sent again, as is one that came too
        early (429)."""
        options.setdefault("timeout", self.timeout)
        for attempt in range(tries):
            last = attempt == tries - 1
            try:
                answer = self.session.request(method, self.base + path, **options)
            except (requests.ConnectionError, requests.Timeout):
                if last:
                    raise
            else:
                if answer.ok:
                    return answer
                if last or answer.status_code not in (429, 502, 503):
                    raise Refused(answer.json())
            time.sleep(2**attempt)

    def calculate(self, topic, request):
        return self._send("POST", f"/v1/calculations/{topic}", params={"lang": self.lang}, json=request).json()

    def batch(self, topic, rows, steps=False, by_job=False):
        """Answers each row (a dict; `line_id` is repeated) in its order: results and problems, told apart by
        `"result" in row` (assessments: `"obligations" in row`)."""
        body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        headers = {"Content-Type": "application/x-ndjson"}
        if by_job:
            headers["Prefer"] = "respond-async"
        params = {"lang": self.lang, "steps": str(steps).lower()}
        answer = self._send("POST", f"/v1/batches/{topic}", data=body, headers=headers, params=params, stream=True)
        if answer.status_code == 202:
            yield from self._lines(self.result(answer.headers["Location"]))
        else:
            yield from self._lines(answer)

    def template(self, topic):
        """The workbook to be filled in for a topic."""
        return self._send("GET", f"/v1/templates/{topic}.xlsx", params={"lang": self.lang}).content

    def workbook(self, topic, workbook, sheet=None, steps=False):
        """Answers the rows of a workbook (its bytes) with a workbook: the same sheet with the results beside its rows.
        Gives its bytes; rows that were refused have their error in the column 错误 (`error`)."""
        params = {"lang": self.lang, "steps": str(steps).lower(), **({"sheet": sheet} if sheet else {})}
        headers = {"Content-Type": WORKBOOK, "Accept": WORKBOOK}
        answer = self._send("POST", f"/v1/batches/{topic}", data=workbook, headers=headers, params=params)
        if answer.status_code == 202:
            answer = self.result(answer.headers["Location"])
        return answer.content

    @staticmethod
    def _lines(answer):
        with answer:
            for line in answer.iter_lines():
                yield json.loads(line)

    def result(self, job, told=lambda job: None):
        """Waits for a job and gives its result. A stream that breaks, as by a restart of the service, is opened again:
        the job goes on where it was."""
        while True:
            state = self._send("GET", job).json()
            told(state)
            if state["state"] == "done":
                return self._send("GET", f"{job}/result", stream=True)
            if state["state"] == "failed":
                raise Refused(state.get("failure") or {"status": 500, "code": "internal", "detail": "the job failed"})
            try:
                with self._send("GET", f"{job}/events", stream=True, timeout=60) as events:
                    for line in events.iter_lines():
                        if line.startswith(b"data: "):
                            told(json.loads(line[6:]))
            except requests.RequestException:
                time.sleep(1)


def main(base):
    lode = Lode(base, key=os.environ.get("LODE_KEY"))
    good = {"identified": "430.88", "mined": "43.73", "paid_for": "108.52", "unit": "万吨"}
    rows = [{"line_id": 1, **good}, {"line_id": 2, **good, "mined": "430.89"}, {"line_id": 3, **good}]
    single = lode.calculate("unpaid-reserves", good)["result"]
    for by_job in (False, True):
        answers = list(lode.batch("unpaid-reserves", rows, by_job=by_job))
        assert [row["line_id"] for row in answers] == [1, 2, 3], answers
        assert answers[0]["result"] == answers[2]["result"] == single, answers
        assert answers[1]["code"] == "invalid_field", answers
    # More than 10 000 rows are a job whether asked for or not.
    count = sum("result" in row for row in lode.batch("unpaid-reserves", (good for _ in range(10_001))))
    assert count == 10_001, count
    # A template holds a row that can be answered, on its sheet of examples.
    answered = lode.workbook("unpaid-reserves", lode.template("unpaid-reserves"), sheet="示例")
    assert answered.startswith(b"PK"), answered[:80]
    try:
        list(Lode(base, lang="en").batch("no-such-topic", rows))
    except Refused as refused:
        print(refused)
        assert refused.problem["code"] == "not_found"
    else:
        raise AssertionError("a topic that is not there was answered")
    print(f"{single['to_pay']} 万吨; {count} rows by a job")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")
