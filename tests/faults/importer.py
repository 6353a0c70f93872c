"""An import in a process of its own, which a test can kill."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Import the file in batches of so many lines, by the profile wingtel.

    Print after each batch how many lines were ingested so far, and the counts at the end.
    """
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
