"""A real browser, driven over the WebDriver protocol: Chromium without a window, if it is installed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import requests

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# no window, no graphics card, and no connection of the browser's own to anywhere
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-quic"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1400,1000"),
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # key of an element in answers (W3C WebDriver, section 12.2)
ATTEMPTS = 5  # the driver picks a port by chance and ends if it is taken meanwhile
# Nothing may lie over an element; the script fails if something does for longer than a script may take.
HIT = """
const element = arguments[0];
element.scrollIntoView({block: "center", behavior: "instant"});
return new Promise(done => {
    const look = () => {
        const place = element.getClientRects()[0];
        const hit = document.elementFromPoint(place.x + place.width / 2, place.y + place.height / 2);
        if (!element.contains(hit)) return requestAnimationFrame(look);
        element.click();
        done();
    };
    look();
});
"""
STILL = 0.05  # seconds; an element that stays where it is for so long is not moving
PATIENCE = 60.0  # seconds that one command may take on a busy machine
APPEARS = 20_000  # milliseconds for which an element is looked for: a page goes on building itself when it is loaded


def program():
    """The installed browser, or None; its driver has to be there too."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return found if found and shutil.which("chromedriver") else None


class Browser:
    """A session of the browser, with an empty profile; use it in a `with` statement."""

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()  # only now that all is well; a failed start cleans up after itself
        return self

    def _start(self, stack):
        profile = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        port = self._start_driver(stack)
        self._driver = stack.enter_context(requests.Session())
        self._driver.trust_env = False  # no proxy between this process and the driver
        self._session = f"http://127.0.0.1:{port}/session"
        chrome = {"binary": program(), "args": [*OPTIONS, f"--user-data-dir={profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": chrome, "goog:loggingPrefs": {"browser": "ALL"}}
        wanted["timeouts"] = {"implicit": APPEARS}
        answer = self._post("", capabilities={"alwaysMatch": wanted})
        self._session += f"/{answer['sessionId']}"
        stack.callback(self._close)  # before the driver is killed, which would leave the browser behind

    def _start_driver(self, stack):
        """Start the driver, which ends when the stack does; its port."""
        for _ in range(ATTEMPTS):
            driver = subprocess.Popen(
                ["chromedriver", "--port=0"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            stack.callback(self._end, driver)
            for line in driver.stdout:
                if found := re.search(r"successfully on port (\d+)", line):
                    return int(found[1])
        raise RuntimeError(f"chromedriver does not start (tried {ATTEMPTS} times)")

    def __exit__(self, *_):
        self._stack.close()

    @staticmethod
    def _end(driver):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()
        driver.stdout.close()

    def _close(self):
        self._send("DELETE", "")

    def _post(self, command, **body):
        return self._send("POST", command, json=body)

    def _send(self, method, command, **content):
        answer = self._driver.request(method, self._session + command, timeout=PATIENCE, **content).json()["value"]
        assert not (isinstance(answer, dict) and "error" in answer), f"{answer['error']}: {answer['message']}"
        return answer

    def open(self, address):
        """Go to a page and wait until it is loaded."""
        self._post("/url", url=address)

    def run(self, script, *arguments):
        """Run JavaScript in the page; gives what it returns."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def find(self, path):
        """The first element that an XPath names, once there is one."""
        return self._post("/element", using="xpath", value=path)

    def click(self, path):
        """Click, as a mouse would, on the first element that an XPath names, once it has come to rest."""
        place, before = self._place(path), None
        while place != before:
            time.sleep(STILL)
            place, before = self._place(path), place
        self._post(f"/element/{self.find(path)[ELEMENT]}/click")

    def press(self, path):
        """Click by JavaScript on the first element that an XPath names, once a mouse in its middle would hit it."""
        self.run(HIT, self.find(path))

    def _place(self, path):
        script = "const r = arguments[0].getBoundingClientRect(); return [r.x, r.y, r.width, r.height]"
        return self.run(script, self.find(path))

    def type(self, path, text):
        """Type text into the first element that an XPath names, in place of what is there."""
        place = f"/element/{self.find(path)[ELEMENT]}"
        self._post(f"{place}/clear")
        self._post(f"{place}/value", text=text)

    def enter(self, path):
        """Go on inside a frame."""
        self._post("/frame", id=self.find(path))

    def leave(self):
        """Go back to the page around all frames."""
        self._post("/frame", id=None)

    def develop(self, command, **parameters):
        """A command of Chromium's own protocol for developers, as those that imitate a phone."""
        self._post("/goog/cdp/execute", cmd=command, params=parameters)

    def errors(self):
        """Errors that the console has shown since the last call."""
        return [entry["message"] for entry in self._post("/se/log", type="browser") if entry["level"] == "SEVERE"]

    def picture(self):
        """What is to be seen, as a PNG in base64."""
        return self._send("GET", "/screenshot")
