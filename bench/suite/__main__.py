"""Times compiled networks beside their peers; see docs/performance.md.

usage: bench/run.sh [--int8] [--quick] [--all] [--threads 1|2] [NETWORK...]
"""
import argparse
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys

from suite import bars, output
from suite.aotc import QUANTIZE, compile_network
from suite.chart import chart
from suite.native import CACHE, HERE, ROOT
from suite.network import Network
from suite.runners import INT8_PEERS, PEERS
from suite.serial import to_json
from suite.session import Scaling, measure

MODELS = pathlib.Path(os.environ.get("AOTC_MODELS", ROOT.parent / "shared/models"))
SHARED = ("mlp", "tiny_kws", "tiny_ic", "tiny_vww", "tiny_ad", "tiny_ww")  # taken from MODELS when there
GENERATED = ("lstm", "mobilenetv2", "mobilenetv3_small", "efficientnet_b0", "resnet50", "densenet121", "bert_small",
             "bert_base")
INT8 = ("tiny_kws", "tiny_ic", "tiny_vww", "tiny_ad", "mobilenetv2", "resnet50", "mlp", "bert_small")
CONTROL_FLOW = ("lstm", "ntm_while", "crnn_ctc")
WIDTH = 78  # of the line that shows the progress
RESULTS = ROOT / "build/bench"


def others():
    """Further networks in MODELS that aotc can import."""
    names = sorted(path.parent.name for path in MODELS.glob("*/model.pb"))
    return [name for name in names if name not in (*SHARED, *GENERATED, *CONTROL_FLOW)]


def module(name, *arguments, log):
    with open(log, "w") as stderr:
        return subprocess.run([sys.executable, "-m", f"suite.{name}", *map(str, arguments)], cwd=HERE.parent,
                              stdout=subprocess.PIPE, stderr=stderr, text=True, check=True).stdout


def prepared(name, say):
    """The network's folder in the cache, made anew where its source changed."""
    folder, source = CACHE / name, MODELS / name
    from_source = name not in GENERATED and (source / "model.pb").exists()
    stale = from_source and (folder / "model.pb").exists() and (
        (folder / "model.pb").read_bytes() != (source / "model.pb").read_bytes())
    if stale or not (folder / "io.json").exists():
        say(f"{name}: making the network and its forms")
        module("prepare", name, folder, *([source] if from_source else []), log=RESULTS / f"{name}.prepare.log")
    return Network(folder)


def build_xla(network, say):
    if not network.work["convolution_flops"] and not (network.folder / "model.xla.so").exists():
        say(f"{network.name}: compiling with XLA")
        try:
            module("xla_aot", network.folder, log=RESULTS / f"{network.name}.xla_aot.build.log")
        except subprocess.CalledProcessError:
            pass  # the runner will report that it has no form of the network


def entry(network, options, cpus, say):
    """Everything about one network."""
    result = {"name": network.name, "work": network.work, "input_bytes": network.input_bytes,
              "output_bytes": network.output_bytes, "outputs": len(network.outputs), "results": {}}
    try:
        say(f"{network.name}: compiling")
        result["compile"] = compile_network(network)
        build_xla(network, say)
        result["tflite_arena_bytes"] = int(module("tflite_arena", network.folder / "model.tflite",
                                                  log=RESULTS / f"{network.name}.tflite_arena.log"))
    except (RuntimeError, subprocess.CalledProcessError) as problem:
        say(f"{network.name}: {problem}")
    peers = [name for name in PEERS if name != "xla_aot" or not network.work["convolution_flops"]]
    runners = [(name, threads) for threads in options.threads for name in ("aotc", *peers)
               if name != "xla_aot" or threads == 1]
    runners += [("fma_peak", 1)] + [("read_weights", 1)] * bars.streams(result)
    rounds, seconds = (4, 0.4) if options.quick else (10, 2.0)
    result["results"] = measure(network, runners, cpus, RESULTS, rounds, seconds, say)
    return result


def int8_entry(network, options, cpus, say):
    """The same of 8 bits beside our own float, and the sizes of small objects."""
    result = {"name": network.name, "work": network.work, "results": {}}
    if not (network.folder / "calibration.npy").exists():
        say(f"{network.name}: quantizing for the peers")
        module("int8", network.folder, log=RESULTS / f"{network.name}.int8.log")
    try:
        say(f"{network.name}: compiling")
        result["compile"] = compile_network(network)
        result["int8_compile"] = compile_network(network, "aotc_int8", QUANTIZE)
        result["size"] = compile_network(network, "aotc_size", ["--prefer=size"])
        result["int8_size"] = compile_network(network, "aotc_int8_size", [*QUANTIZE, "--prefer=size"])
    except (RuntimeError, subprocess.CalledProcessError) as problem:
        say(f"{network.name}: {problem}")
    runners = [(name, threads) for threads in options.threads for name in ("aotc", "aotc_int8", *INT8_PEERS)]
    rounds, seconds = (4, 0.4) if options.quick else (10, 2.0)
    result["results"] = measure(network, runners, cpus, RESULTS, rounds, seconds, say)
    return result


def main():
    parser = argparse.ArgumentParser(prog="bench/run.sh")
    parser.add_argument("networks", nargs="*", help="default: the suite's networks")
    parser.add_argument("--int8", action="store_true", help="8 bits, beside our own float")
    parser.add_argument("--quick", action="store_true", help="few short bursts")
    parser.add_argument("--all", action="store_true", help="also every other network in ../shared/models")
    parser.add_argument("--threads", type=int, choices=(1, 2), action="append", help="default: 1 and 2")
    options = parser.parse_args()
    cpus = sorted(os.sched_getaffinity(0), reverse=True)
    options.threads = [t for t in options.threads or (1, 2) if t <= len(cpus)]
    names = options.networks or [*(INT8 if options.int8 else (*SHARED, *GENERATED))] + (others() if options.all else [])
    RESULTS.mkdir(parents=True, exist_ok=True)

    def say(text):
        if sys.stderr.isatty():
            print(f"\r{text[:WIDTH]:{WIDTH}}", end="", file=sys.stderr, flush=True)

    say("measuring the machine")
    run = {"machine": json.loads(module("machine", cpus[0], log=RESULTS / "machine.log")),
           "versions": {kind.PACKAGE: importlib.metadata.version(kind.PACKAGE) for kind in PEERS.values()},
           "load": {"before": os.getloadavg()[0]}, "networks": [], "int8": options.int8}
    scaling = Scaling()
    for name in names:
        try:
            network = prepared(name, say)
        except (OSError, subprocess.CalledProcessError) as problem:
            say("")
            print(f"{name}: cannot be made: {problem}", file=sys.stderr)
            continue
        if len(cpus) > 1:
            scaling.measure(network, cpus, RESULTS)
            run["machine"]["fma_scaling"] = scaling.factor()
        run["networks"].append((int8_entry if options.int8 else entry)(network, options, cpus, say))
    say("")
    run["load"]["after"] = os.getloadavg()[0]
    run["bars"] = bars.judge(run)
    results = "results_int8" if options.int8 else "results"
    (RESULTS / f"{results}.json").write_text(json.dumps(to_json(run), indent=1))
    if not options.int8:
        (RESULTS / f"{results}.svg").write_text(chart(run))
    print(output.text(run))


if __name__ == "__main__":
    main()
