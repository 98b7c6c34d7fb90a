"""`python -m backinstride` is the command."""

from backinstride.cli import main

if __name__ == "__main__":
    main()
