"""Make `.venv` from `uv.lock` with nothing but Python 3.11+: what `make setup` runs.

Standard library only, and written so that an old Python can still say that it is too old. Safe to repeat: when nothing
changed it does nothing, and what an interrupted run left behind is finished or replaced.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import threading

UV = "uv==0.13.8"
OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
TOOLS = os.path.join(VENV, "bootstrap")
STAMP = os.path.join(VENV, ".parley-setup")
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")
"""Where Debian, Red Hat and SUSE keep the certificates a machine trusts."""
LIBRARY = os.path.join("clients", "js")
CHAT = os.path.join("examples", "chat")
DESK = "dashboard"
PACKAGES = (
    os.path.join("bridges", "whatsapp"),
    LIBRARY,
    CHAT,
    DESK,
    os.path.join("tests", "e2e"),
    os.path.join("tests", "browser"),
)
"""Folders with packages of npm: the WhatsApp bridge, the chat and its library, and what the tests use."""
BUILT_FROM = tuple(os.path.join(*parts) for parts in ((LIBRARY, "src"), (CHAT, "src"), (CHAT, "public"), (DESK, "src")))
"""What the chat and the desk are built from, beside their packages."""


def main():
    """Bring `.venv` up to date; print only when there is something to do or to say."""
    use_a_recent_python()
    folder = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # two runs at once would tread on each other
    wanted = wanted_stamp()
    found = read(STAMP)
    if found == wanted and os.access(os.path.join(VENV, "bin", "parley"), os.X_OK) and works():
        return
    say("setting up .venv from uv.lock with Python %d.%d" % sys.version_info[:2])
    # Scripts in a virtual environment name its path and its Python: one that moved is made anew.
    if os.path.lexists(VENV) and not (found[:2] in ([], wanted[:2]) and works()):
        discard()
    if not os.path.exists(VENV):
        create(VENV, with_pip=False)
    uv = install_uv()
    sync(uv)
    if not fetch_all():
        say("note: no npm registry: `make up` leaves edge functions, bridge or chat out; `make setup` tries again")
        return
    build_chat()
    with open(STAMP, "w") as stamp:
        stamp.write("\n".join(wanted) + "\n")
    if sys.platform != "linux" and not (os.environ.get("DATABASE_URL") or os.environ.get("PG_BIN")):
        system = platform.system()
        say("note: there is no embedded Postgres for %s: set DATABASE_URL or PG_BIN before `make up`" % system)
    say("ready: .venv/bin/parley --help")


def use_a_recent_python():
    """Continue under a Python that is recent enough, or say which one is missing."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        other = shutil.which("python3.%d" % minor)
        if other:
            os.execv(other, [other, *sys.argv])  # noqa: S606
    fail(
        "Python %d.%d is too old" % sys.version_info[:2],
        "install Python 3.11 or later, then `make setup PYTHON=/path/to/python3`",
    )


def wanted_stamp():
    """What a finished environment is marked with: its place, its Python, and everything it was made from."""
    digest = hashlib.sha256(UV.encode())
    locks = (
        os.path.join("supabase", "functions", "deno.lock"),
        *(os.path.join(folder, "package-lock.json") for folder in PACKAGES),
        *sources(),
    )
    for name in ("uv.lock", "pyproject.toml", *locks):
        if os.path.exists(os.path.join(ROOT, name)):
            with open(os.path.join(ROOT, name), "rb") as file:
                digest.update(file.read())
    return [VENV, "%d.%d" % sys.version_info[:2], digest.hexdigest()]


