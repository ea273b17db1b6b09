"""Which web pages may call the API from a browser, and what a browser is told about it."""

Headers = list[tuple[bytes, bytes]]
METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
ALLOWED = b"authorization, content-type, x-api-key, x-request-id, if-none-match"
EXPOSED = b"x-request-id, retry-after, etag, content-disposition"
MAX_AGE_S = b"600"


class Cors:
    """The configured origins. No cookie is ever read, so credentials are neither needed nor allowed."""

    def __init__(self, origins: str) -> None:
        """`origins`: separated by commas, or `*` for any."""
        self._origins = {origin.strip().rstrip("/").encode() for origin in origins.split(",") if origin.strip()}

    def answer(self, origin: bytes | None) -> Headers:
        """What an answer to a request from this origin carries. Caches keep answers to different origins apart."""
        if not self._origins:
            return []
        if b"*" in self._origins:
            return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", EXPOSED)]
        if origin not in self._origins:
            return [(b"vary", b"origin")]
        return [
            (b"vary", b"origin"),
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED),
        ]

    def preflight(self, origin: bytes | None) -> Headers:
        """The answer to a preflight. Without the headers a browser needs, it does not send the request."""
        headers = self.answer(origin)
        if any(name == b"access-control-allow-origin" for name, _ in headers):
            headers += [
                (b"access-control-allow-methods", METHODS),
                (b"access-control-allow-headers", ALLOWED),
                (b"access-control-max-age", MAX_AGE_S),
            ]
        return headers
