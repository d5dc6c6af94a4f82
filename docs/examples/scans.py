"""Prints scans: brocomm listen --event 'scan_seen(addr, count, string)' --json | python3 scans.py"""
import json
import sys


def raw(string):
    """Returns the bytes of a string."""
    return bytes.fromhex(string["$hex"]) if isinstance(string, dict) else string.encode()


for line in sys.stdin:
    notification = json.loads(line)
    if notification.get("event") == "scan_seen":
        host, ports, banner = notification["args"]
        # A count beyond 2^53 - 1 is a string of digits.
        print(f"{host} {int(ports) + 1} {raw(banner)}", flush=True)
