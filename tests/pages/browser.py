"""A headless Chromium for the tests: opens pages, measures them, and tells what they asked for.

Spoken to over a pair of pipes (the DevTools protocol), so it needs no port and no library.
"""

import itertools
import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--hide-scrollbars",  # as on a phone, where they take no width
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe"),  # no name is known
)
HANG_S = 600  # only ends a browser that hangs


def installed() -> str | None:
    """The browser's path, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One browser with one page, under a profile of its own.

    requests: the addresses that the page asked for, by number, those left out that its own policy
    stopped within the browser.
    """

    def __init__(self, profile: Path) -> None:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4; sh knows no descriptors above 9.
        command = [
            *("bash", "-c", f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}', installed()),
            *(*OPTIONS, f"--user-data-dir={profile}", "about:blank"),
        ]
        self.process = subprocess.Popen(
            command, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.reading, self.writing, self.pending = ours_in, ours_out, b""
        self.numbers, self.requests, self.session = itertools.count(1), {}, {}
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = {"sessionId": attached["sessionId"]}
        self.ask("Page.enable")
        self.ask("Network.enable")

    def ask(self, method: str, **parameters) -> dict:
        """Send a command and wait for its answer."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters, **self.session}
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        while (answer := self.receive()).get("id") != number:
            pass
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def receive(self) -> dict:
        """The next answer or event; requests are kept on the way."""
        while b"\0" not in self.pending:
            ready, _, _ = select.select([self.reading], [], [], HANG_S)
            assert ready, "the browser hangs"
            more = os.read(self.reading, 2**16)
            assert more, "the browser is gone"
            self.pending += more
        text, _, self.pending = self.pending.partition(b"\0")
        message = json.loads(text)
        about = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests[about["requestId"]] = about["request"]["url"]
        elif about.get("blockedReason") == "csp":
            self.requests.pop(about["requestId"], None)
        return message

    def open(self, page: Path, width: int) -> None:
        """Show a page in a window of this width, until all that it asks for is there or failed."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            **{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
        )
        self.requests.clear()
        self.ask("Page.navigate", url=page.resolve().as_uri())
        while self.receive().get("method") != "Page.loadEventFired":
            pass

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives on the page."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def asked(self) -> list[str]:
        """The addresses that the page asked for outside of itself: files' and the network's."""
        return [address for address in self.requests.values() if not address.startswith("data:")]

    def close(self) -> None:
        """End the browser."""
        self.process.kill()
        self.process.wait()
        os.close(self.reading)
        os.close(self.writing)
