"""`python -m devstack.providers.sms [--port N]`: an SMS provider on 127.0.0.1 that reaches nobody.

The first line on standard output is JSON: {"url", "pid"}. Orders go to `/control`.
"""

from devstack.providers.process import run
from devstack.providers.sms.server import Sms

if __name__ == "__main__":
    run("sms", __doc__, Sms)
