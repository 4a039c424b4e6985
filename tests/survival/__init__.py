"""What survives: a dead engine, a hang, a full disk, a quiet year. Programs to be run by hand, and a short form of each as a test."""
