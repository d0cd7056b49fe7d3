"""An installation whose days are simulated: real workers and beats, PostgreSQL, Redis and a mail
server, and one clock for all of them.

The processes run under libfaketime, which reads the difference to the real time from a file. The
database's clock is shifted by functions that stand before PostgreSQL's own in its search path. No
code of ours knows of it.
"""
