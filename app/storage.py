"""Supabase Storage with the service key: fetch, keep and remove objects, and sign links to them.

Five calls of its HTTP API, the same on hosted Supabase, `supabase start` and the local stack. Whoever may ask for what
is decided before, in the database: this key may do anything.
"""

from urllib.parse import quote

import httpx
import msgspec

from app.settings import Settings

ANSWER_S = 30.0
CONNECT_S = 5.0


class StorageAwayError(Exception):
    """Storage is not set up, not reached, or does not answer as it should: nothing follows about the object."""


class SignedUpload(msgspec.Struct, frozen=True):
    """Where one file may be put once, and the token for uploadToSignedUrl()."""

    url: str
    token: str


class Storage:
    """One project's Storage. Close it when the process ends."""

    def __init__(self, settings: Settings) -> None:
        self._set_up = bool(settings.supabase_url and settings.supabase_secret_key)
        self.base = f"{settings.supabase_url.rstrip('/')}/storage/v1"
        key = settings.supabase_secret_key
        headers = {"apikey": key, "authorization": f"Bearer {key}"}
        timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout, trust_env=False)

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def fetch(self, bucket: str, path: str, most: int) -> bytes | None:
        """The bytes of an object, None when there is none; at most `most` + 1 of them. Raises StorageAwayError."""
        self._check_set_up()
        data = bytearray()
        try:
            async with self._client.stream("GET", self._url("object", bucket, path)) as answer:
                if answer.status_code in (400, 404):
                    return None  # hosted says 400 with a body that says 404
                if answer.status_code != 200:
                    raise StorageAwayError(f"Storage answered {answer.status_code}")
                async for chunk in answer.aiter_bytes():
                    data += chunk
                    if len(data) > most:
                        break
        except httpx.HTTPError as error:
            raise StorageAwayError(f"Storage is not reached: {type(error).__name__}") from error
        return bytes(data[: most + 1])

    async def keep(self, bucket: str, path: str, data: bytes, content_type: str) -> None:
        """Put an object there, in place of an older one. Raises StorageAwayError."""
        headers = {"content-type": content_type, "x-upsert": "true", "cache-control": "max-age=3600"}
        await self._call("POST", self._url("object", bucket, path), content=data, headers=headers)

    async def remove(self, bucket: str, paths: list[str]) -> None:
        """Objects go; those that are not there do not matter. Raises StorageAwayError."""
        await self._call("DELETE", f"{self.base}/object/{bucket}", json={"prefixes": paths})

    async def sign(self, bucket: str, path: str, seconds: int, filename: str) -> str:
        """A link anybody who has it may download this object by, as `filename`, for some seconds. Raises
        StorageAwayError."""
        answer = await self._call("POST", self._url("object/sign", bucket, path), json={"expiresIn": seconds})
        return f"{self.base}{_member(answer, 'signedURL')}&download={quote(filename, safe='')}"

    async def sign_upload(self, bucket: str, path: str) -> SignedUpload:
        """A link by which this object may be put there, once. Raises StorageAwayError."""
        answer = await self._call("POST", self._url("object/upload/sign", bucket, path), json={})
        relative = _member(answer, "url")
        return SignedUpload(f"{self.base}{relative}", httpx.URL(f"http://x{relative}").params.get("token", ""))

    def public_url(self, bucket: str, path: str) -> str:
        """The address of an object in a public bucket."""
        return self._url("object/public", bucket, path)

    def _url(self, kind: str, bucket: str, path: str) -> str:
        return f"{self.base}/{kind}/{bucket}/{quote(path)}"

    def _check_set_up(self) -> None:
        if not self._set_up:
            raise StorageAwayError("SUPABASE_URL and SUPABASE_SECRET_KEY are not set")

    async def _call(
        self, method: str, url: str, *, json: object = None, content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        self._check_set_up()
        try:
            answer = await self._client.request(method, url, json=json, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise StorageAwayError(f"Storage is not reached: {type(error).__name__}") from error
        if answer.status_code != 200:
            raise StorageAwayError(f"Storage answered {answer.status_code} to {method}")
        return answer


def _member(answer: httpx.Response, name: str) -> str:
    """A text of a JSON answer. Raises StorageAwayError when it is not there."""
    try:
        value = answer.json()[name]
    except (ValueError, KeyError, TypeError) as error:
        raise StorageAwayError(f"Storage's answer has no {name}") from error
    return str(value)
