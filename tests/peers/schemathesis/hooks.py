"""What Schemathesis cannot send by itself: lines of JSON."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def lines(_, value):
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
