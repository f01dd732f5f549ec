"""Statistics of bursts and of whole runs; needs nothing but Python."""
import math
import statistics

TOLERANCE = 1e-3  # a runner whose outputs differ by more, unless it says otherwise, is shown but not counted


class Series:
    """Times of one runner, merged from bursts that each sent evenly spaced order statistics."""

    def __init__(self):
        self.bursts, self.calls = [], 0

    def add(self, nanoseconds, calls):
        self.bursts.append((nanoseconds, calls))
        self.calls += calls

    @property
    def minimum(self):
        return min(min(times) for times, _ in self.bursts) if self.bursts else math.inf

    def median(self):
        """Each sample stands for calls / samples of its burst."""
        weighted = sorted((time, calls / len(times)) for times, calls in self.bursts for time in times)
        seen = 0.0
        for time, weight in weighted:
            seen += weight
            if 2 * seen >= self.calls:
                return time
        return math.inf

    def summary(self):
        if not self.bursts:
            return {"calls": 0}
        return {"calls": self.calls, "min_ms": self.minimum / 1e6, "median_ms": self.median() / 1e6}


def counted(result):
    """Whether a runner's result takes part in comparisons."""
    return "failed" not in result and result.get("calls", 0) > 0 and result.get("error", math.inf) <= result.get("tolerance", TOLERANCE)


def fastest(results, names, threads=None):
    """(name, threads) of the fastest counted result among `names`, or None."""
    keys = [key for key, result in results.items()
            if key[0] in names and (threads is None or key[1] == threads) and counted(result)]
    return min(keys, key=lambda key: results[key]["min_ms"], default=None)


def geometric_mean(values):
    values = list(values)
    return statistics.geometric_mean(values) if values else None
