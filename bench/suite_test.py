#!/usr/bin/env python3
"""Checks statistics, bars and tables of bench/suite on made-up figures; needs neither peers nor numpy."""
import json
import math
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite import bars, output
from suite.chart import chart
from suite.serial import from_json, to_json
from suite.stats import Series, counted, fastest, geometric_mean


def timed(milliseconds, error=0.0):
    return {"calls": 10, "min_ms": milliseconds, "median_ms": milliseconds * 1.1, "error": error}


def network(name, results, **more):
    return {"name": name, "results": results, "input_bytes": 64, "output_bytes": 64, "outputs": 1,
            "tflite_arena_bytes": 4096, "work": {"flops": 8e9, "convolution_flops": 7e9, "weight_bytes": 1e8},
            "compile": {"seconds": 1.0, "peak_bytes": 1 << 20, "model_bytes": 1 << 20, "arena_bytes": 2048,
                        "arena_lower_bound_bytes": 2048, "arena_last_bytes": 1024, "code_bytes": 12 << 10,
                        "object_bytes": 1 << 20}} | more


def example():
    resnet = network("resnet50", {
        ("aotc", 1): timed(80), ("aotc", 2): timed(44), ("openvino", 1): timed(100), ("openvino", 2): timed(55),
        ("litert", 1): timed(10, error=0.5), ("xla_jit", 1): {"failed": "no"}, ("fma_peak", 1): timed(0.25)})
    mlp = network("mlp", {("aotc", 1): timed(0.03), ("aotc", 2): timed(0.03), ("xla_aot", 1): timed(0.04),
                          ("read_weights", 1): timed(0.029)},
                  work={"flops": 1.3e6, "convolution_flops": 0, "weight_bytes": 2.6e6})
    run = {"machine": {"cpu": "a CPU", "cpus": 2, "flags": ["avx2"], "vector_bits": 256, "fma_flops": 25e6,
                       "fma_gflops": 100.0, "fma_scaling": 2.0,
                       "read": {"L2": {"bytes": 1 << 19, "gb_per_s": {"1": 90.0, "4": 100.0}}}},
           "versions": {"openvino": "1.0"}, "load": {"before": 0.1, "after": 0.2}, "networks": [resnet, mlp]}
    return run | {"bars": bars.judge(run)}


def int8_example():
    """Twice as fast as float on two networks; slower than a peer on one of them."""
    size = lambda weights, arena: {"weights_bytes": weights, "arena_bytes": arena}
    run = example()
    kws = network("tiny_kws", {("aotc", 1): timed(0.04), ("aotc_int8", 1): timed(0.02, error=0.3) | {"tolerance": 0.5},
                               ("litert_int8", 1): timed(0.03, error=0.3) | {"tolerance": 0.5}},
                  size=size(90_000, 50_000), int8_size=size(30_000, 15_000))
    mlp = network("mlp", {("aotc", 1): timed(0.04), ("aotc_int8", 1): timed(0.02), ("openvino_int8", 1): timed(0.01),
                          ("onnxruntime_int8", 1): timed(0.001, error=0.6) | {"tolerance": 0.5}},
                  size=size(2_600_000, 4_000), int8_size=size(800_000, 1_000))
    run |= {"int8": True, "networks": [kws, mlp]}
    return run | {"bars": bars.judge(run)}


def bar(run, title):
    return next(b for b in run["bars"] if b["title"].startswith(title))


class Int8(unittest.TestCase):
    def test_bars(self):
        run = int8_example()
        self.assertEqual(bar(run, "1 thread: int8 / float")["worst"], ("tiny_kws", 0.5))
        gain = bar(run, "1 thread: float / int8")
        self.assertAlmostEqual(gain["figures"][0][1], 2.0)
        self.assertTrue(gain["passes"])  # without VNNI
        self.assertEqual(bar(run, "1 thread: int8 / best int8 peer")["missed"], ["mlp"])
        self.assertEqual(bar(run, "arena and weights / float, above")["missed"], ["mlp"])
        self.assertTrue(bar(run, "arena and weights / float, below")["passes"])

    def test_gain_on_a_machine_with_vnni(self):
        run = int8_example()
        run["machine"]["flags"] = ["avx512_vnni"]
        self.assertFalse(next(b for b in bars.judge(run) if b["title"].startswith("1 thread: float / int8"))["passes"])

    def test_tables(self):
        text = output.text(int8_example())
        self.assertIn("tiny_kws             1   0.0400/0.044      0.0200/0.022", text)
        self.assertRegex(text, r"mlp .*0\.0010/0\.0011 +\*.* 2\.00 +2\.00")
        self.assertRegex(text, r"tiny_kws +90000 +30000 +50000 +15000 +0\.321")


