import json
import subprocess

node = subprocess.Popen(
    ["brocomm", "run", "sensor.toml", "--stdin", "--print", "json"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
)
for line in node.stdout:
    told = json.loads(line)
    if told["notification"] == "handshake_done":
        print("scan_seen(10.0.0.1, 443)", file=node.stdin, flush=True)
    elif told["notification"] == "event" and told["name"] == "block":
        host, why = told["args"]
        print(f"block {host}: {why}", flush=True)
        node.terminate()
raise SystemExit(node.wait())
