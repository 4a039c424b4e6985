"""`python -m performer` is the command `performer`."""

from performer.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
