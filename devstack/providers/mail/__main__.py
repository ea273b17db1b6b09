"""`python -m devstack.providers.mail [--port N]`: Resend's and SparkPost's API on 127.0.0.1, which reach nobody.

The first line on standard output is JSON: {"url", "pid"}. Orders go to `/control`.
"""

from devstack.providers.mail.server import MailProviders
from devstack.providers.process import run

if __name__ == "__main__":
    run("mail", __doc__, MailProviders)
