"""One runner in a process of its own: python -m suite.worker RUNNER FOLDER THREADS CPU[,CPU]

Pins itself, loads the network and answers lines of JSON on standard input by lines on standard output: first what it
loaded, then the times of one burst for each {"seconds": S}.
"""
import ctypes
import json
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>


def python_burst(call, seconds, clock=time.perf_counter_ns):
    times, start = [], clock()
    end = start + int(seconds * 1e9)
    while True:
        call()
        now = clock()
        times.append(now - start)
        if now >= end:
            return times
        start = clock()


class Bursts:
    """Bursts of one runner, through the C loop where it can be called from C."""

    def __init__(self, runner):
        from suite.native import Timer
        self.runner = runner
        self.timer = Timer() if hasattr(runner, "entry") else None

    def __call__(self, seconds):
        if self.timer:
            return self.timer.burst(self.runner.entry, self.runner.argument, seconds)
        return python_burst(self.runner.call, seconds)


def load(kind, network, threads):
    """The runner with the fastest of the forms that it can read."""
    if not kind.FORMS:
        return None, Bursts(kind(network, None, threads))
    problems, loaded = [], []
    models = network.models(kind.FORMS)
    for model in models:
        try:
            bursts = Bursts(kind(network, model, threads))
            bursts(0.0)
            loaded.append((min(bursts(0.3)) if len(models) > 1 else 0, model.name, bursts))
        except Exception as problem:
            problems.append(f"{model.name}: {problem}")
    if not loaded:
        raise RuntimeError("; ".join(problems) or "no form of the network")
    return min(loaded, key=lambda entry: entry[0])[1:]


def thin(times, count=512):
    """Evenly spaced order statistics: enough for a median, few enough for a pipe."""
    times = sorted(int(t) for t in times)
    return [times[i * (len(times) - 1) // (count - 1)] for i in range(count)] if len(times) > count else times


def main():
    name, folder, threads, cpus = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a stopped process would outlive a killed parent
    os.sched_setaffinity(0, {int(cpu) for cpu in cpus.split(",")})
    # Libraries print to standard output; the answers go elsewhere.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    from suite.network import Network
    from suite.runners import RUNNERS
    from suite.stats import TOLERANCE
    try:
        network = Network(folder)
        form, bursts = load(RUNNERS[name], network, int(threads))
        bursts(0.0)
        report = {"form": form}
        if hasattr(bursts.runner, "outputs"):
            report["error"] = network.error(bursts.runner.outputs())
            report["tolerance"] = getattr(bursts.runner, "TOLERANCE", TOLERANCE)
        if hasattr(bursts.runner, "empty"):
            bursts.runner.empty()
            report["empty_call_ns"] = int(min(python_burst(bursts.runner.empty, 0.02)))
    except Exception as problem:
        print(json.dumps({"failed": f"{type(problem).__name__}: {problem}"[:500]}), file=answers)
        return
    print(json.dumps(report), file=answers)
    for line in sys.stdin:
        seconds = json.loads(line)["seconds"]
        bursts(0.0)  # the caches belong to the previous runner
        times = bursts(seconds)
        print(json.dumps({"calls": len(times), "ns": thin(times)}), file=answers)


if __name__ == "__main__":
    main()
