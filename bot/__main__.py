"""`python -m bot` is `nightporter`."""

from bot.cli import main

if __name__ == "__main__":
    main()
