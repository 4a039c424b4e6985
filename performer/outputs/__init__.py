"""What leaves. Only the scheduler's thread plays to an output, and nothing here waits or raises while a show runs."""
