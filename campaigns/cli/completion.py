"""``polyloop completion``: the script with which a shell completes commands, options and names."""

from __future__ import annotations

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import COMPLETE

SHELLS = ("bash", "zsh", "fish")


@options.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), help="Which shell.")
@click.pass_context
def completion(context: click.Context, shell: str) -> Answer:
    """Print the script for completion in a shell.

    With it the Tab key completes commands, options, their values, and the properties and rounds of a campaign. A new shell
    reads it from the place where bash, zsh or fish looks for completions:

    \b
    bash  ~/.local/share/bash-completion/completions/polyloop
    zsh   a file _polyloop in a folder of fpath
    fish  ~/.config/fish/completions/polyloop.fish

    \b
    Example:
      polyloop completion bash > ~/.local/share/bash-completion/completions/polyloop
    """
    from click.shell_completion import get_completion_class

    of_shell = get_completion_class(shell)
    assert of_shell is not None  # every one of SHELLS has a class
    script = of_shell(context.find_root().command, {}, "polyloop", COMPLETE).source()
    return Answer(
        {"shell": shell, "script": script},
        lambda console: click.echo(script),
    )
