"""Every setting, read once from the environment (and `.env`). Nothing else reads `os.environ`.

What is unset falls back to the local stack: `state.json` (ports it chose) and `keys.json` (secrets it generated) below
PARLEY_HOME, so that `.venv/bin/parley …` works beside a running `make up` without any configuration.
"""

import base64
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints
from urllib.parse import urlsplit

import msgspec
from dotenv import dotenv_values

from app.errors import SetupError

PROJECT = Path(__file__).resolve().parent.parent
UNPREFIXED = {
    "database_url", "supabase_url", "supabase_key", "supabase_secret_key", "supabase_jwt_secret", "supabase_jwks_url",
    "anthropic_api_key",
    "anthropic_base_url", "pg_bin",
}  # fmt: skip
"""Fields whose environment variable has no PARLEY_ prefix: names that other tools know."""


Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
"""0: none, or any free one."""
Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process needs to know about where it runs. `.env.example` explains each; `env_name(field)` is its
    variable."""

    database_url: str = ""
    api_database_url: str = ""
    worker_database_url: str = ""
    shadow_database_url: str = ""
    ingress_database_url: str = ""
    realtime_database_url: str = ""
    api_password: str = ""
    worker_password: str = ""
    shadow_password: str = ""
    ingress_password: str = ""
    realtime_password: str = ""
    pg_bin: str = ""
    pg_port: Port = 54322
    supabase_port: Port = 54321
    supabase_url: str = ""
    supabase_key: str = ""
    supabase_secret_key: str = ""
    supabase_jwt_secret: str = ""
    supabase_jwks_url: str = ""
    anthropic_api_key: str = ""
    anthropic_base_url: str = ""
    anthropic_model: str = "claude-haiku-5-5"
    anthropic_insights_model: str = ""
    anthropic_assist_model: str = ""
    anthropic_usd_in: NotNegative = 0.0
    anthropic_usd_out: NotNegative = 0.0
    home: str = ""
    api_host: str = "127.0.0.1"
    api_port: Port = 8008
    functions_port: Port = 8009
    baileys_port: Port = 8010
    realtime_port: Port = 8011
    realtime_channels: Literal["any", "private"] = "any"
    realtime_source: Literal["auto", "replication", "notify", "poll"] = "auto"
    baileys_url: str = ""
    public_url: str = ""
    cors_origins: str = ""
    channel_modules: str = ""
    private_hosts: str = ""
    vapid_private_key: str = ""
    vapid_subject: str = "mailto:postmaster@parley.localhost"
    notification_url: str = "/inbox/{thread_id}"
    notification_icon: str = ""
    chat_url: str = "./#{thread_id}"
    chat_icon: str = ""
    telegram_url: str = "https://api.telegram.org"
    whatsapp_url: str = "https://graph.facebook.com"
    twilio_url: str = "https://api.twilio.com"
    fcm_url: str = "https://fcm.googleapis.com"
    fcm_oauth_url: str = "https://oauth2.googleapis.com/token"
    apns_url: str = "https://api.push.apple.com"
    apns_sandbox_url: str = "https://api.sandbox.push.apple.com"
    oauth_token_urls: str = ""
    resend_url: str = "https://api.resend.com"
    sparkpost_url: str = "https://api.sparkpost.com"
    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 2525
    lmtp_port: Port = 0
    catcher_port: Port = 2526
    smtp_url: str = ""
    inbound_domain: str = "parley.localhost"
    max_mail_bytes: Positive = 26_214_400
    max_attachment_bytes: Positive = 10_485_760
    clamd_address: str = ""
    decider: Literal["auto", "rules", "anthropic"] = "auto"
    shadow_decider: str = ""
    decider_deadline_s: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    secrets_keys: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    metrics_port: Port = 0
    poll_interval_ms: Positive = 500
    pool_size: Positive = 4

    @property
    def home_dir(self) -> Path:
        """The folder of the local stack's data, keys, logs and caught mail."""
        return Path(self.home)

    def oauth_urls(self) -> frozenset[str]:
        """Token servers the operator allows beside the known providers'."""
        return frozenset(one.strip() for one in self.oauth_token_urls.split(",") if one.strip())

    def secret_keys(self) -> list[str]:
        """The Fernet keys of `secrets_keys`, newest first: the first encrypts, all decrypt."""
        return [key.strip() for key in self.secrets_keys.split(",") if key.strip()]

    def function_url(self, name: str, path: str) -> str | None:
        """Where the internet reaches an edge function; None where nobody said how it reaches us."""
        return f"{self.public_url.rstrip('/')}/functions/v1/{name}/{path}" if self.public_url else None

    def private_host_names(self) -> list[str]:
        """Hosts that are not public and may be talked to all the same."""
        return [name.strip() for name in self.private_hosts.split(",") if name.strip()]

    def functions_place(self, provider_url: str) -> str:
        """Where a provider reaches the edge functions: the public address; for one on this machine, the port they
        listen on here. Empty when it cannot."""
        if self.public_url or urlsplit(provider_url).hostname not in ("127.0.0.1", "localhost"):
            return self.public_url.rstrip("/")
        return f"http://127.0.0.1:{self.functions_port}"

    def channel_module_names(self) -> list[str]:
        """Modules with adapters that are not part of this tree."""
        return [name.strip() for name in self.channel_modules.split(",") if name.strip()]


