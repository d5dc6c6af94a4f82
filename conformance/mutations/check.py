#!/usr/bin/env python3
"""Shows that the conformance suite finds faults: one after the other is put into a copy of this
project's node, and the suite, itself without the fault, is run against it.

    python3 conformance/mutations/check.py              all faults; takes a while
    python3 conformance/mutations/check.py class-overlooked pong-time
    python3 conformance/mutations/check.py --keep DIR   builds in DIR, and leaves it there

Each *.patch in this folder is one fault. Prints the case that found each, of the section that the
patch names if one does; the exit code is 1 if one was not found, or no longer applies.
"""

import argparse
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = "brocomm-conformance"


def build(folder, target):
    """Builds the program from the sources in a folder; returns where it is."""
    # A fault changes little, so most of what was compiled for the one before is used again.
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target), CARGO_PROFILE_DEV_DEBUG="0",
                       CARGO_INCREMENTAL="1")
    command = ["cargo", "build", "--quiet", "--locked", "-p", PACKAGE, "--bin", PACKAGE]
    subprocess.run(command, cwd=folder, env=environment, check=True, stderr=subprocess.PIPE)
    return target / "debug" / PACKAGE


def free_port():
    """Returns a port below those that systems hand out, so that nobody else is given it meanwhile."""
    while True:
        port = random.randrange(20000, 30000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue


def run(suite, node, only=()):
    """Runs the suite, or some of its sections, against a node in both roles; returns the first case
    that fails, if one does."""
    address = f"127.0.0.1:{free_port()}"
    roles = [
        ["--connect", address, "--start", f"'{node}' serve --listen {address}"],
        ["--listen", "127.0.0.1:0", "--start", f"'{node}' serve"],
    ]
    for role in roles:
        command = [suite, "run", *role, "--json", "--fail-fast", "--patience", "3",
                   "--level", "must,should", *(f"--only={section}" for section in only)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if not done.stdout:
            continue  # there is no case of the section
        for case in json.loads(done.stdout)["cases"]:
            if case["verdict"] == "failed":
                return f"{case['id']} ({case['role']}): {case['reason']}"
    return None


def check(suite, folder, target, patch):
    """Puts a fault in, runs the suite, and takes it out; returns what found it."""
    subprocess.run(["git", "apply", "-C1", str(patch)], cwd=folder, check=True)
    section = re.search("^Section: (.*)$", patch.read_text(), re.MULTILINE)
    try:
        node = build(folder, target)
        return (section and run(suite, node, [section[1]])) or run(suite, node)
    finally:
        subprocess.run(["git", "apply", "-C1", "-R", str(patch)], cwd=folder, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--keep", metavar="DIR", type=pathlib.Path)
    args = parser.parse_args()
    patches = sorted(HERE.glob("*.patch"))
    if args.faults:
        patches = [patch for patch in patches if patch.stem in args.faults]
    with tempfile.TemporaryDirectory() as temporary:
        scratch = (args.keep or pathlib.Path(temporary)).resolve()
        folder = scratch / "copy"
        folder.mkdir(parents=True, exist_ok=True)
        # What is committed, in a repository of its own, so that patches apply to it alone.
        archive = subprocess.Popen(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", str(folder)], stdin=archive.stdout, check=True)
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)

        target = scratch / "target"
        suite = scratch / "suite"
        suite.write_bytes(build(folder, target).read_bytes())
        suite.chmod(0o755)
        found = run(suite, suite)
        if found:
            print(f"without a fault, it fails {found}")
            return 1
        missed = 0
        for patch in patches:
            try:
                found = check(suite, folder, target, patch)
            except subprocess.CalledProcessError as error:
                found, missed = None, missed + 1
                print(f"{patch.stem:26} does not apply, or build: {error.cmd[:2]}", flush=True)
                continue
            missed += found is None
            print(f"{patch.stem:26} {found or 'NOT FOUND'}", flush=True)
        print(f"{len(patches) - missed} of {len(patches)} faults were found")
        return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
