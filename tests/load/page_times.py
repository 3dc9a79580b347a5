"""Look at a page at a steady rate, in a process that does nothing else; print how long each took.

`page_times.py ADDRESS COOKIE SECONDS RATE`; the seconds are printed as JSON. In the process that
disturbs the site a page would wait for that process's own threads.
"""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

address, cookie, seconds, rate = sys.argv[1:]
began = time.monotonic()


def look(due: float) -> float:
    """Return how long a page took, from when it was due."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=40)
    connection.request("GET", "/members/", headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != http.client.OK:
        raise SystemExit(f"status {answer.status}")
    return time.monotonic() - began - due


with ThreadPoolExecutor(100) as people:
    looks = []
    for number in range(int(float(seconds) * int(rate))):
        due = number / int(rate)
        time.sleep(max(0.0, began + due - time.monotonic()))
        looks.append(people.submit(look, due))
print(json.dumps([each.result() for each in looks]))  # noqa: T201 # the answer
