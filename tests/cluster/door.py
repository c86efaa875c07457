"""I/O. The host's way in: a port on its loopback whose connections end at the API server inside.

Run as `python door.py DESCRIPTOR ADDRESS PORT` in the network namespace of the API server, with a listening socket of the
host's: a socket stays in the namespace in which it was made.
"""

import asyncio
import contextlib
import socket
import sys

_PIECE = 1 << 16


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what one side says until it has no more to say, and then that it has no more."""
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
    writer.write_eof()


async def main(descriptor: int, address: str, port: int) -> None:
    """Serve until the end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            inner_reader, inner_writer = await asyncio.open_connection(address, port)
            with contextlib.closing(inner_writer):
                try:
                    async with asyncio.TaskGroup() as both:
                        both.create_task(_pump(reader, inner_writer))
                        both.create_task(_pump(inner_reader, writer))
                except* OSError:
                    pass  # one side has left without a word, and must have left on the other as well

    async with await asyncio.start_server(serve, sock=socket.socket(fileno=descriptor)) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
