"""A run as JSON and back: results have pairs (runner, threads) as keys, JSON has records."""


def to_json(run):
    networks = [n | {"results": [{"runner": name, "threads": threads} | result
                                 for (name, threads), result in n["results"].items()]} for n in run["networks"]]
    return run | {"networks": networks}


def from_json(run):
    networks = [n | {"results": {(r["runner"], r["threads"]): {k: v for k, v in r.items()
                                                               if k not in ("runner", "threads")}
                                 for r in n["results"]}} for n in run["networks"]]
    return run | {"networks": networks}
