"""`python -m portal.server` serves until a signal arrives."""

from portal.server.supervisor import main

if __name__ == "__main__":
    main()
