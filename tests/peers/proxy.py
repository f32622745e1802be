#!/usr/bin/env python3
"""Two instances on one PostgreSQL behind HAProxy as `deploy/haproxy.cfg` says, one of them killed under load.

    tests/peers/proxy.py target/release/lode 'postgres://…/database?options=-c%20search_path%3Da_schema_of_its_own'

32 clients write (every write under an `Idempotency-Key`) and 32 read, through the proxy. After a while one instance is
killed (SIGKILL), later started again. Checked: no answer is lost but on connections that were cut, at most one for each
client; whoever has to ask again under the same key gets the record that there is; every record exists once; reading never
fails beyond that; the instance that was started again answers through the proxy; the journal verifies.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WRITERS = READERS = 32
# Seconds before the kill, until the instance is started again, and until the end.
BEFORE, DOWN, AFTER = 4, 4, 4


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Instance:
    def __init__(self, lode, store, port, metrics):
        self.command = [lode, "serve", "--store", store, f"--listen=127.0.0.1:{port}", f"--metrics-listen=127.0.0.1:{metrics}",
                        "--address-header=X-Real-IP", "--idle-time=60"]  # fmt: skip
        self.port, self.metrics = port, metrics
        self.start()

    def start(self):
        self.folder = tempfile.TemporaryDirectory()
        command = [*self.command, f"--data={self.folder.name}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            sys.exit(f"the instance said {line!r}")

    def answered(self):
        """Requests that it has answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics, timeout=10)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return sum(int(line.rsplit(" ", 1)[1]) for line in lines if line.startswith('lode_http_requests_total{route="/v1/'))

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait()


