#!/usr/bin/env python3
"""Compares the service with a bare echo and with OpenFisca, in one run, and prints ratios.

    cargo build --release && cargo build --release --example echo --example open_loop
    python3 benches/peers/compare.py [echo] [steady] [start] [batch] [openfisca] [fen] [overload] [minutes]

Without names all parts run but `overload` and `minutes`, which take two minutes and ten. `minutes` needs h2load (Debian
nghttp2-client). `echo`, `openfisca` and `steady` need wrk and hey (Debian packages of these names);
`openfisca` and `fen` make a virtual environment with OpenFisca from PyPI. The two sides take turns, so that what else the
machine does falls on both alike; the median of the ratios counts. Nothing but loopback is spoken to.
"""

import csv
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LODE = Path(os.environ.get("LODE_BENCH_LODE", ROOT / "target/release/lode"))
ECHO = ROOT / "target/release/examples/echo"
OPEN_LOOP = ROOT / "target/release/examples/open_loop"
WORKERS = 2
ROUNDS = int(os.environ.get("LODE_BENCH_ROUNDS", "7"))
SECONDS = int(os.environ.get("LODE_BENCH_SECONDS", "4"))
OVERLOAD_SECONDS = int(os.environ.get("LODE_BENCH_OVERLOAD", "20"))
MINUTES_SECONDS = int(os.environ.get("LODE_BENCH_MINUTES", "600"))

LATE_FEE = {"principal": "6846400.00", "due_date": "2025-07-01", "as_of": "2025-12-31"}
ANNUAL_INCOME = {
    "year": 2024,
    "transfer_mode": "agreement",
    "lines": [
        {"mineral": "金", "product": "concentrate", "revenue": "12345678.90"},
        {"mineral": "铜", "product": "concentrate", "revenue": "98765432.10"},
        {"mineral": "煤炭", "product": "raw_ore", "revenue": "55555555.55"},
    ],
}
TOPICS = {"late-fee": LATE_FEE, "annual-income": ANNUAL_INCOME}


@contextmanager
def started(command, environment=None):
    """A service that says where it listens; killed at the end."""
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        line = process.stdout.readline()
        if not line.startswith("listening on "):
            sys.exit(f"{command[0]}: {line!r}")
        yield process, line.removeprefix("listening on ").strip()
    finally:
        process.terminate()
        process.wait()


@contextmanager
def lode():
    with tempfile.TemporaryDirectory() as data:
        with started([LODE, "serve", "--listen", "127.0.0.1:0", "--workers", WORKERS, "--data", data]) as service:
            yield service


def written(body):
    """A body as browsers write it: letters as they are."""
    return json.dumps(body, ensure_ascii=False)


