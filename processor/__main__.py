"""`python -m processor` is `gardener`."""

from processor.cli import main

if __name__ == "__main__":
    main()
