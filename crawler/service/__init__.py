"""What runs for months: the clock, the dispatcher of planned runs, the keeper of their processes, the worker in each.

The truth is in the database; nothing here imports a reactor, except the worker, in a process of its own.
"""
