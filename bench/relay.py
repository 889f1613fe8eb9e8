"""
Two ranks on two nodes of this machine whose messages take their time: two network namespaces, joined by a relay that holds
every frame. Needs Linux, root, the commands ip, unshare and nsenter, and Open MPI:

  python3 bench/relay.py 0.0005 node bench/overlap.mjs 256,512 100

Arguments: seconds that a frame is held; the program of the ranks and its arguments. All of it is gone when that has ended.
"""
import array
import fcntl
import heapq
import os
import random
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time


def relay(first, second, hold, loss):
    """Sends what comes from one interface to the other one, later; a share is lost. At its end it tells how many frames."""
    chance = random.Random(1)
    counts = {"held": 0, "lost": 0}

    def end(*_):
        print(f"{counts['held']} frames, {counts['lost']} lost", flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    sockets = []
    for name in (first, second):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        wire.bind((name, 0))
        wire.setblocking(False)
        sockets.append(wire)
    held, count = [], 0
    while True:
        while held and held[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(held)
            try:
                out.send(frame)
            except OSError:  # No room on the way, where a network drops it as well.
                counts["lost"] += 1
        wait = max(0, held[0][0] - time.monotonic()) if held else None
        for wire in select.select(sockets, [], [], wait)[0]:
            while True:
                try:
                    frame, address = wire.recvfrom(65600)
                except BlockingIOError:
                    break
                if address[2] == socket.PACKET_OUTGOING:
                    continue
                count += 1
                if chance.random() < loss:
                    counts["lost"] += 1
                    continue
                counts["held"] += 1
                heapq.heappush(held, (time.monotonic() + hold, count, sockets[sockets[0] is wire], frame))


def complete(name):
    """Has the kernel put checksums into frames, and cut them itself: nothing behind the relay does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        for setting in (0x17, 0x1F, 0x24):  # checksums, segments of TCP, segments of any kind
            value = array.array("B", struct.pack("II", setting, 0))
            fcntl.ioctl(end.fileno(), 0x8946, struct.pack("16sP", name.encode(), value.buffer_info()[0]))


def main():
    hold, program = sys.argv[1], sys.argv[2:]
    started = [subprocess.Popen(["unshare", "-n", "sleep", "3600"]) for _ in range(3)]
    a, b, middle = (process.pid for process in started)
    time.sleep(0.5)
    inside = lambda pid, *words: ["nsenter", f"--net=/proc/{pid}/ns/net", *words]
    run = lambda pid, *words: subprocess.run(inside(pid, *words), check=True)
    agent = tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False)
    try:
        for pid in (a, b, middle):
            run(pid, "ip", "link", "set", "lo", "up")
        for node, pid in enumerate((a, b), 1):
            run(middle, "ip", "link", "add", f"relay{node}", "type", "veth", "peer", "name", f"node{node}")
            run(middle, "ip", "link", "set", f"node{node}", "netns", str(pid))
            run(pid, "ip", "addr", "add", f"10.9.0.{node}/24", "dev", f"node{node}")
            run(pid, "ip", "link", "set", f"node{node}", "up")
            run(middle, "ip", "link", "set", f"relay{node}", "up")
            run(pid, sys.executable, __file__, "--complete", f"node{node}")
        words = ["--relay", "relay1", "relay2", hold, "0"]
        started.append(subprocess.Popen(inside(middle, sys.executable, __file__, *words)))
        with agent:
            agent.write(f'#!/bin/sh\nshift\nexec nsenter --net=/proc/{b}/ns/net sh -c "$*"\n')
        os.chmod(agent.name, stat.S_IRWXU)
        settings = {
            **{"plm": "rsh", "plm_rsh_agent": agent.name, "plm_rsh_no_tree_spawn": "1", "pml": "ob1", "btl": "self,tcp"},
            **{"btl_tcp_if_include": "10.9.0.0/24", "oob_tcp_if_include": "10.9.0.0/24"},
        }
        words = [word for name, value in settings.items() for word in ("--mca", name, value)]
        launcher = ["mpiexec.openmpi", "--allow-run-as-root", "--bind-to", "none", *words]
        sys.exit(subprocess.run(inside(a, *launcher, "--host", "10.9.0.1:1,10.9.0.2:1", "-n", "2", *program)).returncode)
    finally:
        os.unlink(agent.name)
        for process in started:
            process.kill()


if len(sys.argv) < 3 or not (sys.argv[1].startswith("--") or sys.argv[1].replace(".", "", 1).isdigit()):
    got = " ".join(sys.argv[1:]) or "nothing"
    sys.exit(f"relay: expected seconds and a program, got {got}. Write 0.0005 node bench/overlap.mjs 256 20, for example.")
elif sys.argv[1] == "--relay":
    relay(sys.argv[2], sys.argv[3], float(sys.argv[4]), float(sys.argv[5]))
elif sys.argv[1] == "--complete":
    complete(sys.argv[2])
else:
    main()
