"""Read models: who asked what, what did the bot say, with which model, where is the file.

A projection is a table and the SQL that each kind of event does to it. Rows hold what is plain
in the events, and what is personal as the very bytes that stand in the log: so a table made anew
is the same to the byte, and what a destroyed key has closed is closed here too.
"""
