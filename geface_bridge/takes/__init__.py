"""Results in files: rows as CSV and JSON lines, written whole or not at all."""

from geface_bridge.takes.atomic import atomic_text as atomic_text
from geface_bridge.takes.rows import CsvWriter as CsvWriter
from geface_bridge.takes.rows import JsonWriter as JsonWriter
from geface_bridge.takes.rows import Row as Row
