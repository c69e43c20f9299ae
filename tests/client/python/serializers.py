"""How schemathesis writes the bodies of imports."""

import schemathesis


@schemathesis.serializer("text/csv", "application/x-ndjson")
def as_text(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()
