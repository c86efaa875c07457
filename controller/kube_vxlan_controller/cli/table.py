"""I/O. A table on a terminal."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text


def table_text(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows as wide as the terminal is; nothing in them is taken for markup."""
    table = Table(title=Text(title, "bold") if title else None, title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    for column in columns:
        table.add_column(column.upper(), header_style="dim", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console()
    with console.capture() as captured:
        console.print(table)
    return captured.get()