def answer_of(url, body, timeout=60):
    """The answer of a service to a body, open for reading."""
    request = urllib.request.Request(url, written(body).encode(), {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=timeout)


def post(url, body, timeout=60):
    with answer_of(url, body, timeout) as answer:
        return answer.read()


# The headers that lode adds to what every HTTP service sends.
OWN_HEADERS = ("x-request-id", "rates-dataset")


def post_for_echo(url, body):
    """The bytes of an answer, and names and values of the headers that an echo is to send with them."""
    with answer_of(url, body) as answer:
        headers = [(name, answer.headers[name]) for name in OWN_HEADERS]
        return answer.read(), [part for header in headers for part in header]


def resident(pid):
    """Resident memory in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def wrk(url, body, connections, folder, seconds=SECONDS):
    """Requests a second. Any answer but 200 ends the run."""
    script = Path(folder) / "post.lua"
    script.write_text(
        f"wrk.method='POST'\nwrk.headers['Content-Type']='application/json'\nwrk.body=[==[{written(body)}]==]\n"
    )
    told = subprocess.run(
        ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "-s", script, url], capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        sys.exit(told)
    return next(float(line.split()[1]) for line in told.splitlines() if line.startswith("Requests/sec"))


def turns(name, ours, theirs):
    """Lets the two sides take turns and prints the median of the ratios."""
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    ratio = statistics.median(a / b for a, b in pairs)
    best = (max(a for a, _ in pairs), max(b for _, b in pairs))
    print(f"{name}: {best[0]:,.0f} and {best[1]:,.0f} requests/s at best; ratio {ratio:.2f} (median of {ROUNDS})", flush=True)
    return ratio


@contextmanager
def pair(topic, folder):
    """The service and an echo that answers with the same bytes, headers included."""
    with lode() as (_, base):
        url = f"{base}/v1/calculations/{topic}"
        answer = Path(folder) / f"{topic}.json"
        content, headers = post_for_echo(url, TOPICS[topic])
        answer.write_bytes(content)
        with started([ECHO, answer, WORKERS, *headers]) as (_, echo):
            yield url, f"{echo}/"


def part_echo():
    """Requests a second with full steps and citations, beside an echo that reads and writes the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        for topic, body in TOPICS.items():
            with pair(topic, folder) as (ours, theirs):
                size = (Path(folder) / f"{topic}.json").stat().st_size
                for connections in (16, 64):
                    turns(
                        f"{topic} ({len(written(body).encode())} B in, {size} B out), {connections} connections, lode and echo",
                        lambda: wrk(ours, body, connections, folder),
                        lambda: wrk(theirs, body, connections, folder),
                    )


def hey(url, body, folder, rate=8000, connections=64, seconds=10):
    """Milliseconds below which 99 of 100 answers came at a fixed rate, and the rate that was reached."""
    file = Path(folder) / "body.json"
    file.write_text(written(body))
    told = subprocess.run(
        ["hey", "-o", "csv", "-z", f"{seconds}s", "-c", str(connections), "-q", str(rate // connections), "-m", "POST",
         "-T", "application/json", "-D", file, url],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(told)))
    if any(row["status-code"] != "200" for row in rows):
        sys.exit("an answer other than 200")
    times = sorted(float(row["response-time"]) * 1000 for row in rows)
    return times[len(times) * 99 // 100], len(rows) / seconds


def part_steady():
    """The 99th percentile at 8 000 requests a second, beside the echo."""
    with tempfile.TemporaryDirectory() as folder:
        for topic, body in TOPICS.items():
            with pair(topic, folder) as (ours, theirs):
                pairs = [(hey(ours, body, folder), hey(theirs, body, folder)) for _ in range(3)]
                (ours99, _), (theirs99, _) = [min(side) for side in zip(*pairs)]
                more = statistics.median(a[0] - b[0] for a, b in pairs)
                reached = min(rate for both in pairs for _, rate in both)
                print(
                    f"{topic}, 8 000 requests/s asked ({reached:,.0f} reached): p99 {ours99:.1f} ms, echo {theirs99:.1f} ms; "
                    f"difference {more:.1f} ms (median of 3)",
                    flush=True,
                )


def part_start():
    """From the start of the process to the first answer, and resident memory."""
    times = []
    for _ in range(20):
        with tempfile.TemporaryDirectory() as data:
            begun = time.perf_counter()
            with started([LODE, "serve", "--listen", "127.0.0.1:0", "--workers", WORKERS, "--data", data]) as (process, base):
                post(f"{base}/v1/calculations/late-fee", LATE_FEE)
                times.append((time.perf_counter() - begun) * 1000)
                if len(times) == 20:
                    at_first = resident(process.pid)
                    wrk(f"{base}/v1/calculations/annual-income", ANNUAL_INCOME, 64, data)
                    loaded = resident(process.pid)
    print(f"start to first answer: {min(times):.0f} ms at best, {statistics.median(times):.0f} ms median of 20")
    print(f"resident memory: {at_first:.1f} MiB after the first answer, {loaded:.1f} MiB after the load", flush=True)


def environment():
    """A virtual environment with OpenFisca, made once."""
    folder = ROOT / "target/openfisca"
    if not (folder / "bin/openfisca").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", "openfisca-core[web-api]==46.0.1"], check=True)
    return folder, {**os.environ, "PYTHONPATH": str(HERE / "openfisca")}


def situation(principal, due, day):
    return {"items": {"a": {"principal": {"ETERNITY": principal}, "due_date": {"ETERNITY": due}, "late_fee": {day: None}}}}


def free_port():
    import socket

    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return chosen.getsockname()[1]


@contextmanager
def openfisca():
    folder, variables = environment()
    port = free_port()
    process = subprocess.Popen(
        [folder / "bin/openfisca", "serve", "--country-package", "lode_peer", "--workers", str(WORKERS),
         "--bind", f"127.0.0.1:{port}"],
        env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                post(f"{base}/calculate", situation(1000, "2025-07-01", "2025-12-31"))
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit("OpenFisca did not start")
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait()


def part_openfisca():
    """The same rule: ours with steps and citations beside theirs, plain and traced."""
    theirs = situation(6846400.00, "2025-07-01", "2025-12-31")
    with tempfile.TemporaryDirectory() as folder, lode() as (_, base), openfisca() as other:
        for path in ("calculate", "trace"):
            turns(
                f"late fee, lode with steps and OpenFisca /{path}, 16 connections",
                lambda: wrk(f"{base}/v1/calculations/late-fee", LATE_FEE, 16, folder),
                lambda: wrk(f"{other}/{path}", theirs, 16, folder),
            )


def part_fen():
    """100 000 late fees of either, fen by fen, beside exact arithmetic."""
    count = 100_000
    due, day = date(2025, 7, 1), date(2025, 12, 31)
    state, principals = 1, []
    for _ in range(count):
        # A full-period generator: any amount up to 10 million yuan, the same in every run.
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        principals.append(Decimal(state % 10**9) / 100 + 1)
    days = (day - due) // timedelta(days=1)
    exact = [
        min(owed, (owed * Decimal("0.002") * days).quantize(Decimal("0.01"), ROUND_HALF_UP)) for owed in principals
    ]
    folder, variables = environment()
    program = (
        "import json, sys\n"
        "from lode_peer import CountryTaxBenefitSystem\n"
        "from openfisca_core.simulations import SimulationBuilder\n"
        "owed = json.load(sys.stdin)\n"
        "simulation = SimulationBuilder().build_default_simulation(CountryTaxBenefitSystem(), count=len(owed))\n"
        "import numpy\n"
        "simulation.set_input('principal', 'ETERNITY', numpy.array([float(one) for one in owed]))\n"
        f"simulation.set_input('due_date', 'ETERNITY', numpy.full(len(owed), numpy.datetime64('{due}')))\n"
        f"fees = simulation.calculate('late_fee', '{day}')\n"
        "json.dump([f'{float(fee):.2f}' for fee in fees], sys.stdout)\n"
    )
    told = subprocess.run(
        [folder / "bin/python", "-c", program], input=json.dumps([str(one) for one in principals]),
        env=variables, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    theirs = [Decimal(fee) for fee in json.loads(told)]
    ours = []
    with lode() as (_, base):
        for first in range(0, count, 10_000):
            rows = "".join(f"{owed},{due},{day}\n" for owed in principals[first : first + 10_000])
            request = urllib.request.Request(
                f"{base}/v1/batches/late-fee?lang=en", ("principal,due_date,as_of\n" + rows).encode(),
                {"Content-Type": "text/csv", "Accept": "text/csv"},
            )  # fmt: skip
            with urllib.request.urlopen(request) as answer:
                table = list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig"))))
            column = next(at for at, head in enumerate(table[0]) if head.startswith("result.late_fee"))
            ours += [Decimal(row[column]) for row in table[1:]]
    if len(ours) != count or len(theirs) != count:
        sys.exit(f"{len(ours)} and {len(theirs)} answers")
    for name, fees in (("lode", ours), ("OpenFisca", theirs)):
        wrong = sum(one != right for one, right in zip(fees, exact))
        worst = max(abs(one - right) for one, right in zip(fees, exact))
        print(f"{name}: {wrong} of {count} late fees differ from exact arithmetic, by {worst} yuan at most", flush=True)
    if ours != exact:
        sys.exit("lode is wrong")


def fetched(url, body=None):
    """Status, headers and length of an answer, which is read as it comes and not kept."""
    headers = {"Content-Type": "application/x-ndjson", "Accept": "application/x-ndjson"}
    if body is not None:
        body, headers["Content-Length"] = open(body, "rb"), str(Path(body).stat().st_size)
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=600) as answer:
        length, piece = 0, memoryview(bytearray(1 << 20))
        while count := answer.readinto(piece):
            length += count
        return answer.status, answer.headers, length


def part_batch():
    """JSON lines of annual income over HTTP: a million in one body, done by a job, and ten thousand at once."""
    sold = [("金", "concentrate"), ("铜", "concentrate"), ("煤炭", "raw_ore"), ("铁", "concentrate")]
    with tempfile.TemporaryDirectory() as folder, lode() as (process, base):
        many, few = Path(folder) / "many.jsonl", Path(folder) / "few.jsonl"
        with open(many, "w", encoding="utf-8") as out:
            for row in range(1_000_000):
                mineral, product = sold[row % 4]
                fen = row * 0x9E3779B97F4A7C15 % 10**11
                out.write(
                    f'{{"line_id":"A-{row}","year":{2024 + row % 2},"transfer_mode":"agreement","lines":'
                    f'[{{"mineral":"{mineral}","product":"{product}","revenue":"{fen // 100}.{fen % 100:02}"}}]}}\n'
                )
                if row == 9_999:
                    out.flush()
                    few.write_bytes(many.read_bytes())
        for steps in ("false", "true"):
            url = f"{base}/v1/batches/annual-income?steps={steps}"
            begun = time.perf_counter()
            status, headers, _ = fetched(url, many)
            if status != 202:
                sys.exit(f"a job was expected, not {status}")
            sent, job = time.perf_counter(), base + headers["Location"]
            # The events end with the job.
            with urllib.request.urlopen(f"{job}/events", timeout=600) as events:
                for _ in events:
                    pass
            computed = time.perf_counter()
            _, _, length = fetched(f"{job}/result")
            ended = time.perf_counter()
            print(
                f"1 000 000 lines, steps={steps}: {1_000_000 / (ended - begun):,.0f} rows/s; sent in {sent - begun:.1f} s, "
                f"computed {computed - sent:.1f} s later, {length >> 20} MiB fetched in {ended - computed:.1f} s",
                flush=True,
            )
            begun, times = time.perf_counter(), 30
            for _ in range(times):
                _, headers, _ = fetched(url, few)
                if headers["Batch-Refused"] != "0":
                    sys.exit("a row was refused")
            print(f"10 000 lines at once, steps={steps}: {times * 10_000 / (time.perf_counter() - begun):,.0f} rows/s", flush=True)
        status = Path(f"/proc/{process.pid}/status").read_text()
        most = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        print(f"resident memory at most: {int(most.split()[1]) / 1024:.1f} MiB", flush=True)


def part_overload():
    """Half of the knee, then four times the knee, then half of it again: statuses, median and 99th percentile of each second."""
    # Lighter ones are more than one client can ask for.
    topic = os.environ.get("LODE_BENCH_OVERLOAD_TOPIC", "projections")
    with tempfile.TemporaryDirectory() as folder:
        if topic == "projections":
            path, body = "/v1/projections", ROOT / "docs/examples/projections/copper.json"
        else:
            path, body = f"/v1/calculations/{topic}", Path(folder) / "body.json"
            body.write_text(json.dumps(TOPICS[topic]))
        for connections in ([], ["new"]):
            with lode() as (process, base):
                command = [OPEN_LOOP, base.removeprefix("http://"), path, body, "5", "10", str(OVERLOAD_SECONDS), "10"]
                told = subprocess.run(command + connections, capture_output=True, text=True, check=True).stdout
                peak = resident(process.pid)
            print("every request over a new connection" if connections else "connections that are free are used again")
            print(told, end="")
            print(f"resident memory: {peak:.1f} MiB at the end; {verdict(told)}", flush=True)


def verdict(told):
    """Whether only 200, 429 and 503 came back, and in which second afterwards all was as before."""
    statuses, seconds = set(), {}
    for line in told.splitlines():
        name, _, answers = line.partition(":")
        phase, _, second = name.partition(" ")
        if second.isdigit():
            found = re.findall(r"(\d+) (\d+) \((\d+) (\d+) us\)", answers)
            statuses |= {int(status) for status, *_ in found}
            seconds[phase, int(second)] = {int(status): int(slow) for status, _, _, slow in found}
    # What follows the search for the knee is still disturbed by it.
    before = [times[200] for (phase, second), times in seconds.items() if phase == "before" and second > 0]
    after = [times for (phase, _), times in sorted(seconds.items()) if phase == "after"]
    back = next((n for n, times in enumerate(after, 1) if set(times) == {200} and times[200] <= max(before)), None)
    return (
        f"statuses {sorted(statuses)}: {'reached' if statuses <= {200, 429, 503} else 'NOT REACHED'}; p99 of a second "
        f"{statistics.median(before) / 1000:.1f} ms before ({max(before) / 1000:.1f} ms at most), back there in second {back} "
        f"afterwards: {'reached' if back and back <= 5 else 'NOT REACHED'}; "
        f"{statistics.median(max(times.values()) for times in after[4:]) / 1000:.1f} ms from the fifth on"
    )


def part_minutes():
    """Late fees at a fixed rate for minutes: the 99th percentile of all answers, statuses and resident memory."""
    connections, rate = 64, 20_000
    with tempfile.TemporaryDirectory() as folder, lode() as (process, base):
        body, log = Path(folder) / "body.json", Path(folder) / "log"
        body.write_text(written(LATE_FEE))
        command = ["h2load", "--h1", "-t1", f"-c{connections}", f"--rps={rate / connections}", f"-D{MINUTES_SECONDS}",
                   f"--log-file={log}", "-d", body, "-H", "Content-Type: application/json",
                   f"{base}/v1/calculations/late-fee"]  # fmt: skip
        load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        memory = []
        while load.poll() is None:
            memory.append(resident(process.pid))
            time.sleep(1)
        told = load.stdout.read()
        # One count for each tenth of a millisecond: there are millions of lines.
        counts, statuses, slowest, total = {}, {}, 0, 0
        with log.open() as lines:
            for line in lines:
                _, status, microseconds = line.split("\t")
                taken = int(microseconds)
                statuses[status] = statuses.get(status, 0) + 1
                counts[taken // 100] = counts.get(taken // 100, 0) + 1
                slowest, total = max(slowest, taken), total + 1
    seen, at = 0, {}
    for tenth in sorted(counts):
        seen += counts[tenth]
        for share in (50, 99, 99.9):
            if share not in at and seen * 100 >= share * total:
                at[share] = (tenth + 1) / 10
    print("\n".join(line for line in told.splitlines() if line.startswith(("finished", "requests:", "status"))))
    settled = memory[min(10, len(memory) - 1) :]
    print(
        f"{total:,} answers in {MINUTES_SECONDS} s ({total / MINUTES_SECONDS:,.0f} a second), statuses {statuses}; "
        f"median below {at[50]} ms, p99 below {at[99]} ms, p99.9 below {at[99.9]} ms, slowest {slowest / 1000:.1f} ms; "
        f"resident memory {min(settled):.1f} to {max(settled):.1f} MiB after the first ten seconds",
        flush=True,
    )


PARTS = {
    "echo": part_echo,
    "steady": part_steady,
    "start": part_start,
    "batch": part_batch,
    "openfisca": part_openfisca,
    "fen": part_fen,
}
LONG = {"overload": part_overload, "minutes": part_minutes}

if __name__ == "__main__":
    asked = sys.argv[1:] or list(PARTS)
    known = PARTS | LONG
    unknown = [name for name in asked if name not in known]
    if unknown:
        sys.exit(f"{', '.join(unknown)}: no such part; there are {', '.join(known)}")
    print(f"load {os.getloadavg()[0]:.2f} at the start, {os.cpu_count()} processors", flush=True)
    for name in asked:
        print(f"\n# {name}: {known[name].__doc__}", flush=True)
        known[name]()
