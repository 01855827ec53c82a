"""The seed's three strategies, as its document has them, for the contest to ask for.

Reads lines: first one JSON object with the ports, the deadline in milliseconds, the 25 packets in hex and the bytes of a
receive buffer; then "STRATEGY WORKERS FANOUTS" again and again, and answers each with a line: slots answered, seconds of
processor time, and the microseconds of every fan-out.
"""

import asyncio
import concurrent.futures
import json
import resource
import select
import socket
import sys
import time

setting = json.loads(sys.stdin.readline())
ports = setting["ports"]
packets = [bytes.fromhex(packet) for packet in setting["packets"]]
timeout_ms = setting["deadline_ms"]
receive_buffer = setting["receive_buffer"]
host = "127.0.0.1"


def new_socket():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    return sock


def send_udp_request(raida_id):
    with new_socket() as sock:
        sock.settimeout(timeout_ms / 1000.0)
        sock.sendto(packets[raida_id], (host, ports[raida_id]))
        return sock.recvfrom(4096)[0]


def send_to_all_raida(max_workers):
    results = [None] * 25

    def send_one(raida_id):
        try:
            return (raida_id, send_udp_request(raida_id), None)
        except Exception as e:
            return (raida_id, None, e)

    with concurrent.futures.ThreadPoolExecutor(max_workers=max_workers) as executor:
        futures = [executor.submit(send_one, i) for i in range(25)]
        for future in concurrent.futures.as_completed(futures):
            raida_id, response, error = future.result()
            results[raida_id] = (response, error)
    return results


class Exchange(asyncio.DatagramProtocol):
    def __init__(self, packet, answer):
        self.packet = packet
        self.answer = answer

    def connection_made(self, transport):
        transport.sendto(self.packet)

    def datagram_received(self, data, address):
        if not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, error):
        if not self.answer.done():
            self.answer.set_exception(error)


async def send_udp_async(raida_id):
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Exchange(packets[raida_id], answer), remote_addr=(host, ports[raida_id])
    )
    try:
        return await answer
    finally:
        transport.close()


async def send_to_all_raida_async():
    async def send_one(raida_id):
        try:
            response = await asyncio.wait_for(send_udp_async(raida_id), timeout=timeout_ms / 1000.0)
            return (raida_id, response, None)
        except Exception as e:
            return (raida_id, None, e)

    return [answer[1:] for answer in await asyncio.gather(*[send_one(i) for i in range(25)])]


def send_to_all_raida_select():
    sockets = {}
    for raida_id in range(25):
        sock = new_socket()
        sock.setblocking(False)
        sock.sendto(packets[raida_id], (host, ports[raida_id]))
        sockets[sock] = raida_id

    results = [None] * 25
    deadline = time.time() + (timeout_ms / 1000.0)
    while sockets and time.time() < deadline:
        remaining = deadline - time.time()
        readable, _, _ = select.select(list(sockets.keys()), [], [], remaining)
        for sock in readable:
            raida_id = sockets.pop(sock)
            try:
                response, _ = sock.recvfrom(4096)
                results[raida_id] = (response, None)
            except Exception as e:
                results[raida_id] = (None, e)
            sock.close()

    for sock, raida_id in sockets.items():
        results[raida_id] = (None, TimeoutError("No response"))
        sock.close()
    return results


def timed(ask, fanouts):
    latencies, answered = [], 0
    for _ in range(fanouts):
        began = time.perf_counter()
        results = ask()
        latencies.append(1e6 * (time.perf_counter() - began))
        answered += sum(1 for response, error in results if error is None)
    return latencies, answered


async def timed_async(fanouts):
    latencies, answered = [], 0
    for _ in range(fanouts):
        began = time.perf_counter()
        results = await send_to_all_raida_async()
        latencies.append(1e6 * (time.perf_counter() - began))
        answered += sum(1 for response, error in results if error is None)
    return latencies, answered


for line in sys.stdin:
    strategy, workers, fanouts = line.split()
    before = resource.getrusage(resource.RUSAGE_SELF)
    if strategy == "threads":
        latencies, answered = timed(lambda: send_to_all_raida(int(workers)), int(fanouts))
    elif strategy == "select":
        latencies, answered = timed(send_to_all_raida_select, int(fanouts))
    else:
        latencies, answered = asyncio.run(timed_async(int(fanouts)))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(answered, cpu, *(f"{latency:.1f}" for latency in latencies), flush=True)