PORTS = ("api_port", "supabase_port", "functions_port", "baileys_port", "smtp_port", "catcher_port", "pg_port")
"""Fields the local stack may have had to choose anew, because the port was occupied."""

SECRET_FIELDS = {
    "database_url", "api_database_url", "worker_database_url", "shadow_database_url", "ingress_database_url",
    "realtime_database_url", "realtime_password",
    "api_password", "worker_password", "shadow_password", "ingress_password", "supabase_key", "supabase_secret_key",
    "supabase_jwt_secret",
    "anthropic_api_key", "smtp_url", "secrets_keys", "vapid_private_key",
}  # fmt: skip


def env_name(field: str) -> str:
    """The environment variable of a field: `api_port` → `PARLEY_API_PORT`, `database_url` → `DATABASE_URL`."""
    return field.upper() if field in UNPREFIXED else f"PARLEY_{field.upper()}"


def load(environment: Mapping[str, str] | None = None, *, local_stack: bool = True) -> Settings:
    """Read the settings. Raises SetupError naming the variable whose value cannot be read.

    `environment` replaces the process's environment and `.env` together (for tests). An empty value counts as unset.
    `local_stack=False` leaves out what the local stack would add: only what was asked for, and defaults.
    """
    if environment is None:
        file = {name: value for name, value in dotenv_values(PROJECT / ".env").items() if value is not None}
        environment = {**file, **os.environ}
    given: dict[str, Any] = {}
    hints = get_type_hints(Settings, include_extras=True)
    for field in Settings.__struct_fields__:
        text = environment.get(env_name(field), "").strip()
        if text:
            given[field] = _convert(field, text, hints[field])
    given["home"] = str(Path(given.get("home") or PROJECT / ".parley").expanduser().absolute())
    settings = Settings(**given)
    if not local_stack:
        return settings
    home = settings.home_dir
    return fill_in(settings, read_json(home / "state.json"), read_json(home / "keys.json"))


def to_environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, for a child process: it then depends on no file."""
    values = ((env_name(field), getattr(settings, field)) for field in Settings.__struct_fields__)
    return {name: str(value) for name, value in values if value != ""}


def process_environment() -> dict[str, str]:
    """A copy of this process's environment, to be handed on to a child."""
    return dict(os.environ)


def take_environment(given: Mapping[str, str]) -> None:
    """Have `given`, and nothing else, for this process's environment: for a forked child, before it reads any."""
    os.environ.clear()
    os.environ.update(given)


def _convert(field: str, text: str, hint: Any) -> Any:
    if field.endswith("database_url"):
        _check_database_url(field, text)
    if field == "cors_origins":
        _check_origins(field, text)
    if field == "public_url":
        _check_public_url(field, text)
    if field == "shadow_decider" and not re.fullmatch(r"rules|anthropic(:[\w.-]+){0,2}", text):
        raise SetupError(
            f"{env_name(field)}={text}: expected rules or anthropic, perhaps with a model and a prompt",
            remedy="e.g. anthropic:claude-haiku-5-5:decide.v2",
        )
    if field == "secrets_keys":
        _check_fernet_keys(field, text)
    try:
        value = msgspec.convert(text, hint, strict=False)
        if isinstance(value, float) and not math.isfinite(value):
            raise msgspec.ValidationError
    except msgspec.ValidationError as error:
        shown = "" if field in SECRET_FIELDS else f"={text}"
        expected = f"expected {_expected(hint, text)}, e.g. {default(field)}"
        raise SetupError(f"{env_name(field)}{shown}: {expected}", remedy="see .env.example") from error
    return value


def _expected(hint: Any, text: str) -> str:
    """What a value of this type looks like, in words."""
    if hint is Port and text.lstrip("-").isdigit():
        return "a port from 0 to 65535"
    if hint is Port or isinstance(hint, type):
        return "a number"
    choices = [choice for choice in get_args(hint) if isinstance(choice, str) and choice]
    return f"one of {', '.join(choices)}" if choices else "a number above 0"


