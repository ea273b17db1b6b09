"""Attempts on paths of others. They are kept for the tenant whose they are before they are answered.

Which paths those are is the database's to say: `private.log_denied_path()` of the storage chapter. Only Parley's own
buckets are asked about, so a project without its schema has nothing to log.
"""

import json
import logging

import psycopg
from psycopg_pool import PoolTimeout

from devstack.surface.storage import errors
from devstack.surface.storage.requests import Request
from devstack.surface.storage.room import Room

OURS = ("parley-attachments", "parley-public")
REFUSED = ("AccessDenied", "NoSuchKey")
"""Codes with which an object is refused: what may not be seen is answered as what is not there."""
LOG = "select private.log_denied_path(%s::jsonb, %s, %s, %s)"
logger = logging.getLogger(__name__)


async def keep(room: Room, request: Request) -> None:
    """Log the paths that were refused. Raises StorageError, 503, when that cannot be done: denied and logged, or not
    answered."""
    paths = [(bucket, name) for bucket, name in request.refused if bucket in OURS]
    if not paths or not request.is_known or request.caller.role == "service_role":
        return
    claims = json.dumps(request.caller.claims)
    try:
        async with room.pool.connection() as connection, connection.transaction():
            for bucket, name in paths:
                await connection.execute(LOG, [claims, bucket, name, request.operation])
    except (psycopg.Error, PoolTimeout) as error:
        logger.warning("storage: a denial could not be logged: %s", type(error).__name__)
        raise errors.StorageError(503, "ServiceUnavailable", "Try again later", http=503) from error


async def judge(room: Room, request: Request, problem: errors.StorageError) -> errors.StorageError:
    """What the client is told of a problem, once it is logged if it has to be."""
    if problem.code in REFUSED and request.operation.startswith("storage.object."):
        request.refused = request.named or [(request.bucket, request.name)]
    else:
        request.refused = []
    try:
        await keep(room, request)
    except errors.StorageError as unlogged:
        return unlogged
    return problem
