"""The command line: arguments, commands, their output. One module a command."""