def _check_database_url(field: str, text: str) -> None:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(text)
    except ProgrammingError:  # its text may hold the password
        raise SetupError(
            f"{env_name(field)} is no Postgres URL", remedy="postgresql://user:password@host:5432/database"
        ) from None


def _check_origins(field: str, text: str) -> None:
    for origin in filter(None, (part.strip().rstrip("/") for part in text.split(","))):
        if origin != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s?#@]+", origin):
            raise SetupError(f"{env_name(field)}: {origin} is no web origin", remedy="e.g. https://app.example.com")


def _check_public_url(field: str, text: str) -> None:
    # Mail programs unsubscribe over https only, and a path would be in the way of /functions/v1.
    if not re.fullmatch(r"https://[a-z0-9.-]+(:[0-9]+)?/?", text):
        raise SetupError(f"{env_name(field)}: expected https:// and a host", remedy="e.g. https://<ref>.supabase.co")


def _check_fernet_keys(field: str, text: str) -> None:
    for key in filter(None, map(str.strip, text.split(","))):
        try:
            size = len(base64.urlsafe_b64decode(key))
        except ValueError:
            size = 0
        if size != 32:
            raise SetupError(
                f"{env_name(field)}: expected Fernet keys, 32 bytes in base64 each, e.g. from"
                ' `python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"`'
            )


def fill_in(settings: Settings, state: Mapping[str, Any], keys: Mapping[str, Any]) -> Settings:
    """`settings` with what is still unset taken from the local stack: its `state` (ports) and `keys` (secrets)."""
    found: dict[str, Any] = {}
    moved = state.get("moved") or {}
    for field in PORTS:
        # A port that was asked for and occupied stands for the one the running stack took instead.
        if getattr(settings, field) in (default(field), moved.get(field)) and isinstance(state.get(field), int):
            found[field] = state[field]
    base = settings.database_url or state.get("external_database_url") or ""
    if not base and keys.get("pg_password"):
        base = _url("postgres", keys["pg_password"], "127.0.0.1", found.get("pg_port", settings.pg_port), "postgres")
    unset: dict[str, Any] = {
        "database_url": base,
        "supabase_key": keys.get("anon_key"),
        "supabase_secret_key": keys.get("secret_key") or keys.get("service_key"),
        "supabase_jwt_secret": None if settings.supabase_jwks_url else keys.get("jwt_secret"),
        "secrets_keys": keys.get("secrets_key"),
        "vapid_private_key": keys.get("vapid_private_key"),
    }
    for role in ("api", "worker", "shadow", "ingress", "realtime"):
        password = getattr(settings, f"{role}_password") or keys.get(f"{role}_password") or ""
        unset[f"{role}_password"] = password
        if base and password:
            unset[f"{role}_database_url"] = as_role(base, f"parley_{role}", password)
    if state and "surface" not in (state.get("missing") or ()):
        # Beside the secret, not in its place: users' tokens are ES256, those of `parley token` HS256, and each is
        # checked by its own algorithm. Whoever names a JWKS URL himself gets no secret that he did not name.
        port = found.get("supabase_port", settings.supabase_port)
        unset["supabase_jwks_url"] = f"http://127.0.0.1:{port}/auth/v1/.well-known/jwks.json"
    if state:
        unset["smtp_url"] = f"smtp://127.0.0.1:{found.get('catcher_port', settings.catcher_port)}?tls=none"
        unset["supabase_url"] = f"http://127.0.0.1:{found.get('supabase_port', settings.supabase_port)}"
    found.update({field: value for field, value in unset.items() if value and not getattr(settings, field)})
    return msgspec.structs.replace(settings, **found)


def default(field: str) -> Any:
    """The default of a field."""
    fields = Settings.__struct_fields__
    return Settings.__struct_defaults__[fields.index(field) - len(fields)]


def _url(user: str, password: str, host: str, port: int, database: str) -> str:
    from urllib.parse import quote

    return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}/{database}"


def as_role(database_url: str, role: str, password: str) -> str:
    """`database_url` with another login.

    Supabase's pooler names users `role.project`; the project part is carried over. Accepts a URL or a `key=value`
    string.
    """
    from urllib.parse import quote, urlsplit, urlunsplit

    if "://" not in database_url:
        return f"{database_url} user={role} password={password}"
    parts = urlsplit(database_url)
    project = (parts.username or "").partition(".")[2]
    login = f"{role}.{project}" if project else role
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(login, safe='')}:{quote(password, safe='')}@{place}"))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, or an empty one when the file is missing, unreadable or half-written."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