class Statistics(unittest.TestCase):
    def test_series_weighs_bursts_by_their_calls(self):
        series = Series()
        series.add([1, 2, 3], 3)
        series.add([10, 20], 200)  # two samples that stand for a hundred calls each
        self.assertEqual(series.minimum, 1)
        self.assertEqual(series.median(), 10)
        self.assertEqual(series.calls, 203)

    def test_empty_series(self):
        self.assertEqual(Series().summary(), {"calls": 0})
        self.assertEqual(Series().minimum, math.inf)

    def test_only_agreeing_results_count(self):
        self.assertTrue(counted(timed(1, error=1e-4)))
        self.assertFalse(counted(timed(1, error=1e-2)))
        self.assertFalse(counted({"failed": "x"}))
        results = {("a", 1): timed(2), ("b", 1): timed(1, error=1), ("a", 2): timed(1)}
        self.assertEqual(fastest(results, ("a", "b")), ("a", 2))
        self.assertEqual(fastest(results, ("a", "b"), threads=1), ("a", 1))
        self.assertIsNone(fastest(results, ("c",)))

    def test_geometric_mean(self):
        self.assertAlmostEqual(geometric_mean([0.5, 2.0]), 1.0)
        self.assertIsNone(geometric_mean([]))


class Bars(unittest.TestCase):
    def test_ratio_to_the_best_peer_that_agrees(self):
        self.assertEqual(bar(example(), "ResNet50: time")["figures"], [("resnet50", 0.8)])
        self.assertEqual(bar(example(), "1 thread")["figures"], [("resnet50", 0.8)])

    def test_two_threads(self):
        run = example()
        self.assertEqual(bar(run, "2 threads: time")["figures"][0], ("resnet50", 0.8))
        self.assertEqual(bar(run, "2 threads / 1")["figures"], [("resnet50", 44 / 80)])
        self.assertEqual(bar(run, "2 threads / 1")["limit"], 0.6)
        run["machine"]["fma_scaling"] = 1.15
        self.assertEqual(bar({"bars": bars.judge(run)}, "2 threads / 1")["limit"], 1.0)

    def test_weight_streaming_networks_have_their_own_rows(self):
        self.assertEqual(bar(example(), "weight-streaming networks: time / best")["figures"], [("mlp", 0.75)])
        reading = bar(example(), "weight-streaming networks: time / reading")
        self.assertAlmostEqual(reading["figures"][0][1], 0.03 / 0.029)
        self.assertTrue(reading["passes"])

    def test_share_of_peak_is_a_lower_limit(self):
        share = bar(example(), "ResNet50: share")  # 7e9 FLOP in 80 ms of 100 GFLOP/s
        self.assertAlmostEqual(share["figures"][0][1], 0.875)
        self.assertFalse(share["passes"])
        self.assertEqual(share["missed"], ["resnet50"])

    def test_what_was_not_measured_neither_passes_nor_fails(self):
        self.assertIsNone(bar(example(), "MobileNetV2: time")["passes"])

    def test_arena_is_compared_with_inputs_and_outputs(self):
        # 2048 bytes, the input's 64, and the output fits beside the last region's 1024.
        self.assertEqual(bar(example(), "arena with")["figures"][0], ("resnet50", (2048 + 64) / 4096))


class Output(unittest.TestCase):
    def test_tables(self):
        text = output.text(example())
        self.assertIn("PASS  ResNet50: time / best peer <= 0.85: worst 0.800 (resnet50)", text)
        self.assertIn("FAIL  ResNet50: share of the FMA peak >= 0.95", text)
        self.assertIn("10.0000/11     *", text)  # shown, not counted
        self.assertIn("resnet50: xla_jit 1: no", text)

    def test_json_keeps_everything(self):
        run = json.loads(json.dumps(to_json(example())))
        self.assertEqual(from_json(run)["networks"][0]["results"], example()["networks"][0]["results"])

    def test_chart_is_well_formed(self):
        import xml.dom.minidom
        drawing = chart(example())
        xml.dom.minidom.parseString(drawing)
        self.assertIn("resnet50", drawing)


class Networks(unittest.TestCase):
    def test_error_is_relative_and_strict_about_what_is_not_finite(self):
        try:
            import numpy as np
        except ImportError:
            self.skipTest("numpy is missing")
        import tempfile
        from suite.network import Network
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            tensor = {"name": "y", "shape": [2], "dtype": "float32", "file": "out0.npy"}
            (folder / "io.json").write_text(json.dumps({"inputs": [], "outputs": [tensor]}))
            (folder / "model.pb").write_bytes(b"")
            np.save(folder / "out0.npy", np.float32([4, np.inf]))
            network = Network(folder)
            self.assertEqual(network.error([np.float32([5, np.inf])]), 0.25)
            self.assertEqual(network.error([np.float32([4, np.nan])]), math.inf)
            self.assertEqual(network.error([np.float32([4])]), math.inf)
            self.assertEqual(network.outputs[0].port, "y:0")


if __name__ == "__main__":
    unittest.main()
