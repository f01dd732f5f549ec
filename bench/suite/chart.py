"""The chart of a run: time over the best peer's per network, with the bars marked. A self-contained SVG."""
from html import escape

from suite.bars import best_peer, ours, quotient
from suite.output import MARKS, number

ROW, LEFT, WIDTH, TOP, FULL = 30, 170, 560, 64, 1.5  # FULL: the ratio at the right edge
COLOURS = {1: "#2b6cb0", 2: "#dd8a1f"}
VERDICTS = {"PASS": "#2f855a", "FAIL": "#c53030", "----": "#888888"}


def text(x, y, content, **style):
    attributes = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(content)}</text>'


def position(ratio):
    return LEFT + WIDTH * min(ratio, FULL) / FULL


def rows(run):
    """Names and ratios: one thread against one, two against the best of any number."""
    for network in run["networks"]:
        yield network["name"], {1: quotient(ours(network, 1), best_peer(network, 1)),
                                2: quotient(ours(network, 2), best_peer(network))}


def chart(run):
    entries = list(rows(run))
    bottom = TOP + ROW * len(entries)
    parts = [text(10, 22, "aotc: time over the fastest peer's", font_size=16, font_weight="bold"),
             text(10, 42, f"{run['machine']['cpu']}; left of 1 is faster")]
    for threads, x in ((1, LEFT + 330), (2, LEFT + 440)):
        parts.append(f'<rect x="{x}" y="12" width="12" height="12" fill="{COLOURS[threads]}"/>')
        parts.append(text(x + 17, 22, f"{threads} thread{'s' * (threads > 1)}"))
    for mark in (0.25, 0.5, 0.75, 1.0, 1.25):
        strong = mark == 1.0
        parts.append(f'<line x1="{position(mark):.1f}" y1="{TOP - 6}" x2="{position(mark):.1f}" y2="{bottom}" '
                     f'stroke="{"#c53030" if strong else "#dddddd"}" stroke-width="{2 if strong else 1}"/>')
        parts.append(text(position(mark), TOP - 9, f"{mark:g}", text_anchor="middle", fill="#666666"))
    for i, (name, ratios) in enumerate(entries):
        top = TOP + i * ROW
        parts.append(text(LEFT - 8, top + 19, name, text_anchor="end"))
        for threads, ratio in ratios.items():
            if ratio is not None:
                y = top + 4 + 11 * (threads - 1)
                parts.append(f'<rect x="{LEFT}" y="{y}" width="{position(ratio) - LEFT:.1f}" height="10" '
                             f'fill="{COLOURS[threads]}"/>')
                parts.append(text(position(ratio) + 4, y + 9, number(ratio), font_size=10))
    for i, bar in enumerate(run["bars"]):
        verdict, worst = MARKS[bar["passes"]], bar["worst"]
        y = bottom + 28 + 17 * i
        parts.append(text(10, y, verdict, fill=VERDICTS[verdict], font_weight="bold"))
        parts.append(text(56, y, f"{bar['title']} {'≥' if bar['at_least'] else '≤'} {bar['limit']:.3g}: "
                          + (f"{worst[1]:.3f} ({worst[0]})" if worst else "not measured")))
    height = bottom + 28 + 17 * len(run["bars"])
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 50}" height="{height}" '
            f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
            + "".join(parts) + "</svg>\n")
