"""python -m tests.notifications.travel.run MODULE ARGUMENTS: runs a module under libfaketime.

Python sleeps until an instant (clock_nanosleep with TIMER_ABSTIME), which libfaketime 0.9.10 takes
for one of the faked clock, and fails. So that sleeping waits for so many seconds instead.
"""

import runpy
import select
import sys
import time


def sleep(seconds: float) -> None:
    select.select([], [], [], max(0.0, seconds))


time.sleep = sleep
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
