"""Talks to `brocomm run --zeek-websocket` as a client of Zeek's WebSocket API does."""

import asyncio
import json
import sys

import websockets

URL = sys.argv[1]


def value(kind, data):
    return {"@data-type": kind, "data": data}


def event(name, *args, topic="site/x"):
    call = value("vector", [value("string", name), value("vector", list(args))])
    return json.dumps(
        {
            "type": "data-message",
            "topic": topic,
            "@data-type": "vector",
            "data": [value("count", 1), value("count", 1), call],
        }
    )


ALL = [
    value("boolean", True),
    value("integer", -5),
    value("count", 18446744073709551615),
    value("real", 0.25),
    value("timestamp", "2017-07-14T02:40:00.123"),
    value("timespan", "1500ms"),
    value("string", "grüße \x01 /"),
    value("port", "53/udp"),
    value("address", "2001:db8::1"),
    value("subnet", "10.0.0.0/8"),
    value("enum-value", "Site::GREEN"),
]


def pair(a, b):
    return value("vector", [value("string", b), value("none", {}), value("count", a)])


async def subscribed(*topics):
    client = await websockets.connect(URL)
    await client.send(json.dumps(list(topics)))
    ack = json.loads(await client.recv())
    assert ack["type"] == "ack" and "-websocket-" in ack["endpoint"], ack
    return client


def arguments(text):
    message = json.loads(text)
    assert message["type"] == "data-message", message
    return message["data"][2]["data"][1]["data"]


async def error(client, message, context):
    await client.send(message)
    answer = json.loads(await client.recv())
    expected = {"type": "error", "code": "deserialization_failed", "context": context}
    assert answer == expected, (message, answer)


async def main():
    one = await subscribed("site/")
    other = await subscribed("site/", "site/x")

    # Events of all types, in both directions.
    for sender, receiver in [(one, other), (other, one)]:
        await sender.send(event("Site::all", *ALL))
        found = arguments(await receiver.recv())
        assert found == ALL, found
        await sender.send(event("Site::pair", pair(7, "x")))
        assert arguments(await receiver.recv()) == [pair(7, "x")]

    # Each error, followed by a valid event.
    good = event("Site::ping", value("count", 1))
    decode, create = "failed to decode JSON object", "failed to create Zeek event"
    for message, context in [
        ("{", decode),
        ("[1]", decode),
        (event("Site::ping", value("count", -1)), decode),
        (event("Site::ping", value("port", "70000/tcp")), decode),
        (event("Site::ping", value("set", [value("count", 1)] * 2)), decode),
        (good.replace('"topic": "site/x", ', ""), "no topic in top-level JSON object"),
        (good.replace("site/x", "<$>"), "no topic in top-level JSON object"),
        (event("Site::nosuch", value("count", 1)), create),
        (event("Site::ping"), create),
        (event("Site::ping", value("integer", 1)), create),
        (event("Site::pair", value("vector", [value("string", "x")])), create),
        (event("Site::all", *ALL[:-1], value("enum-value", "Site::PINK")), create),
    ]:
        await error(one, message, context)
        await one.send(good)
        assert arguments(await other.recv()) == [value("count", 1)]

    # Invalid subscriptions, and connections that the server refuses.
    for first, context in [
        ("{}", "subscriptions not an array"),
        ("[1]", "individual subscription not a string"),
    ]:
        client = await websockets.connect(URL)
        await error(client, first, context)
        await client.close()
    for url, headers, code in [
        (URL + "/", {}, "invalid_uri"),
        (URL, {"X-Application-Name": "a b"}, "invalid_application_name"),
    ]:
        client = await websockets.connect(url, additional_headers=headers)
        answer = json.loads(await client.recv())
        assert answer["code"] == code, answer
        try:
            await client.recv()
            raise AssertionError("not closed")
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd.code == 1008, closed
    await one.close()
    await other.close()


asyncio.run(asyncio.wait_for(main(), 60))
