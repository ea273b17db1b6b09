"""The `parley` command.

Every file in `app/commands` is one command: its name is the file's (`_` becomes `-`), its one-line help the first
line of the file's docstring, and the click command itself the object `command` in it. Nothing is imported before it
is called.
"""

import ast
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from app.errors import ParleyError

COMMANDS = Path(__file__).parent / "commands"


class LazyGroup(click.Group):
    """A group whose commands are files, imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        """The names of the files."""
        stems = (path.stem for path in COMMANDS.glob("*.py") if not path.stem.startswith("_"))
        return sorted(stem.replace("_", "-") for stem in stems)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command called `cmd_name`, or None when there is no such file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"app.commands.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, read from the files' docstrings without importing them."""
        rows = [(name, first_line(COMMANDS / f"{name.replace('-', '_')}.py")) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown name is answered with the nearest known one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f"Did you mean `parley {near[0]}`?" if near else "`parley --help` lists what there is."
            raise click.UsageError(f"{error.message} {hint}", ctx) from error


def first_line(path: Path) -> str:
    """The first line of a file's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `parley up`, then `parley demo`. Every command explains itself: `parley COMMAND --help`.",
)
@click.version_option(package_name="parley", prog_name="parley")
def group() -> None:
    """Parley: a message comes in, the right reply goes out.

    Commands read their settings from the environment and `.env`; beside a running `make up` they need none.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line. Errors are one line on stderr: exit 2 for wrong usage, 130 when interrupted, else 1."""
    try:
        result = group.main(args=arguments, prog_name="parley", standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        fail(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except ParleyError as error:
        fail(str(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception as error:
        _database_error(error)
        raise
    sys.exit(result if isinstance(result, int) else 0)


def _database_error(error: Exception) -> None:
    """Answer a database error in one line; return for any other."""
    psycopg = sys.modules.get("psycopg")
    if psycopg is None or not isinstance(error, psycopg.Error):
        return
    from app.errors import Unavailable, from_postgres

    known = from_postgres(error)
    if isinstance(known, Unavailable) and error.sqlstate is None:
        fail("the database does not answer — start it with `parley up`, or check DATABASE_URL")
    if type(known) is not ParleyError:
        fail(str(known))


def fail(text: str) -> None:
    """Print `error: text` and leave with exit code 1."""
    click.echo(f"error: {text}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
