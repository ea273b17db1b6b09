"""The edge functions of `supabase/functions` on this machine: one Deno process at the paths hosted Supabase has.

`python -m devstack.functions` becomes that process. Their libraries come from `supabase/functions/deno.lock`;
`make setup` fetches them once, and nothing is fetched while they run.
"""

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

from app.settings import PROJECT, Settings, load, process_environment, to_environment

SERVER = Path(__file__).with_suffix(".ts")
FUNCTIONS = PROJECT / "supabase" / "functions"
CACHE = PROJECT / ".venv" / "deno"
"""Where Deno keeps what it fetched and compiled."""


OURS = ("PARLEY_", "SUPABASE_", "ANTHROPIC_", "DATABASE_URL")
READ = {
    "PARLEY_INGRESS_DATABASE_URL", "PARLEY_SECRETS_KEYS", "PARLEY_PUBLIC_URL", "PARLEY_POOL_SIZE", "SUPABASE_URL",
    "PARLEY_FUNCTIONS_PORT",
}  # fmt: skip
"""What `supabase/functions/_shared/settings.ts` reads, and the port."""


def deno() -> str | None:
    """The path of the Deno binary: the one installed with the stack, else one on the PATH; None without either."""
    if importlib.util.find_spec("deno") is not None:
        from deno import find_deno_bin

        return str(find_deno_bin())
    return shutil.which("deno")


def environment(settings: Settings | None = None) -> dict[str, str]:
    """What Deno sees: its cache beside the packages, and of `settings` what the functions read; no other password."""
    plain = {name: value for name, value in process_environment().items() if not name.startswith(OURS)}
    told = to_environment(settings) if settings else {}
    return {
        **plain, **{name: value for name, value in told.items() if name in READ},
        "DENO_DIR": str(CACHE), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1",
    }  # fmt: skip


def can_run() -> bool:
    """Whether Deno and the functions' libraries are there. Fetches nothing."""
    lock = json.loads((FUNCTIONS / "deno.lock").read_text())
    packages = (name.rpartition("@") for name in lock.get("npm", {}))
    fetched = all(any(CACHE.glob(f"npm/*/{package}/{version}")) for package, _, version in packages)
    return fetched and deno() is not None


def command(binary: str) -> list[str]:
    """The process: it may reach the network and read its settings and its own source, and nothing else."""
    return [
        binary, "run", "--cached-only", "--frozen", "--no-prompt", f"--config={FUNCTIONS / 'deno.json'}", "--allow-net",
        "--allow-env", f"--allow-read={FUNCTIONS}", str(SERVER), "devstack.functions",
    ]  # fmt: skip


def main() -> None:
    """Become the Deno process."""
    binary = deno()
    if binary is None:
        sys.exit("error: Deno is not installed — run `make setup`")
    os.execve(binary, command(binary), environment(load()))  # noqa: S606 - no shell


if __name__ == "__main__":
    main()
