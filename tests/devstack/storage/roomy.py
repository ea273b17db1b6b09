"""The surface with a file size limit of its own: `python -m tests.devstack.storage.roomy BYTES`."""

import sys

import uvicorn

from app.settings import load, read_json
from devstack.surface.context import make_context
from devstack.surface.main import HOST, Surface
from devstack.surface.storage.main import Storage

if __name__ == "__main__":
    settings = load()
    context = make_context(settings, read_json(settings.home_dir / "keys.json"))
    surface = Surface({"/storage/v1": Storage(context, file_size_limit=int(sys.argv[1]))})
    uvicorn.run(surface, host=HOST, port=settings.supabase_port, log_level="warning", access_log=False)
