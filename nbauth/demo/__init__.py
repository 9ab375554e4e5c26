"""`nbauth demo`: an AWS of one's own to sign in to, on this machine, gone when it is stopped.

Nothing here imports the rest of nbauth, and only the command line starts it: what the demo shows is what a user gets.
"""
