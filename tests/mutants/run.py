#!/usr/bin/env python3
"""Mutation testing of src/domain: every mutant that cargo-mutants lists, in one build.

    tests/mutants/run.py FOLDER [SECONDS]

A build for each of nearly three thousand mutants costs days; here each stands behind a switch in a copy of the sources, so that
one build has them all, and only the tests that reach a mutant are run against it. FOLDER keeps what is known, so that a run that
was stopped, or had only so many SECONDS, goes on where it was. Needs cargo-mutants (its list, nothing else).

1. The copy: switches are put in (src/main.rs); those that do not compile are taken out again, until the rest does.
2. Every mutant against the golden answers and the cases, in one process (answers.rs).
3. Which test reaches which mutant; then what is left, against the tests that reach it, in random order, so that those
   tried so far are a sample of it.

Remove it-test from FOLDER to try what is left against the tests as they are now.

Kept: answers (2), notes.jsonl and tests (3), one line for each mutant: its number in mutants.json, and what became of it."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).resolve().parent.parent.parent
OWN = ROOT / "tests/mutants"
TARGET = ROOT / "target"
COPY = TARGET / "schemata"
# Tests of what is not in src/domain, and long ones: they are not asked. The properties run 200 cases each.
LEFT_OUT = (
    "tidy deploy openapi xlsx:: batches:: batch:: limits oidc operation web:: web_records jobs:: notices:: documents:: impact:: "
    "ledger::power ledger::many ledger::failures ledger::backup ledger::instances ledger::documents mutation_run golden:: cases::"
).split()


def sh(*command, **options):
    return subprocess.run(list(map(str, command)), cwd=options.pop("cwd", ROOT), text=True, **options)


def changed(path, *pairs):
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, (path, old)
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def prepare(folder):
    """The copy, with every switch that compiles."""
    listed = sh("cargo", "mutants", "--list", "--json", "-f", "src/domain/**/*.rs", check=True, capture_output=True).stdout
    (folder / "mutants.json").write_text(listed, encoding="utf-8")
    # As they were listed, whatever is edited meanwhile.
    shutil.copytree(ROOT / "src/domain", folder / "src/domain", dirs_exist_ok=True)
    shutil.rmtree(COPY, ignore_errors=True)
    copy()
    shutil.copy(OWN / "mutation.rs", COPY / "src/mutation.rs")
    changed(COPY / "src/lib.rs", ("#![forbid(unsafe_code)]", "#![allow(warnings)]\npub mod mutation;"))
    put_switches_in(folder)


def copy(*below):
    """The files of the repository, in the copy."""
    listed = sh("git", "ls-files", "-co", "--exclude-standard", *below, check=True, capture_output=True)
    for name in listed.stdout.splitlines():
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, COPY / name)


def tests():
    """The tests as they are now, in the copy."""
    copy("tests")
    shutil.copy(OWN / "answers.rs", COPY / "tests/it/mutation_run.rs")
    changed(COPY / "tests/it/main.rs", ("mod cases;", "mod cases;\nmod mutation_run;"))
    changed(COPY / "tests/it/properties.rs", ("const CASES: u32 = 100_000;", "const CASES: u32 = 200;"))
    changed(COPY / "tests/it/cases.rs", ("fn body_of", "pub(crate) fn body_of"), ("#[test]\n", COMPLAINTS + "#[test]\n"))
    # The programs that tests start are the copy's, whatever is built meanwhile.
    changed(
        COPY / "tests/it/service.rs",
        *[('Command::new(env!("CARGO_BIN_EXE_lode"))', 'Command::new(std::env::var("LODE_EXE").unwrap())')] * 2,
    )


def put_switches_in(folder):
    sh("cargo", "build", "--quiet", "--manifest-path", OWN / "Cargo.toml", "--target-dir", TARGET / "mutants-tool", check=True)
    dropped = set()
    while True:
        (folder / "dropped").write_text(" ".join(map(str, sorted(dropped))), encoding="utf-8")
        tool = TARGET / "mutants-tool/debug/lode-mutants"
        told = sh(tool, folder / "mutants.json", folder, COPY, folder / "dropped", check=True, capture_output=True)
        (folder / "put_in").write_text(told.stdout, encoding="utf-8")
        command = ["cargo", "check", "--lib", "--no-default-features", "--message-format=json", "--target-dir", TARGET]
        found = sh(*command, cwd=COPY, capture_output=True)
        if found.returncode == 0:
            return
        # Where the place itself has no switch of its own, one stands at a place that the message also names.
        more = unsound(found.stdout, True) - dropped or unsound(found.stdout, False) - dropped
        assert more, found.stderr
        dropped |= more


COMPLAINTS = """pub(crate) fn complaints(case: &Json, status: u16, body: &[u8]) -> Vec<String> {
    let answer: Json = serde_json::from_slice(body).unwrap_or(Json::Null);
    let mut found = faults(case, status, &answer);
    if status == 200 {
        found.extend(check_answer(&answer));
        found.extend(unexplained(&case["request"], &answer));
    }
    found
}

