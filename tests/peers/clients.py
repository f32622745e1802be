#!/usr/bin/env python3
"""Lets clients misbehave, many of them at once, and prints what that costs the service and everybody else.

    cargo build --release
    python3 tests/peers/clients.py [--lode FILE] [--connections N] [NAME ...]

Starts `lode serve` on a free port of loopback, with short times so that their ends are seen, once for each way to misbehave.
Meanwhile one well-behaved client asks for a late fee over a new connection every 20 ms. Printed are, for each way: resident
memory at most (above what it was before), file descriptors at most, seconds until all connections were ended, processor
time, and how long the well-behaved client waited. Fails when a connection is not ended in the time that the options promise,
when the well-behaved client is not answered or is told to come again (503) more than one time in ten, or when a connection costs more memory than `MOST`.
"""

import argparse
import os
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Seconds for heads, bodies, idle connections and answers.
TIME = 4
# Seconds beyond them in which a connection is ended for certain.
GRACE = 6
# Files that the well-behaved client and the service's own doings may take.
OTHERS = 4
# KiB that one connection may take: an answer to each of the forty requests or so that are read in one turn, and buffers. What
# was not bounded took 26 MB.
MOST = 2048

BODY = b'{"principal":"6846400.00","due_date":"2025-07-01","as_of":"2025-12-31"}'
HEAD = b"POST /v1/calculations/late-fee HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
FEE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
SLOW = b"GET /v1/coverage HTTP/1.1\r\nHost: a\r\nX-Slow: " + b"x" * 100


def chunked(body):
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


class Way:
    """What a connection sends at once, what it goes on to send a byte a second, and whether it reads."""

    def __init__(self, about, first=b"", then=b"", reads=True, answers=None):
        self.about, self.first, self.then, self.reads, self.answers = about, first, then, reads, answers


