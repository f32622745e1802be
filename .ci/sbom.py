#!/usr/bin/env python3
"""Bill of materials (CycloneDX 1.5, JSON) of the program to standard output, and the check of licences, bans and sources.

    python3 .ci/sbom.py >lode.cdx.json

Reads `cargo metadata`, Cargo.lock and deny.toml, and no network. What the program is linked with or built by is in the bill;
licences are checked of everything in Cargo.lock that this machine would build, tests included. `cargo deny check licenses bans
sources` does the same with the same deny.toml where it is installed.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def words(expression):
    return re.findall(r"\(|\)|[^\s()/]+|/", expression.replace("/", " OR "))


def allowed(expression, known):
    """Whether an SPDX expression can be met by licences of a list: OR binds least, then AND, then WITH."""
    rest = words(expression)

    def alternatives():
        met = conjunction()
        while rest and rest[0] == "OR":
            rest.pop(0)
            met = conjunction() or met
        return met

    def conjunction():
        met = one()
        while rest and rest[0] == "AND":
            rest.pop(0)
            met = one() and met
        return met

    def one():
        word = rest.pop(0)
        if word == "(":
            met = alternatives()
            assert rest.pop(0) == ")", expression
            return met
        if rest and rest[0] == "WITH":
            rest.pop(0)
            word = f"{word} WITH {rest.pop(0)}"
        return word in known

    met = alternatives()
    assert not rest, expression
    return met


def main():
    metadata = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--format-version", "1", "--locked", "--offline"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout
    )
    deny = tomllib.loads((ROOT / "deny.toml").read_text())
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    checksums = {(one["name"], one["version"]): one.get("checksum") for one in locked}
    packages = {one["id"]: one for one in metadata["packages"]}
    nodes = {one["id"]: one for one in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]

    wrong = []
    licences = set(deny["licenses"]["allow"])
    banned = {one["crate"]: one["reason"] for one in deny["bans"]["deny"]}
    registries = set(deny["sources"]["allow-registry"])
    for one in packages.values():
        name = f"{one['name']} {one['version']}"
        if not one["license"] or not allowed(one["license"], licences):
            wrong.append(f"{name}: licence {one['license']}")
        if one["name"] in banned and one["id"] in nodes:
            wrong.append(f"{name}: {banned[one['name']]}")
        if one["source"] and one["source"].removeprefix("registry+") not in registries:
            wrong.append(f"{name}: from {one['source']}")
    if wrong:
        sys.exit("not allowed by deny.toml:\n" + "\n".join(sorted(wrong)))

    used, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node in used:
            continue
        used.add(node)
        for dependency in nodes[node]["deps"]:
            if any(kind["kind"] in (None, "build") for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])

    def reference(node):
        return f"pkg:cargo/{packages[node]['name']}@{packages[node]['version']}"

    def component(node):
        package = packages[node]
        found = {
            "type": "application" if node == root else "library",
            "bom-ref": reference(node),
            "name": package["name"],
            "version": package["version"],
            "purl": reference(node),
            "licenses": [{"expression": package["license"].replace("/", " OR ")}],
        }
        checksum = checksums.get((package["name"], package["version"]))
        if checksum:
            found["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        return found

    def within(node):
        kinds = {one["pkg"]: one["dep_kinds"] for one in nodes[node]["deps"]}
        return sorted(
            {reference(other) for other, of in kinds.items() if any(kind["kind"] in (None, "build") for kind in of)}
        )

    font = {
        "type": "data",
        "bom-ref": "noto-sans-sc",
        "name": "Noto Sans SC (subset)",
        "licenses": [{"license": {"id": "OFL-1.1"}}],
    }
    ordered = sorted(used, key=reference)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(root)},
        "components": [component(node) for node in ordered if node != root] + [font],
        "dependencies": [{"ref": reference(node), "dependsOn": within(node)} for node in ordered],
    }
    json.dump(bill, sys.stdout, indent=1, ensure_ascii=False)
    print()
    print(f"{len(bill['components'])} components, {len(packages)} licences checked", file=sys.stderr)


if __name__ == "__main__":
    main()
