#!/usr/bin/env python
"""The portal's command line."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command; see `manage.py help`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
