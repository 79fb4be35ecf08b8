"""
Peer: a Python node of the plain UDP chat, as WIRE 25 has it, for tests to meet on real sockets.

    peer.py HOST:PORT TTL [NEIGHBOUR ...]

Lines of its input are said: `text` to everyone, `@HOST:PORT text` to one. It prints a JSON value for
each thing that happens to it: {"here"}, {"shown", "src"}, {"dropped"}.
"""

import json
import select
import socket
import sys
import time
import uuid

SEEN_S = 120
PING_S = 10
FIELDS = {"mid": str, "ts": (int, float), "ttl": int, "kind": str, "src": str, "dst": str, "body": str}


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def tell(**what):
    print(json.dumps(what), flush=True)


class Peer:
    def __init__(self, name, ttl, neighbours):
        self.name = name
        self.ttl = ttl
        self.neighbours = [address(text) for text in neighbours]
        self.seen = {}
        self.ping_at = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(address(name))

    def run(self):
        tell(here=self.name)
        while True:
            ready, _, _ = select.select([self.socket, sys.stdin], [], [], 1)
            if self.socket in ready:
                self.hear(*self.socket.recvfrom(65535))
            if sys.stdin in ready:
                line = sys.stdin.readline()
                if line == "":
                    return
                self.type(line.strip())
            self.keep_up(time.time())

    def type(self, line):
        dst, body = line[1:].split(" ", 1) if line.startswith("@") else ("", line)
        self.say("CHAT", self.ttl, dst, body)

    def say(self, kind, ttl, dst, body):
        mid = str(uuid.uuid4())
        self.seen[mid] = time.time()
        message = [mid, time.time(), ttl, kind, self.name, dst, body]
        self.send(dict(zip(FIELDS, message)), None)

    def send(self, message, sender):
        datagram = json.dumps(message, separators=(",", ":")).encode("utf-8")
        for neighbour in self.neighbours:
            if neighbour != sender:
                self.socket.sendto(datagram, neighbour)

    def hear(self, datagram, sender):
        try:
            message = self.read(datagram)
        except ValueError as why:
            return tell(dropped=str(why))
        if message["mid"] in self.seen or message["ttl"] == 0:
            return
        self.seen[message["mid"]] = time.time()
        if message["kind"] == "CHAT" and message["dst"] in ("", self.name):
            tell(shown=message["body"], src=message["src"])
        self.send({**message, "ttl": message["ttl"] - 1}, sender)

    def read(self, datagram):
        read = json.loads(datagram.decode("utf-8"))
        if not isinstance(read, dict):
            raise ValueError("not an object")
        for field, kind in FIELDS.items():
            if not isinstance(read.get(field), kind):
                raise ValueError(field)
        if read["ts"] < 0 or read["ttl"] < 0 or read["kind"] not in ("CHAT", "PING"):
            raise ValueError("out of range")
        return {field: read[field] for field in FIELDS}

    def keep_up(self, now):
        self.seen = {mid: at for mid, at in self.seen.items() if now - at <= SEEN_S}
        if now >= self.ping_at:
            self.ping_at = now + PING_S
            self.say("PING", 4, "", "")


Peer(sys.argv[1], int(sys.argv[2]), sys.argv[3:]).run()
