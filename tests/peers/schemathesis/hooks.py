"""What Schemathesis cannot send by itself: lines of JSON, and workbooks, which are bytes to it. And what it should not send: a
whole number as `1388.0`. JSON Schema takes that for an integer; the contract of the service wants it written as one."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def lines(_, value):
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.serializer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def workbook(_, value):
    return value if isinstance(value, bytes) else str(value).encode()


def whole(value):
    # Beyond 64 bits it is no integer of the service, and written out it may be more than a number of JSON is read for.
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {name: whole(item) for name, item in value.items()}
    return value


@schemathesis.hook
def before_call(_, case, kwargs):
    case.body = whole(case.body)