def works():
    """Whether the environment's Python starts and is of our version."""
    python = os.path.join(VENV, "bin", "python")
    code = "import sys; sys.exit(sys.version_info[:2] != (%d, %d))" % sys.version_info[:2]
    try:
        return subprocess.call([python, "-I", "-c", code], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def discard():
    """Remove a broken or foreign-made `.venv`; refuse when it does not look like one."""
    is_ours = os.path.isdir(VENV) and not os.path.islink(VENV)
    entries = set(os.listdir(VENV)) if is_ours else set()
    if not is_ours or not (not entries or entries & {"pyvenv.cfg", "bin", "bootstrap"}):
        fail(".venv is there but is no virtual environment", "move it away, then `make setup`")
    say("replacing an unfinished or outdated .venv")
    shutil.rmtree(VENV)


def create(place, with_pip):
    """Make a virtual environment, or name the package that is missing."""
    remedy = "install it (Debian, Ubuntu: `apt install python%d.%d-venv`), then `make setup`" % sys.version_info[:2]
    try:
        import ensurepip
        import venv
    except ImportError:
        fail("this Python lacks the venv module", remedy)
    try:
        venv.EnvBuilder(with_pip=with_pip, symlinks=True, clear=with_pip).create(place)
    except (OSError, subprocess.CalledProcessError) as error:
        fail("cannot create %s: %s" % (os.path.relpath(place, ROOT), error), "check space and rights; or " + remedy)


def install_uv():
    """The path of the pinned uv, installed beside the environment when missing."""
    uv = os.path.join(TOOLS, "bin", "uv")
    mark = os.path.join(TOOLS, "installed")
    if read(mark) == [UV] and os.access(uv, os.X_OK):
        return uv
    create(TOOLS, with_pip=True)
    pip = [os.path.join(TOOLS, "bin", "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--no-deps", "--only-binary=:all:", UV], "cannot fetch uv from the Python package index")
    with open(mark, "w") as file:
        file.write(UV + "\n")
    return uv


def sync(uv):
    """Install exactly what the lock file names."""
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME")}
    environment.update(UV_PROJECT_ENVIRONMENT=VENV, UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1")
    environment = trusting(environment)
    command = [uv, "sync", "--frozen", "--quiet", "--python", os.path.join(VENV, "bin", "python")]
    run(command, "cannot install what uv.lock names", environment)


def trusting(environment):
    """`environment`, in which uv, Deno and npm trust what this machine trusts, as pip does: behind a proxy the
    certificate is the machine's own. PIP_CERT, which people set for pip, counts for all of them."""
    made = dict(environment, UV_SYSTEM_CERTS=environment.get("UV_SYSTEM_CERTS", "true"))
    made.setdefault("DENO_TLS_CA_STORE", "mozilla,system")
    given = environment.get("PIP_CERT")
    if given:
        made.setdefault("SSL_CERT_FILE", given)
        made.setdefault("DENO_CERT", given)
    bundle = given or next(filter(os.path.exists, BUNDLES), None)
    if bundle:
        made.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    return made


def fetch_functions():
    """Fetch what the edge functions import, as their lock file names it; False when the registry cannot be reached."""
    functions = os.path.join(ROOT, "supabase", "functions")
    deno = os.path.join(VENV, "bin", "deno")
    if not os.path.isdir(functions) or not os.access(deno, os.X_OK):
        return True
    places = [os.path.join(functions, name, "handler.ts") for name in sorted(os.listdir(functions))]
    command = [deno, "install", "--frozen", "--quiet", "--entrypoint", *filter(os.path.exists, places)]
    environment = trusting({**os.environ, "DENO_DIR": os.path.join(VENV, "deno"), "DENO_NO_UPDATE_CHECK": "1"})
    done = subprocess.run(
        command, cwd=functions, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return done.returncode == 0


def fetch_all():
    """Fetch everything of the npm registry, the folders side by side: it is waiting rather than work."""
    results = []
    threads = [threading.Thread(target=lambda: results.append(fetch_functions()))]
    threads += [threading.Thread(target=lambda name=name: results.append(fetch_packages(name))) for name in PACKAGES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(results) == len(threads) and all(results)


def fetch_packages(name):
    """Fetch what the package in a folder imports, as its lock file names it; False when the registry cannot be reached.
    Without npm there is nothing to do: what needs it is left out."""
    folder = os.path.join(ROOT, name)
    npm = os.path.join(VENV, "bin", "npm")
    npm = npm if os.access(npm, os.X_OK) else shutil.which("npm")
    if not os.path.isdir(folder) or not npm:
        return True
    # No scripts: nothing that was fetched runs here. Peers are what the packages do without.
    command = [npm, "ci", "--ignore-scripts", "--omit=peer", "--no-audit", "--no-fund", "--loglevel=error"]
    environment = trusting({**os.environ, "PATH": os.path.dirname(npm) + os.pathsep + os.environ.get("PATH", "")})
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return done.returncode == 0


def sources():
    """The files the chat and the desk are built from, in order."""
    found = [os.path.join(folder, name) for folder in (CHAT, DESK) for name in ("index.html", "vite.config.ts")]
    for folder in BUILT_FROM:
        for place, folders, names in os.walk(os.path.join(ROOT, folder)):
            folders.sort()
            found += [os.path.relpath(os.path.join(place, name), ROOT) for name in sorted(names)]
    return found


def build_chat():
    """Build the client library, `examples/chat` and the desk, which `make up` serves; without Node, none of them."""
    tsc = os.path.join(ROOT, LIBRARY, "node_modules", "typescript", "bin", "tsc")
    vite = os.path.join(ROOT, CHAT, "node_modules", "vite", "bin", "vite.js")
    node = os.path.join(VENV, "bin", "node")
    node = node if os.access(node, os.X_OK) else shutil.which("node")
    if node and os.path.exists(tsc) and os.path.exists(vite):
        run([node, tsc, "-p", os.path.join(ROOT, LIBRARY, "tsconfig.build.json")], "cannot build clients/js")
        run([node, vite, "build", "--logLevel", "error", os.path.join(ROOT, CHAT)], "cannot build examples/chat")
    desk = os.path.join(ROOT, DESK, "node_modules", "vite", "bin", "vite.js")
    if node and os.path.exists(desk):
        run([node, desk, "build", "--logLevel", "error", os.path.join(ROOT, DESK)], "cannot build the dashboard")


def run(command, problem, environment=None):
    """Run a program; when it fails, show the end of what it said and stop."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if result.returncode:
        sys.stderr.write("\n".join(result.stdout.decode(errors="replace").strip().splitlines()[-8:]) + "\n")
        fail(problem, "check the network (PIP_INDEX_URL, UV_DEFAULT_INDEX for a mirror), then `make setup` again")


def read(path):
    """The lines of a file, none when it is missing."""
    try:
        with open(path) as file:
            return file.read().splitlines()
    except OSError:
        return []


def say(text):
    """Tell the person at the terminal."""
    print("setup: " + text, flush=True)


def fail(problem, remedy):
    """Stop with one line: what is wrong and what to do."""
    sys.exit("error: %s — %s" % (problem, remedy))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