class Client:
    """A client at an address of its own, so that the proxy takes it for one."""

    def __init__(self, port, number, key):
        self.port, self.address, self.key, self.connection = port, f"127.0.0.{2 + number}", key, None

    def ask(self, method, path, body=None, idempotency=None):
        """Status and body; 0 if the connection was cut."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if idempotency:
            headers["Idempotency-Key"] = idempotency
        # A connection that the proxy closed while nothing was under way cuts no request off.
        for fresh in (False, True):
            if self.connection is None or fresh:
                self.close()
                self.connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=30, source_address=(self.address, 0)
                )
                fresh = True
            try:
                self.connection.request(method, path, json.dumps(body) if body else None, headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except http.client.RemoteDisconnected:
                self.close()
                if fresh:
                    return 0, b""
            except (OSError, http.client.HTTPException):
                self.close()
                return 0, b""
        return 0, b""

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def right(licence):
    return {"effective_on": "2023-05-01", "right": "mining", "holder": "P2", "licence_number": licence,
            "transfer_mode": "agreement", "division": "370105", "area": "land", "minerals": ["煤"], "area_km2": "1.25"}  # fmt: skip


def main():
    lode, store = sys.argv[1:]
    told = subprocess.run([lode, "keys", "create", "--store", store, "--role", "admin", "--name", "proxy"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    key = told.stdout.strip()
    ports = free_ports(5)
    instances = [Instance(lode, store, ports[1], ports[2]), Instance(lode, store, ports[3], ports[4])]
    places = {"LODE_BIND": f"127.0.0.1:{ports[0]}", "LODE_ONE": f"127.0.0.1:{ports[1]}", "LODE_ONE_METRICS": str(ports[2]),
              "LODE_TWO": f"127.0.0.1:{ports[3]}", "LODE_TWO_METRICS": str(ports[4])}  # fmt: skip
    proxy = subprocess.Popen(["haproxy", "-db", "-f", ROOT / "deploy/haproxy.cfg"], env={**os.environ, **places})
    ended = threading.Event()
    try:
        first = Client(ports[0], 100, key)
        party = {"effective_on": "2023-05-01", "code": "91350100M000100Y43", "name": "某某矿业有限公司"}
        until = time.monotonic() + 20
        while (made := first.ask("POST", "/v1/parties", party, "party"))[0] != 201:
            if time.monotonic() > until:
                sys.exit(f"no party: {made}")
            time.sleep(0.1)
        holder = json.loads(made[1])["id"]
        records, cut, reads, failed_reads, wrong = {}, [], [0], [], []
        lock = threading.Lock()

        def write(number):
            client, count, again_at = Client(ports[0], number, key), 0, 0
            while not ended.is_set():
                count += 1
                name = f"{number}-{count}"
                body = {**right(f"C{number:03}{count:018}"), "holder": holder}
                status, answer = client.ask("POST", "/v1/rights", body, name)
                tries = 0
                while status != 201:
                    # Only what the proxy says of an instance that is gone, and only for a while.
                    if status not in (0, 502, 503, 504) or tries > 100:
                        wrong.append(("write", status, answer[:200]))
                        return
                    with lock:
                        if tries == 0:
                            cut.append((number, status))
                    tries += 1
                    status, answer = client.ask("POST", "/v1/rights", body, name)
                    if status != 201:
                        time.sleep(0.05)
                with lock:
                    records[name] = json.loads(answer)

        def read(number):
            client = Client(ports[0], WRITERS + number, key)
            while not ended.is_set():
                status, answer = client.ask("GET", f"/v1/parties/{holder}")
                with lock:
                    reads[0] += 1
                    if status in (0, 502, 503, 504):
                        failed_reads.append((number, status))
                    elif status != 200:
                        wrong.append(("read", status, answer[:200]))

        threads = [threading.Thread(target=write, args=[number]) for number in range(WRITERS)]
        threads += [threading.Thread(target=read, args=[number]) for number in range(READERS)]
        for thread in threads:
            thread.start()
        time.sleep(BEFORE)
        if not all(instance.answered() for instance in instances):
            wrong.append("one instance got no requests before the kill")
        before = len(records)
        instances[0].end(signal.SIGKILL)
        time.sleep(DOWN)
        meanwhile = len(records) - before
        instances[0].start()
        time.sleep(AFTER)
        joined = instances[0].answered()
        ended.set()
        for thread in threads:
            thread.join()

        # Whatever was acknowledged is there once, and asking again gives the same.
        entries = [record["entry"] for record in records.values()]
        if len(set(entries)) != len(entries):
            wrong.append("two writes share an entry")
        client = Client(ports[0], 101, key)
        verification = json.loads(client.ask("GET", "/v1/ledger/verification")[1])
        # The first entry of the store, the key and the party come before them.
        if verification["sound"] is not True or verification["entries"] != 3 + len(records):
            wrong.append(f"{len(records)} records and 3 before them, but {verification}")
        for name in list(records)[:: max(1, len(records) // 50)]:
            number, count = name.split("-")
            body = {**right(f"C{int(number):03}{int(count):018}"), "holder": holder}
            status, answer = client.ask("POST", "/v1/rights", body, name)
            if status != 201 or json.loads(answer) != records[name]:
                wrong.append(f"{name} asked again: {status}")
        for what, list_of in (("writes", cut), ("reads", failed_reads)):
            clients = [number for number, _ in list_of]
            if len(clients) != len(set(clients)):
                wrong.append(f"more than one of the {what} of a client were cut: {list_of}")
        if not meanwhile or not joined:
            wrong.append(f"{meanwhile} records while one instance was down, {joined} requests at it afterwards")
        print(f"{len(records)} records ({meanwhile} while one instance was down), {reads[0]} reads; cut off: {len(cut)} writes, "
              f"{len(failed_reads)} reads; the instance that was started again answered {joined}; the journal is sound",
              flush=True)  # fmt: skip
    finally:
        ended.set()
        proxy.terminate()
        proxy.wait()
        for instance in instances:
            instance.end(signal.SIGTERM)
    subprocess.run([lode, "ledger", "verify", "--store", store], check=True)
    if wrong:
        sys.exit("\n".join(f"WRONG: {one}" for one in wrong))


if __name__ == "__main__":
    main()