"""


def unsound(messages, primary):
    """The switches that errors point at: the nearest one above the place, else the first one behind it."""
    switch = re.compile(r"mutation::on\((\d+)usize\)")
    found = set()
    for line in messages.splitlines():
        message = json.loads(line).get("message")
        if not isinstance(message, dict) or message.get("level") != "error":
            continue
        for span in message["spans"]:
            if span["is_primary"] != primary or not (COPY / span["file_name"]).exists():
                continue
            lines = (COPY / span["file_name"]).read_text(encoding="utf-8").splitlines()
            at = span["line_start"] - 1
            above = [switch.findall(text) for text in lines[max(0, at - 7) : at + 1]]
            behind = [switch.findall(text) for text in lines[at : span["line_end"] + 12]]
            above, behind = [hit for hits in above for hit in hits], [hit for hits in behind for hit in hits]
            found |= {int(above[-1])} if above else {int(hit) for hit in behind[:1]}
    return found


def build(folder):
    command = ["cargo", "test", "--lib", "--bins", "--test", "it", "--no-default-features", "--no-run", "--message-format=json"]
    told = sh(*command, "--target-dir", TARGET, cwd=COPY, check=True, stdout=subprocess.PIPE).stdout
    for line in told.splitlines():
        made = json.loads(line)
        if made.get("executable"):
            name = made["target"]["name"] + ("-test" if made["profile"]["test"] else "")
            shutil.copy(made["executable"], folder / ("unit" if made["target"]["kind"] == ["lib"] else name))


class Programs:
    def __init__(self, folder):
        self.folder = folder
        self.environment = {
            **os.environ,
            "LODE_EXE": str(folder / "lode"),
            "LODE_MUTANT_OUT": str(folder / "answers"),
            "CARGO_MANIFEST_DIR": str(COPY),
            "RUST_BACKTRACE": "0",
        }

    def run(self, name, *arguments, patience=None, **variables):
        command = [self.folder / name, *arguments]
        options = {"env": {**self.environment, **variables}, "cwd": COPY, "capture_output": True}
        try:
            return sh(*command, timeout=patience, **options)
        except subprocess.TimeoutExpired:
            return None

    def tests(self, name):
        lines = self.run(name, "--list", "--format=terse").stdout.splitlines()
        return [line.removesuffix(": test") for line in lines if line.endswith(": test")]

    def holds(self, name, test, patience, **variables):
        done = self.run(name, "--exact", test, patience=patience, **variables)
        return done is not None and done.returncode == 0


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def note(programs, folder, until):
    """Which mutants each test reaches, and how long it takes. Whether that was finished."""
    known = {json.loads(line)["test"] for line in lines_of(folder / "notes.jsonl")}
    with open(folder / "notes.jsonl", "a", encoding="utf-8") as out:
        for name in ("unit", "it-test"):
            for test in programs.tests(name):
                if test in known or name == "it-test" and test.startswith(tuple(LEFT_OUT)):
                    continue
                if time.time() > until:
                    return False
                reached = folder / "reached"
                reached.unlink(missing_ok=True)
                began = time.time()
                holds = programs.holds(name, test, 120, LODE_MUTANT="note", LODE_MUTANTS_REACHED=str(reached))
                told = {"program": name, "test": test, "holds": holds, "seconds": time.time() - began}
                print(json.dumps({**told, "reached": sorted({int(line) for line in lines_of(reached)})}), file=out, flush=True)
    return True


def kill(programs, folder, until):
    """What the answers do not settle, against every test that reaches it, two at a time."""
    notes = [told for told in map(json.loads, lines_of(folder / "notes.jsonl")) if told["holds"] and told["seconds"] < 40]
    reaching = {}
    for told in notes:
        for number in told["reached"]:
            reaching.setdefault(number, []).append(told)
    tried = {line.split()[0] for line in lines_of(folder / "tests")}
    successes, one = {}, Lock()

    def against_tests(number):
        if time.time() > until:
            return
        told_by = reaching.get(number, [])
        verdict = "survived" if told_by else "unreached"
        for told in sorted(told_by, key=lambda told: told["seconds"] / (1 + successes.get(told["test"], 0))):
            if time.time() > until:
                return
            if not programs.holds(told["program"], told["test"], told["seconds"] * 5 + 20, LODE_MUTANT=str(number)):
                verdict = f"caught {told['test']}"
                successes[told["test"]] = successes.get(told["test"], 0) + 1
                break
        with one:
            print(number, verdict, file=out, flush=True)

    with open(folder / "tests", "a", encoding="utf-8") as out, ThreadPoolExecutor(2) as workers:
        list(workers.map(against_tests, [number for number in left_by_answers(folder) if str(number) not in tried]))


def left_by_answers(folder):
    """What golden answers and cases do not catch, in an order that is random and always the same."""
    caught = {line.split()[0] for line in lines_of(folder / "answers") if "caught" in line}
    left = [int(number) for number in lines_of(folder / "put_in") if number not in caught]
    random.Random(7).shuffle(left)
    return left


def report(folder):
    names = [mutant["name"] for mutant in json.loads((folder / "mutants.json").read_text(encoding="utf-8"))]
    verdicts = {int(line.split()[0]): line.split()[1] for line in lines_of(folder / "tests")}
    left, compiled = left_by_answers(folder), len(lines_of(folder / "put_in"))
    for number in sorted(number for number in left if verdicts.get(number, "caught") != "caught"):
        print(f"{verdicts[number]}: {names[number]}")
    # Up to the first one that is open they are a random sample, whatever was tried before or behind it.
    tried = list(takewhile(verdicts.__contains__, left))
    caught = sum(verdicts[number] == "caught" for number in tried)
    print(f"{len(names)} listed, {compiled} compiled, {compiled - len(left)} caught by answers")
    print(f"of the {len(left)} others, in random order, the first {len(tried)} tried, {caught} caught")
    if tried:
        part, share = caught / len(tried), len(left) / compiled
        error = 1.96 * (part * (1 - part) / len(tried) * (1 - len(tried) / len(left))) ** 0.5
        print(f"caught of all: {100 * (1 - share + share * part):.1f} % ± {100 * share * error:.1f}")


def main():
    folder = Path(sys.argv[1]).resolve()
    until = time.time() + float(sys.argv[2]) if len(sys.argv) > 2 else float("inf")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "prepared").exists():
        prepare(folder)
        (folder / "prepared").touch()
    if not (folder / "it-test").exists():
        tests()
        build(folder)
        # What was caught stays so; what was left over is tried again.
        caught = [line for line in lines_of(folder / "tests") if "caught" in line]
        (folder / "tests").write_text("".join(f"{line}\n" for line in caught), encoding="utf-8")
        (folder / "notes.jsonl").unlink(missing_ok=True)
    programs = Programs(folder)
    while time.time() < until:
        left = str(int(min(until - time.time(), 1e9)))
        done = programs.run("it-test", "--ignored", "mutation_run::", LODE_MUTANT_SECONDS=left)
        if done.returncode == 3:
            continue
        assert done.returncode == 0, done.stdout + done.stderr
        if time.time() < until and note(programs, folder, until):
            kill(programs, folder, until)
        break
    report(folder)


main()
