"""`python -m ensuite.cli`."""

from ensuite.cli import main

if __name__ == "__main__":
    main()
