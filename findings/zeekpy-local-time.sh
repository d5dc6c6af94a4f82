#!/bin/sh
# zeekpy 0.3.1 (PyPI) reads the times that Zeek sends as local time.
#
# In Zeek's WebSocket API a timestamp has the form 2022-04-10T07:00:00.000, without a zone, and is in UTC: Broker
# (2.8.0-dev.329) writes it so in libbroker/broker/format/json.cc, and reads a text without a zone so in
# libbroker/broker/internal/json.cc. The package takes such a text as local time and converts it to UTC. An event handler with a
# parameter of type datetime gets a time that is wrong by the offset of the machine's time zone, and marked as UTC. If that
# zone is UTC, the time is right.
#
# Output: "UTC0: 2022-04-10 07:00:00+00:00", "EST5: 2022-04-10 12:00:00+00:00" (EST5 is five hours behind UTC). Python 3.11
# or later is needed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv packages
packages/bin/pip install --quiet zeekpy==0.3.1 websockets==17.4
cat >read.py <<'END_OF_PYTHON'
import datetime, os
import zeekpy

def seen(at: datetime.datetime):
    print(f"{os.environ['TZ']}: {at}")

message = """{"type": "data-message", "topic": "/test/", "@data-type": "vector", "data": [
    {"@data-type": "count", "data": 1}, {"@data-type": "count", "data": 1}, {"@data-type": "vector", "data": [
        {"@data-type": "string", "data": "seen"},
        {"@data-type": "vector", "data": [{"@data-type": "timestamp", "data": "2022-04-10T07:00:00.000"}]}]}]}"""
zeek = zeekpy.Zeek()
zeek.on("seen", seen)
zeek.dispatch(*zeekpy.load_json_msg(message))
END_OF_PYTHON
for zone in UTC0 EST5; do
    TZ=$zone packages/bin/python read.py
done >seen
cat seen
printf '%s\n' 'UTC0: 2022-04-10 07:00:00+00:00' 'EST5: 2022-04-10 12:00:00+00:00' | cmp - seen
