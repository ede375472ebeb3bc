"""A TCP proxy that delays, cuts into pieces and stalls what the server sends."""

from __future__ import annotations

import asyncio
import threading


class Proxy:
    """Between a client and ``port``; runs in a thread of its own.

    Attributes:
        port: where clients connect.

    Args:
        port: of the server.
        delay_s: each way.
        chunk: bytes written at once.
    """

    def __init__(self, port: int, delay_s: float = 0.0, chunk: int = 65536) -> None:
        self.port = 0
        self._target, self._delay_s, self._chunk = port, delay_s, chunk
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)

    def stall(self, stalled: bool) -> None:
        """Let nothing through, or everything again."""
        self._loop.call_soon_threadsafe(self._open.clear if stalled else self._open.set)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end, self._open = asyncio.Event(), asyncio.Event()
        self._open.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._pump(reader, upstream[1]), self._pump(upstream[0], writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(4096):
                await self._open.wait()
                if self._delay_s:
                    await asyncio.sleep(self._delay_s / 8)
                for start in range(0, len(data), self._chunk):
                    writer.write(data[start : start + self._chunk])
                    await writer.drain()
        except OSError:
            pass  # either side is gone; so is the other
        finally:
            writer.close()
