"""Tables of a run as text; needs nothing but Python."""
from suite.bars import INT8_PEERS, PEERS, arena_with_io, best_peer, ours, quotient, result_of
from suite.stats import counted, fastest

COLUMNS = ("aotc", *PEERS)
MARKS = {True: "PASS", False: "FAIL", None: "----"}


def cell(result):
    if result is None or not result.get("calls"):
        return f"{'-':>17}"
    note = " " if counted(result) else "*"
    return f"{result['min_ms']:8.4f}/{result['median_ms']:<7.4g}{note}"


def number(value, form="{:.2f}"):
    return "-" if value is None else form.format(value)


def times(run):
    lines = ["minimum/median in ms; * outputs differ by more than 1e-3: not counted",
             "ratio: aotc / best peer with 1 thread, and 2 threads / best peer with any number",
             f"{'network':18}{'thr':>4} " + "".join(f"{name:>17} " for name in COLUMNS) + f"{'ratio':>6}"]
    for network in run["networks"]:
        for threads in sorted({key[1] for key in network["results"] if key[0] == "aotc"}):
            peer = best_peer(network, 1 if threads == 1 else None)
            cells = " ".join(cell(network["results"].get((name, threads))) for name in COLUMNS)
            lines.append(f"{network['name']:18}{threads:4} {cells} {number(quotient(ours(network, threads), peer)):>6}")
    return lines


def int8_times(run):
    columns = ("aotc", "aotc_int8", *INT8_PEERS)
    lines = ["minimum/median in ms; * outputs of another shape, or not finite: not counted",
             "gain: float / int8 of aotc; ratio: int8 / best peer with 1 thread, and 2 threads / best peer with any number",
             f"{'network':18}{'thr':>4} " + "".join(f"{name:>17} " for name in columns) + f"{'gain':>6}{'ratio':>7}"]
    for network in run["networks"]:
        results = network["results"]
        for threads in sorted({key[1] for key in results if key[0] == "aotc"}):
            best = fastest(results, INT8_PEERS, 1 if threads == 1 else None)
            cells = " ".join(cell(results.get((name, threads))) for name in columns)
            own = result_of(network, "aotc_int8", threads)
            peer = results[best]["min_ms"] if best else None
            lines.append(f"{network['name']:18}{threads:4} {cells} "
                         f"{number(quotient(result_of(network, 'aotc', threads), own)):>6}{number(quotient(own, peer)):>7}")
    return lines


def int8_sizes(run):
    lines = [f"{'bytes, prefer=size':18}{'weights':>12}{'int8':>12}{'arena':>12}{'int8':>12}{'share':>8}"]
    for network in run["networks"]:
        if "size" in network:
            f, q = network["size"], network["int8_size"]
            share = (q["arena_bytes"] + q["weights_bytes"]) / (f["arena_bytes"] + f["weights_bytes"])
            lines.append(f"{network['name']:18}{f['weights_bytes']:12}{q['weights_bytes']:12}{f['arena_bytes']:12}"
                         f"{q['arena_bytes']:12}{share:8.3f}")
    return lines


def sizes(run):
    kib = lambda value: "-" if value is None else f"{value / 1024:.1f}"
    lines = [f"{'KiB':18}{'arena':>10}{'bound':>10}{'+in+out':>10}{'TFLite':>10}{'code':>9}{'object':>11}"
             f"{'compile s':>11}{'MiB':>7}"]
    for network in run["networks"]:
        cost = network.get("compile")
        if cost:
            lines.append(f"{network['name']:18}{kib(cost['arena_bytes']):>10}{kib(cost['arena_lower_bound_bytes']):>10}"
                         f"{kib(arena_with_io(network)):>10}"
                         f"{kib(network.get('tflite_arena_bytes')):>10}{kib(cost['code_bytes']):>9}"
                         f"{kib(cost['object_bytes']):>11}{cost['seconds']:11.2f}{cost['peak_bytes'] / 2**20:7.0f}")
    return lines


def machine(run):
    m = run["machine"]
    lines = [f"{m['cpu']}, {m['cpus']} CPUs, {' '.join(m['flags'])}; load {run['load']['before']:.2f} before, "
             f"{run['load']['after']:.2f} after",
             ", ".join(f"{name} {version}" for name, version in run["versions"].items()),
             f"FMA peak {m['fma_gflops']:.1f} GFLOP/s ({m['vector_bits']}-bit vectors); "
             f"two pinned loops / one: {number(m.get('fma_scaling'))}"]
    for level, entry in m["read"].items():
        lines.append(f"read {level:4} ({entry['bytes'] >> 10} KiB): " + ", ".join(
            f"{rate:.1f} GB/s in {streams}" for streams, rate in entry["gb_per_s"].items()) + " streams")
    return lines


def failures(run):
    return [f"{network['name']}: {name} {threads}: {result['failed'][:150]}" for network in run["networks"]
            for (name, threads), result in network["results"].items() if "failed" in result]


def verdicts(run):
    for bar in run["bars"]:
        worst = bar["worst"]
        text = f"worst {worst[1]:.3f} ({worst[0]})" if worst else "not measured"
        mean = f", mean {bar['geometric_mean']:.3f}" if len(bar["figures"]) > 1 else ""
        missed = f"; missed by {', '.join(bar['missed'])}" if bar["missed"] else ""
        goal = ", goal reached" if bar["reaches_goal"] else ""
        sign = ">=" if bar["at_least"] else "<="
        yield f"{MARKS[bar['passes']]}  {bar['title']} {sign} {bar['limit']:.3g}: {text}{mean}{goal}{missed}"


def text(run):
    tables = (int8_times(run), int8_sizes(run)) if run.get("int8") else (times(run), sizes(run))
    sections = (machine(run), *tables, failures(run), list(verdicts(run)))
    return "\n\n".join("\n".join(section) for section in sections if section)
