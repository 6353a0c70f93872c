"""`wingtel completion`: print the script by which a shell completes commands and options."""

import click
from click.shell_completion import get_completion_class

from wingtel.cli.output import say
from wingtel.cli.parameters import examples

SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog=examples(
        "completion bash > ~/.local/share/bash-completion/completions/wingtel",
        'completion zsh > "${fpath[1]}/_wingtel"',
        "completion fish > ~/.config/fish/completions/wingtel.fish",
    )
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print the completion script of SHELL: bash, zsh or fish."""
    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"no completion for {shell}")
    say(script(ctx.find_root().command, {}, "wingtel", "_WINGTEL_COMPLETE").source())
