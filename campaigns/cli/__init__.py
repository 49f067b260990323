"""The command line: one file per subcommand, each of which parses, calls the campaign, and says what to show.

What every command has is in :mod:`campaigns.cli.options`, what is around all of them in :mod:`campaigns.cli.program`, and what
each answers with ``--json`` in :mod:`campaigns.cli.schemas`.

Nothing in this package imports anything heavy at module level, so that ``polyloop --help`` answers at once.
"""
