import json
import subprocess

node = subprocess.Popen(
    ["brocomm", "run", "sensor.toml", "--stdin", "--json"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
)
for line in node.stdout:
    notification = json.loads(line)
    if notification["notification"] == "handshake_done":
        scan = {"event": "scan_seen", "args": ["10.0.0.1", 443]}
        print(json.dumps(scan), file=node.stdin, flush=True)
    elif notification["notification"] == "event" and notification["event"] == "block":
        host, why = notification["args"]
        print(f"block {host}: {why}", flush=True)
        node.terminate()
raise SystemExit(node.wait())
