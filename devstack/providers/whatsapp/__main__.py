"""`python -m devstack.providers.whatsapp [--port N]`: a Cloud API on 127.0.0.1 that reaches nobody.

The first line on standard output is JSON: {"url", "pid"}. Orders go to `/control`.
"""

from devstack.providers.process import run
from devstack.providers.whatsapp.server import WhatsApp

if __name__ == "__main__":
    run("whatsapp", __doc__, WhatsApp)
