"""The bars that a run is held to; needs nothing but Python.

Every bar yields (subject, figure) pairs of the run and passes when all figures are within its limit.
"""
import dataclasses
import typing

from suite.stats import counted, fastest, geometric_mean

PEERS = ("onnxruntime", "openvino", "litert", "xla_jit", "xla_aot")
TINY = ("tiny_kws", "tiny_ic", "tiny_vww", "tiny_ww")
FIRST_LEVEL = 32 << 10  # weights that fit here are not streamed
FULL_SCALING = 1.9  # of two FMA loops against one, on a machine with two whole cores


@dataclasses.dataclass
class Bar:
    title: str
    limit: float
    goal: float
    figures: typing.Callable
    mean_goal: bool = False  # the goal is for the geometric mean
    at_least: bool = False

    def judge(self, run):
        figures = [(subject, figure) for subject, figure in self.figures(run) if figure is not None]
        limit = self.limit(run) if callable(self.limit) else self.limit
        within = (lambda figure, bound: figure >= bound) if self.at_least else (lambda figure, bound: figure <= bound)
        values = [figure for _, figure in figures]
        for_goal = [geometric_mean(values)] if self.mean_goal and values else values
        return {"title": self.title, "limit": limit, "goal": self.goal, "figures": figures,
                "at_least": self.at_least, "geometric_mean": geometric_mean(values),
                "worst": (min if self.at_least else max)(figures, key=lambda pair: pair[1], default=None),
                "missed": [subject for subject, figure in figures if not within(figure, limit)],
                "passes": all(within(figure, limit) for figure in values) if values else None,
                "reaches_goal": all(within(figure, self.goal) for figure in for_goal) if values else None}


def streams(network):
    """Whether a run reads each weight about once, so that memory bounds it."""
    work = network["work"]
    return work["weight_bytes"] > FIRST_LEVEL and work["flops"] <= work["weight_bytes"]


def ours(network, threads):
    result = network["results"].get(("aotc", threads))
    return result["min_ms"] if result and counted(result) else None


def best_peer(network, threads=None):
    key = fastest(network["results"], PEERS, threads)
    return network["results"][key]["min_ms"] if key else None


def quotient(left, right):
    return left / right if left is not None and right else None


def against_peers(threads, peer_threads, choose):
    """Our time over the best peer's on the networks that `choose` takes."""
    return lambda run: [(n["name"], quotient(ours(n, threads), best_peer(n, peer_threads)))
                        for n in run["networks"] if choose(n)]


def named(*names):
    return lambda network: network["name"] in names


def two_threads(run):
    return [(n["name"], quotient(ours(n, 2), ours(n, 1))) for n in run["networks"] if (ours(n, 1) or 0) > 1]


def two_threads_limit(run):
    scaling = run["machine"].get("fma_scaling", 2.0)
    return 0.6 if scaling >= FULL_SCALING else 1.15 / scaling


def streaming(run):
    for network in filter(streams, run["networks"]):
        limit = network["results"].get(("read_weights", 1), {})
        yield network["name"], quotient(ours(network, 1), limit.get("min_ms"))


def share_of_peak(run):
    """The whole network's time counts as its convolutions': the share is at least this."""
    for network in filter(named("resnet50"), run["networks"]):
        peak = network["results"].get(("fma_peak", 1), {}).get("min_ms")
        if peak and ours(network, 1):
            rate = network["work"]["convolution_flops"] / ours(network, 1)
            yield network["name"], rate / (run["machine"]["fma_flops"] / peak)


def compiled(choose, figure):
    return lambda run: [(n["name"], figure(n)) for n in run["networks"] if "compile" in n and choose(n)]


def every(network):
    return True


def arena_with_io(network):
    """The arena if it also held inputs and outputs, as the interpreter's does: inputs to the end, since callers may run
    again with them; an output from the last region on, which writes it, several all the time."""
    cost, outputs = network["compile"], network["output_bytes"]
    beside = cost["arena_last_bytes"] if network["outputs"] == 1 else cost["arena_bytes"]
    return network["input_bytes"] + max(cost["arena_bytes"], beside + outputs)


def over_tflite(network):
    return quotient(arena_with_io(network), network.get("tflite_arena_bytes"))


def compile_memory(network):
    return network["compile"]["peak_bytes"] / (3 * network["compile"]["model_bytes"] + (200 << 20))