WAYS = {
    "silent": Way("connects and says nothing", answers=b"408"),
    "head": Way("a byte of the first head a second", then=SLOW, answers=b"408"),
    "later-head": Way("one request, then a byte of the next head a second", first=FEE, then=SLOW, answers=b"200"),
    "lines": Way("128 KiB of empty lines", first=b"\n" * 2**17, answers=b"408"),
    "short-lines": Way("128 KiB of short lines", first=b"GET / HTTP/1.1\r\n" + b"a\n" * 2**16, answers=b"400"),
    "body": Way("a byte of the body a second", first=FEE[: -len(BODY)], then=BODY, answers=b"400"),
    "idle": Way("one request, then nothing", first=FEE, answers=b"200"),
    "unread": Way("one request, and never reads the answer", first=b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", reads=False),
    "pipelined": Way("2 000 requests at once, and never reads an answer", first=FEE * 2000, reads=False),
    "pipelined-long": Way(
        "20 000 short requests of long answers at once, and never reads one",
        first=b"GET /openapi.json HTTP/1.1\r\nHost:a\r\n\r\n" * 20000,
        reads=False,
    ),
    "one-byte": Way(
        "bodies of one byte, a hundred requests",
        first=(HEAD + b"Content-Length: 1\r\n\r\n1") * 100,
        answers=b"400",
    ),
    "chunks": Way("a body in chunks of one byte", first=chunked(BODY), answers=b"200"),
    "long-chunks": Way("a body of 1 MiB in chunks of one byte", first=chunked(BODY + b" " * (2**20 - len(BODY))), answers=b"200"),
}
# Fewer where each takes the service some time; bodies on their way are requests in progress, of which there may be 10 000.
FEWER = {"lines": 1000, "short-lines": 1000, "body": 9000, "unread": 1000, "pipelined": 1000, "pipelined-long": 500, "one-byte": 1000, "long-chunks": 20}


def memory_of(process):
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def processor(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def files_of(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


class Well:
    """Asks for a late fee every 20 ms over a new connection."""

    def __init__(self, address):
        self.address, self.waits, self.failures, self.ended = address, [], [], threading.Event()
        # Told to come again (503): the service says that it has too much to do.
        self.again = 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.wait(0.02):
            begun = time.perf_counter()
            try:
                with socket.create_connection(self.address, timeout=10) as connection:
                    connection.sendall(FEE)
                    answer = connection.recv(100)
                    if answer.startswith(b"HTTP/1.1 503"):
                        self.again += 1
                    elif not answer.startswith(b"HTTP/1.1 200"):
                        self.failures.append(answer)
            except OSError as error:
                self.failures.append(error)
            self.waits.append((time.perf_counter() - begun) * 1000)

    def end(self):
        self.ended.set()
        self.thread.join()
        self.waits.sort()
        return self.waits[len(self.waits) // 2], self.waits[len(self.waits) * 99 // 100]


def misbehave(way, count, address, process):
    """Opens the connections, sends, and waits until the service has ended all of them: when that was, and how often the
    first answer was not the expected one."""
    choose = selectors.DefaultSelector()
    usual = files_of(process)
    heard, left, sent = {}, {}, {}
    begun = time.monotonic()
    for number in range(count):
        connection = socket.socket()
        if not way.reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address)
        connection.setblocking(False)
        heard[connection], left[connection], sent[connection] = b"", memoryview(way.first), 0
        reading = selectors.EVENT_READ if way.reads else 0
        choose.register(connection, reading | (selectors.EVENT_WRITE if way.first else 0))
    opened = time.monotonic()
    memory = files = 0
    tick = opened + 1

    def end(connection):
        if connection in choose.get_map():
            choose.unregister(connection)
        connection.close()
        del left[connection]

    while left and time.monotonic() < opened + TIME + GRACE + 30:
        for key, events in choose.select(0.1):
            connection = key.fileobj
            try:
                if events & selectors.EVENT_WRITE:
                    while left[connection]:
                        left[connection] = left[connection][connection.send(left[connection]) :]
                    if not left[connection]:
                        # Nothing more is to be heard from it; its end is looked for below.
                        if way.reads:
                            choose.modify(connection, selectors.EVENT_READ)
                        else:
                            choose.unregister(connection)
                if events & selectors.EVENT_READ and way.reads:
                    while True:
                        some = connection.recv(65536)
                        if not some:
                            end(connection)
                            break
                        heard[connection] = (heard[connection] + some)[:12]
            except BlockingIOError:
                pass
            except OSError:
                end(connection)
        # Whoever does not read does not hear of the end either; the service has given up what it has no file for.
        if not way.reads and time.monotonic() > opened + 1 and files_of(process) <= usual + OTHERS:
            break
        if time.monotonic() >= tick:
            tick += 1
            for connection in list(left):
                if way.then:
                    try:
                        connection.send(way.then[sent[connection] : sent[connection] + 1])
                        sent[connection] += 1
                    except OSError:
                        end(connection)
        memory, files = max(memory, memory_of(process)), max(files, files_of(process))
    gone = time.monotonic() - opened
    still = len(left) if way.reads else max(0, files_of(process) - usual - OTHERS)
    for connection in list(left):
        connection.close()
    unexpected = sum(1 for answer in heard.values() if way.answers and answer[9:12] != way.answers)
    return opened - begun, gone, still, unexpected, memory, files


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--lode", default=ROOT / "target/release/lode")
    options.add_argument("--connections", type=int, default=10_000)
    options.add_argument("names", nargs="*", help=", ".join(WAYS))
    options = options.parse_args()
    for name in options.names:
        if name not in WAYS:
            sys.exit(f"{name}: there are {', '.join(WAYS)}")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    failed = False
    for name in options.names or WAYS:
        way = WAYS[name]
        count = min(options.connections, FEWER.get(name, options.connections), most - 1000)
        with tempfile.TemporaryDirectory() as data:
            times = [f"--{what}-time={TIME}" for what in ("head", "idle", "body", "answer")]
            command = [str(options.lode), "serve", "--listen=127.0.0.1:0", "--workers=2", f"--data={data}", *times]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            try:
                base = process.stdout.readline().removeprefix("listening on http://").strip()
                host, port = base.rsplit(":", 1)
                address = (host, int(port))
                with socket.create_connection(address) as connection:
                    connection.sendall(FEE)
                    connection.recv(65536)
                before, spent = memory_of(process), processor(process)
                well = Well(address)
                opening, seconds, open_still, unexpected, memory, files = misbehave(way, count, address, process)
                middle, late = well.end()
                spent = processor(process) - spent
                each = (memory - before) / count
                after = memory_of(process)
                wrong = []
                if open_still:
                    wrong.append(f"{open_still} connections still open")
                if unexpected:
                    wrong.append(f"{unexpected} answered otherwise")
                if well.failures:
                    wrong.append(f"{len(well.failures)} requests of others failed: {well.failures[0]!r}")
                if well.again * 10 > len(well.waits):
                    wrong.append(f"{well.again} requests of others were told to come again")
                if memory - before > 64 * 1024 and each > MOST:
                    wrong.append(f"{each:.0f} KiB for each connection")
                print(
                    f"{name} ({way.about}), {count} connections: +{(memory - before) / 1024:.1f} MiB at most "
                    f"({each:.1f} KiB each; +{(after - before) / 1024:.1f} MiB afterwards), {files} files at most, "
                    f"all ended {seconds:.1f} s after the last was opened ({opening:.1f} s), {spent:.1f} s of processor; "
                    f"others waited {middle:.1f} ms (median), {late:.1f} ms (p99 of {len(well.waits)}, {well.again} told to come again)"
                    + "".join(f"\n    WRONG: {one}" for one in wrong),
                    flush=True,
                )
                failed |= bool(wrong)
            finally:
                process.terminate()
                process.wait()
    sys.exit(failed)


if __name__ == "__main__":
    main()
