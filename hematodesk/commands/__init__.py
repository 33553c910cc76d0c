"""The commands of the command line, a file each group: options in, an exit code out.

Each imports what it needs when it runs, so that none waits for another's libraries.
"""
