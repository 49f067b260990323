"""The command line: one file per subcommand, each of which parses, calls the campaign, and says what to show.

Nothing in this package imports anything heavy at module level, so that ``polyloop --help`` answers at once.
"""
