"""An import in a process of its own, which a test can kill."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Import a file by a profile with so many lines a batch, and print how many lines were recorded before."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "wingtel.settings"
    import django  # noqa: PLC0415 - settings read DATABASE_URL

    django.setup()
    from wingtel.imports import profiles  # noqa: PLC0415 - needs Django set up
    from wingtel.imports.service import ImportOptions, import_feed  # noqa: PLC0415 - needs Django set up

    path, batch_lines = Path(sys.argv[1]), int(sys.argv[2])
    options = ImportOptions(create_subscriptions=True, batch_lines=batch_lines)
    summary = import_feed(
        path, profiles.find("wingtel"), options, on_progress=lambda done, counts: print(counts.lines, flush=True)
    )
    print("done", summary.lines, summary.accepted, summary.rejected, flush=True)


if __name__ == "__main__":
    main()
