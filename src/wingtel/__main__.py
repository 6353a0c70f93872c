"""The `wingtel` command as `python -m wingtel`."""

from wingtel.cli.main import main

if __name__ == "__main__":
    main()
