"""Buckets and files, as Supabase Storage has them: rows in the schema `storage`, bytes below `.parley/storage`.

errors.py     what goes wrong, in hosted's words        requests.py   reading a request
names.py      what may be called how                    incoming.py   the file in it
rows.py       the database, under the caller's role     files.py      the bytes on disk
buckets.py  uploads.py  downloads.py  objects.py  listing.py          what can be asked
signing.py    signed URLs                               main.py       which path leads where
"""

from devstack.surface.asgi import ASGIApp
from devstack.surface.context import Context
from devstack.surface.storage.main import Storage


def app(context: Context) -> ASGIApp:
    """The ASGI application below `/storage/v1`."""
    return Storage(context)
