"""Errors as Supabase Storage has them: what it means stands in the body, the HTTP status is 400 for nearly all."""

from typing import Any

import psycopg

DENIED = "new row violates row-level security policy"


class StorageError(Exception):
    """No success: `status` is what the body says, `code` is for programs, `error` for older ones."""

    def __init__(self, status: int, code: str, message: str, *, error: str = "", http: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.error = error or code
        self.http = 500 if status == 500 else http

    def body(self) -> dict[str, Any]:
        """The body."""
        return {"statusCode": str(self.status), "code": self.code, "error": self.error, "message": self.message}


class Unsupported(Exception):
    """A feature the local surface refuses by name."""

    def __init__(self, feature: str) -> None:
        super().__init__(feature)
        self.feature = feature


def no_such_bucket() -> StorageError:
    """404: there is none, or the caller may not know of it."""
    return StorageError(404, "NoSuchBucket", "Bucket not found", error="Bucket not found")


def no_such_key() -> StorageError:
    """404: there is no such object, or the caller may not know of it."""
    return StorageError(404, "NoSuchKey", "Object not found", error="not_found")


def duplicate(code: str = "KeyAlreadyExists") -> StorageError:
    """409: the name is taken."""
    return StorageError(409, code, "The resource already exists", error="Duplicate")


def not_empty() -> StorageError:
    """409: a bucket must be empty before it goes."""
    return StorageError(409, "ResourceNotEmpty", "The bucket you tried to delete is not empty")


def denied(message: str = DENIED) -> StorageError:
    """403: a policy refuses."""
    return StorageError(403, "AccessDenied", message, error="Unauthorized")


def too_large(entity: str = "object") -> StorageError:
    """413: more bytes than the bucket or the project takes."""
    return StorageError(413, "EntityTooLarge", f"The {entity} exceeded the maximum allowed size",
                        error="Payload too large")  # fmt: skip


def invalid_mime_type(name: str) -> StorageError:
    """415: the bucket does not take this type, or it is none."""
    return StorageError(415, "InvalidMimeType", f"mime type {name} is not supported", error="invalid_mime_type")


def invalid_key(key: str) -> StorageError:
    """400: no object can be called so."""
    return StorageError(400, "InvalidKey", f"Invalid key: {key[:200]}")


def invalid_bucket_name() -> StorageError:
    """400: no bucket can be called so."""
    return StorageError(400, "InvalidBucketName", "Bucket name invalid", error="Invalid Input")


def invalid_token(message: str) -> StorageError:
    """400: the token of a signed URL is expired, damaged, or not ours."""
    return StorageError(400, "InvalidJWT", message)


def invalid_signature() -> StorageError:
    """400: the token is good, but for something else."""
    return StorageError(400, "InvalidSignature", "Invalid signature")


def invalid_request(message: str) -> StorageError:
    """400: a body, parameter or header is missing or wrong."""
    return StorageError(400, "InvalidRequest", message, error="Error")


def of_database(error: psycopg.Error) -> StorageError:
    """What the database's refusal is for the client."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        text = str(error.diag.message_primary or "")
        return denied(DENIED if "row-level security" in text else text)
    if isinstance(error, psycopg.errors.UniqueViolation):
        return duplicate()
    if isinstance(error, psycopg.errors.ForeignKeyViolation):
        return StorageError(404, "InvalidRequest", "The related resource does not exist")
    if isinstance(error, psycopg.errors.QueryCanceled):
        return StorageError(544, "DatabaseTimeout", "The connection to the database timed out", http=544)
    return StorageError(500, "DatabaseError", f"database error, code: {error.sqlstate}")
