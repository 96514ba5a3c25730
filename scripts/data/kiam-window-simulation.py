#!/usr/bin/env python3
"""
Makes test/linters/kiam/window-oracle.json: what AWS SDKs do with the credentials that Kiam and kube2iam serve, found by simulating
both sides second by second instead of by arithmetic. The rule's arithmetic is tested against it.

    python3 scripts/data/kiam-window-simulation.py

The server follows pkg/aws/sts/cache.go: an answer is kept for `ttl`, a call after that asks STS, and once a minute a cleaner asks
again for roles in use. The SDKs follow their sources: aws-sdk-java EC2CredentialsFetcher (before 1.12.187), botocore
credentials.py before 1.25.0 and utils.py `_evaluate_expiration` from 1.25.0, aws-sdk-go ec2rolecreds (window of 5 minutes), aws-sdk-java-v2
issue 3142 (2.17.159 to .163) and InstanceProfileCredentialsProvider (from 2.17.164). One call a second for six hours.
"""
import json
import os
import random

MINUTE = 60
HORIZON = 6 * 3600


class Server:
    """Credentials of one role: `ttl` seconds are kept, each lives `duration` seconds. `ttl` <= 0 keeps for ever."""

    def __init__(self, duration, ttl, phase):
        self.duration, self.ttl = duration, ttl
        self.issue(-phase)

    def issue(self, now):
        self.expires = now + self.duration
        self.kept_until = now + self.ttl if self.ttl > 0 else float("inf")

    def clean(self, now):
        if now > self.kept_until:
            self.issue(now)

    def get(self, now):
        if now > self.kept_until:
            self.issue(now)
        return self.expires


class Storm:
    """Java v1 before 1.12.187, botocore before 1.25.0: asks on every call while less than `window` is left."""

    window = 15 * MINUTE

    def __init__(self, rng):
        self.expires = None

    def call(self, now, server):
        asks = self.expires is None or self.expires - now < self.window
        if asks:
            self.expires = server.get(now)
        return asks, self.expires < now


class ShortWindow(Storm):
    """Go v1."""

    window = 5 * MINUTE


class Extends:
    """botocore from 1.25.0: with up to 15 minutes plus a random 2 to 10 left it believes in 15 minutes plus that."""

    def __init__(self, rng):
        self.rng, self.believed, self.expires = rng, None, None

    def call(self, now, server):
        asks = self.believed is None or self.believed - now < 15 * MINUTE
        if asks:
            self.expires = self.believed = server.get(now)
            offset = 15 * MINUTE + self.rng.randint(120, 600)
            if now >= self.believed - offset:
                self.believed = now + offset
        return asks, self.expires < now


class RaisedWait:
    """Java v2 2.17.159 to 2.17.163: waits fifteen minutes at least."""

    def __init__(self, rng):
        self.expires, self.next = None, 0

    def call(self, now, server):
        asks = self.expires is None or now >= self.next
        if asks:
            self.expires = server.get(now)
            self.next = self.expires - 15 * MINUTE if self.expires - now > 15 * MINUTE else now + 15 * MINUTE
        return asks, self.expires < now


class Copes:
    """Java v2 from 2.17.164."""

    def __init__(self, rng):
        self.expires, self.next = None, 0

    def call(self, now, server):
        asks = self.expires is None or now >= self.next
        if asks:
            self.expires = server.get(now)
            left = self.expires - now
            wait = 30 * MINUTE if left > 60 * MINUTE else 10 * MINUTE if left > 15 * MINUTE else min(5 * MINUTE, left - 15) if left > 15 else 5 * MINUTE
            self.next = now + wait
        return asks, self.expires < now


SDKS = {"storm": Storm, "short-window": ShortWindow, "extends": Extends, "raised-wait": RaisedWait, "safe": Copes}
# Seeds vary the random part of botocore; the others have none. The pod's first call comes 137 s after the server's first answer.
SEEDS = {Extends: 100}
PHASE = 137


def run(sdk, duration, ttl, seed):
    rng = random.Random(seed)
    server = Server(duration, ttl, PHASE)
    client = sdk(rng)
    asked = expired = 0
    for now in range(HORIZON):
        if now % MINUTE == 0:
            server.clean(now)
        asks, dead = client.call(now, server)
        asked += asks
        expired += dead
        if expired and seed > 0:
            break
    return asked / HORIZON, expired


def configurations():
    for duration in (15, 16, 20, 25, 30, 45, 60):
        for refresh in (2, 4, 5, 6, 8, 9, 10, 11, 12, 14, 15, 16, 20, 26, 40):
            if duration - refresh > 1:
                yield "3.0", duration, refresh, duration - refresh
    for duration in (15, 20, 24, 25, 26, 30, 60):
        yield "2.7", duration, 5, 10
    yield "2.6", 15, 5, 10
    for ttl in (8, 12, 15, 20, 30):
        yield "kube2iam", 2 * ttl, ttl, ttl


rows = []
for generation, duration, refresh, ttl in configurations():
    verdicts = {}
    for name, sdk in SDKS.items():
        share, expired = run(sdk, duration * MINUTE, ttl * MINUTE, 0)
        seed = 1
        while not expired and seed < SEEDS.get(sdk, 1):
            expired = run(sdk, duration * MINUTE, ttl * MINUTE, seed)[1]
            seed += 1
        verdicts[name] = {"inlinePercent": round(100 * share, 1), "expired": expired > 0}
    rows.append({"generation": generation, "durationMin": duration, "refreshMin": refresh, "sdks": verdicts})

path = os.path.join(os.path.dirname(__file__), "../../test/linters/kiam/window-oracle.json")
with open(path, "w", encoding="utf8") as file:
    head = '{\n  "source": "scripts/data/kiam-window-simulation.py",\n  "rows": [\n'
    file.write(head + ",\n".join("    " + json.dumps(row) for row in rows) + "\n  ]\n}\n")
