#!/usr/bin/env python3
"""Checks that the conformance suite finds faults. Applies one fault after the other to a copy of
this project's node, and runs the suite, which does not have the fault, against it.

    python3 conformance/mutations/check.py              all faults
    python3 conformance/mutations/check.py class-overlooked pong-time
    python3 conformance/mutations/check.py --keep DIR   builds in DIR and keeps the build

Each *.patch in this folder is one fault, and names the cases that find it. The exit code is 1 if one
of these cases passes, if a patch names none, or if a patch does not apply. For a patch that names
none, all cases of its section are run, and those that find the fault are printed.
"""

import argparse
import io
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = "brocomm-conformance"


class Wrong(Exception):
    """The reason why a fault was not found."""


def command(*arguments, **options):
    """Runs a program. If it fails, its last line of output is the reason."""
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        lines = done.stdout.strip().splitlines()
        raise Wrong(f"{' '.join(map(str, arguments[:2]))} failed: {lines[-1] if lines else done.returncode}")


def unpack(folder):
    """Updates a folder to the committed files. Unchanged files keep their time, so that they are not
    compiled again."""
    archived = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as archive:
        for member in archive:
            path = folder / member.name
            if not member.isfile():
                archive.extract(member, folder)
            elif not path.exists() or path.read_bytes() != archive.extractfile(member).read():
                archive.extract(member, folder)
                path.touch()


def build(folder, target):
    """Builds the program from the sources in a folder; returns its path."""
    # A fault changes little, so incremental builds are fast.
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target), CARGO_PROFILE_DEV_DEBUG="0",
                       CARGO_INCREMENTAL="1")
    command("cargo", "build", "--quiet", "--locked", "-p", PACKAGE, "--bin", PACKAGE, cwd=folder,
            env=environment)
    return target / "debug" / PACKAGE


def free_port():
    """Returns a free port below the ephemeral ones, so that no other program is given it meanwhile."""
    while True:
        port = random.randrange(20000, 30000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue


def roles(node):
    """Yields the options for testing a node that listens, and one that connects."""
    address = f"127.0.0.1:{free_port()}"
    yield ["--connect", address, "--start", f"'{node}' serve --listen {address}"]
    yield ["--listen", "127.0.0.1:0", "--start", f"'{node}' serve"]


def failures(suite, role, only):
    """Runs cases against a node in one role; returns those that fail, with the reasons."""
    done = subprocess.run([suite, "run", *role, "--json", "--patience=3", f"--only={','.join(only)}"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not done.stdout:
        raise Wrong(f"the suite failed: {done.stderr.strip()}")
    cases = json.loads(done.stdout)["cases"]
    return {case["id"]: f"{case['role']}: {case['reason']}" for case in cases if case["verdict"] == "failed"}


def header(patch, name):
    """Returns the values of a field in the header of a patch."""
    found = re.search(f"^{name}: (.*)$", patch.read_text(), re.MULTILINE)
    return found[1].split(", ") if found else []


def wanted_of(patch):
    """Returns the cases that must find a fault: those that the patch names, or all of its section."""
    return header(patch, "Cases") or header(patch, "Section")


def check(suite, node, patch):
    """Runs the cases that a patch names; returns them, and the reason for the first failure."""
    named = header(patch, "Cases")
    found = {}
    for role in roles(node):
        wanted = [case for case in named if case not in found]
        if wanted or not named:
            found.update(failures(suite, role, wanted or wanted_of(patch)))
    if not named:
        raise Wrong(f"the patch names no cases; found by {', '.join(found) or 'none of its section'}")
    passed = [case for case in named if case not in found]
    if passed:
        raise Wrong(f"NOT FOUND by {', '.join(passed)}")
    return f"{', '.join(named)} ({found[named[0]]})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--keep", metavar="DIR", type=pathlib.Path)
    args = parser.parse_args()
    patches = sorted(HERE.glob("*.patch"))
    unknown = set(args.faults) - {patch.stem for patch in patches}
    if unknown:
        parser.error(f"no such patch: {', '.join(unknown)}")
    if args.faults:
        patches = [patch for patch in patches if patch.stem in args.faults]
    with tempfile.TemporaryDirectory() as temporary:
        scratch = (args.keep or pathlib.Path(temporary)).resolve()
        target = scratch / "target"
        # The committed files in a separate repository, so that patches apply only there.
        folder = scratch / "copy"
        unpack(folder)
        command("git", "init", "--quiet", cwd=folder)

        suite = scratch / "suite"
        suite.write_bytes(build(folder, target).read_bytes())
        suite.chmod(0o755)
        wanted = sorted({case for patch in patches for case in wanted_of(patch)})
        for role in roles(suite):
            failed = failures(suite, role, wanted)
            if failed:
                print(f"these cases fail without a fault: {failed}")
                return 1
        missed = 0
        for patch in patches:
            begun = time.monotonic()
            try:
                command("git", "apply", "-C1", str(patch), cwd=folder)
                try:
                    found = check(suite, build(folder, target), patch)
                finally:
                    command("git", "apply", "-C1", "-R", str(patch), cwd=folder)
            except Wrong as why:
                found, missed = str(why), missed + 1
            print(f"{patch.stem:26} {time.monotonic() - begun:4.0f} s  {found}", flush=True)
        print(f"{len(patches) - missed} of {len(patches)} faults were found")
        return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