BARS = [
    Bar("1 thread: time / best peer", 1.0, 0.8, against_peers(1, 1, lambda n: not streams(n)), mean_goal=True),
    Bar("2 threads: time / best peer at its best threads", 1.0, 0.75, against_peers(2, None, every), mean_goal=True),
    Bar("2 threads / 1 thread, networks over 1 ms", two_threads_limit, 0.52, two_threads),
    Bar("MLPerf Tiny networks: time / best peer", 0.7, 0.5, against_peers(1, 1, named(*TINY))),
    Bar("weight-streaming networks: time / reading the weights", 1.1, 1.0, streaming),
    Bar("weight-streaming networks: time / best peer", 1.03, 1.0, against_peers(1, 1, streams)),
    Bar("MobileNetV2: time / best peer", 0.8, 0.7, against_peers(1, 1, named("mobilenetv2"))),
    Bar("ResNet50: time / best peer", 0.85, 0.75, against_peers(1, 1, named("resnet50"))),
    Bar("ResNet50: share of the FMA peak", 0.95, 1.0, share_of_peak, at_least=True),
    Bar("arena / lower bound of the order", 1.05, 1.0, compiled(
        lambda n: n["compile"]["arena_bytes"],
        lambda n: n["compile"]["arena_bytes"] / n["compile"]["arena_lower_bound_bytes"])),
    Bar("arena with inputs and outputs / TFLite's", 1.0, 0.3, compiled(every, over_tflite)),
    Bar("MobileNetV2: arena, MB", 1.5, 0.8, compiled(
        named("mobilenetv2"), lambda n: n["compile"]["arena_bytes"] / 1e6)),
    Bar("tiny_kws: code, KiB", 24, 12, compiled(named("tiny_kws"), lambda n: n["compile"]["code_bytes"] / 1024)),
    Bar("MobileNetV2: compile, s", 10, 5, compiled(named("mobilenetv2"), lambda n: n["compile"]["seconds"])),
    Bar("ResNet50: compile, s", 20, 10, compiled(named("resnet50"), lambda n: n["compile"]["seconds"])),
    Bar("compile memory / (3 x model + 200 MiB)", 1.0, 0.5, compiled(named("mobilenetv2", "resnet50"), compile_memory)),
]


# Of runs with --int8.
INT8_PEERS = ("onnxruntime_int8", "openvino_int8", "litert_int8")
MEGABYTE = 1 << 20


def result_of(network, runner, threads):
    result = network["results"].get((runner, threads))
    return result["min_ms"] if result and counted(result) else None


def over_float(threads):
    return lambda run: [(n["name"], quotient(result_of(n, "aotc_int8", threads), result_of(n, "aotc", threads)))
                        for n in run["networks"]]


def over_int8_peers(threads):
    def figures(run):
        for network in run["networks"]:
            key = fastest(network["results"], INT8_PEERS, 1 if threads == 1 else None)
            best = network["results"][key]["min_ms"] if key else None
            yield network["name"], quotient(result_of(network, "aotc_int8", threads), best)
    return figures


def gain(run):
    """Float over 8 bits, one thread, the geometric mean."""
    ratios = [figure for _, figure in over_float(1)(run) if figure]
    yield "geometric mean", 1 / geometric_mean(ratios) if ratios else None


def gain_limit(run):
    return 3.0 if "avx512_vnni" in run["machine"]["flags"] or "avx_vnni" in run["machine"]["flags"] else 1.6


def size_share(large):
    """Arena and weights of --prefer=size over those of the float object, where the float weights exceed 1 MB or not."""
    total = lambda cost: cost["arena_bytes"] + cost["weights_bytes"]
    return lambda run: [(n["name"], total(n["int8_size"]) / total(n["size"])) for n in run["networks"]
                        if "size" in n and (n["size"]["weights_bytes"] > MEGABYTE) == large]


INT8_BARS = [
    Bar("1 thread: int8 / float", 1.0, 0.5, over_float(1)),
    Bar("2 threads: int8 / float", 1.0, 0.5, over_float(2)),
    Bar("1 thread: float / int8", gain_limit, 4.0, gain, at_least=True),
    Bar("1 thread: int8 / best int8 peer", 1.0, 0.8, over_int8_peers(1)),
    Bar("2 threads: int8 / best int8 peer at its best threads", 1.0, 0.8, over_int8_peers(2)),
    Bar("arena and weights / float, above 1 MB of weights", 0.27, 0.25, size_share(True)),
    Bar("arena and weights / float, below", 0.33, 0.25, size_share(False)),
]


def judge(run):
    return [bar.judge(run) for bar in (INT8_BARS if run.get("int8") else BARS)]
