"""`performer bench`: what a musician can rely on, measured from outside: the show in processes of its own, the measuring in this one."""
