"""Workers and the interleaved measurement of one network."""
import contextlib
import json
import math
import os
import signal
import statistics
import subprocess
import sys

from suite.native import HERE
from suite.runners import LIMITS
from suite.stats import Series

SLOW = 3.0  # a runner this many times slower than the fastest rests after the first rounds


class Worker:
    """A runner in its own process. It is stopped while others measure, so that no pool of its spins meanwhile."""

    def __init__(self, runner, network, threads, cpus, log):
        self.key, self.series = (runner, threads), Series()
        with open(log, "w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "suite.worker", runner, str(network.folder), str(threads),
                 ",".join(map(str, cpus))], cwd=HERE.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=stderr, text=True, bufsize=1)
        self.report = self.read()
        if self.alive:
            self.stop()

    @property
    def alive(self):
        return "failed" not in self.report

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            return {"failed": f"ended with {self.process.wait()}"}
        return json.loads(line)

    def stop(self):
        """Returns once every thread of the process stands still."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def start(self, seconds):
        self.process.send_signal(signal.SIGCONT)
        with contextlib.suppress(BrokenPipeError):  # it has died; reading says so
            self.process.stdin.write(json.dumps({"seconds": seconds}) + "\n")

    def finish(self):
        answer = self.read()
        if "failed" in answer:
            self.report = answer
        else:
            self.series.add(answer["ns"], answer["calls"])
            self.stop()
        return answer

    def burst(self, seconds):
        self.start(seconds)
        return self.finish()

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


def cpu_ticks(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def measure(network, runners, cpus, logs, rounds, seconds, say=lambda text: None):
    """Bursts of all runners in turn. `runners` lists (name, threads); the result maps them to a dict each."""
    workers = []
    try:
        for name, threads in runners:
            say(f"{network.name}: loading {name} {threads}")
            log = logs / f"{network.name}.{name}.{threads}.log"
            workers.append(Worker(name, network, threads, cpus[:threads], log))
        for turn in range(rounds):
            networks = [w for w in workers if w.key[0] not in LIMITS]
            fastest = min((w.series.minimum for w in networks if w.series.calls), default=0)
            for worker in workers:
                rests = turn >= 2 and worker in networks and worker.series.minimum > SLOW * fastest
                if worker.alive and not rests:
                    say(f"{network.name}: round {turn + 1} of {rounds}: {worker.key[0]} {worker.key[1]}")
                    others = {w: cpu_ticks(w.process.pid) for w in workers if w.alive and w is not worker}
                    worker.burst(seconds / rounds)
                    busy = [w.key for w, ticks in others.items() if cpu_ticks(w.process.pid) != ticks]
                    if busy:
                        raise RuntimeError(f"{busy} ran while {worker.key} was measured")
    finally:
        for worker in workers:
            worker.close()
    return {worker.key: worker.report | worker.series.summary() for worker in workers}


class Scaling:
    """How much faster two FMA loops are on two CPUs than one alone. A median call of a loop leaves out those in which
    another process had the CPU; the best of the run counts."""

    def __init__(self):
        self.alone, self.together = math.inf, [math.inf, math.inf]

    def measure(self, network, cpus, logs, seconds=0.1, tries=4):
        workers = [Worker("fma_peak", network, 1, [cpu], logs / "fma_scaling.log") for cpu in cpus[:2]]
        try:
            for _ in range(tries):
                for worker in workers:
                    self.alone = min(self.alone, statistics.median(worker.burst(seconds)["ns"]))
                for worker in workers:
                    worker.start(seconds)
                medians = [statistics.median(worker.finish()["ns"]) for worker in workers]
                self.together = list(map(min, self.together, medians))
        finally:
            for worker in workers:
                worker.close()

    def factor(self):
        return sum(self.alone / together for together in self.together)
