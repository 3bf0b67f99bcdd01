"""Reading again: today's readers over recordings and kept seed files, without a network.

`units` says what there is to read, `comparing` reads one unit in a process of its own and holds it against the
database, `report` adds up, `running` does it all and corrects rows where it is asked to.
"""
