"""`python -m devstack.providers.mail [--port N]`: Resend's and SparkPost's API on 127.0.0.1, which reach nobody.

The first line on standard output is JSON: {"url", "pid"}. Orders go to `/control`.
"""

import argparse

from devstack.providers.mail.server import MailProviders
from devstack.providers.process import run


def main() -> None:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m devstack.providers.mail", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seed", type=int, default=0, help="of the faults that strike by chance")
    asked = parser.parse_args()
    run(MailProviders(seed=asked.seed).serving, asked.port)


if __name__ == "__main__":
    main()
