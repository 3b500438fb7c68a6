"""Charts as SVG, readable on light and dark pages. Each function returns the file's text."""
import math
from html import escape

WIDTH, MARGIN, LABELS, VALUES = 760, 20, 200, 130
LINE, TOP = 26, 64
STYLE = """\
<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.small { font-size: 12px; fill: #57606a }
.own { fill: #0969da } .peer { fill: #8c959f } .part { fill: #c3c9d0 }
.level0 { fill: #9ecbff } .level1 { fill: #4c9aed } .level2 { fill: #0a58b5 }
.range { stroke: #24292f; stroke-width: 1.2 } .grid { stroke: #d0d7de; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 }
  .own { fill: #4493f8 } .peer { fill: #768390 } .part { fill: #4d5661 }
  .level0 { fill: #264d80 } .level1 { fill: #3f7fd1 } .level2 { fill: #8cc2ff }
  .range { stroke: #e6edf3 } .grid { stroke: #3d444d }
}
</style>
"""


def text(x, y, words, kind="", anchor="start"):
    name = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{name} text-anchor="{anchor}">{escape(words)}</text>\n'


def line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>\n'


def bar(x, y, width, height, kind):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height:.1f}" '
            f'class="{kind}"/>\n')


def whole(title, under, height, marks):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" role="img">\n<title>{escape(title)}</title>\n'
            + STYLE + text(MARGIN, 28, title, "title") + text(MARGIN, 48, under, "small")
            + marks + "</svg>\n")


def span():
    return MARGIN + LABELS, WIDTH - MARGIN - VALUES


def whisker(low, high, y):
    return line(low, y, high, y, "range") + "".join(line(x, y - 4, x, y + 4, "range")
                                                    for x in (low, high))


def bars(title, under, rows):
    """Horizontal bars from zero. Each row: label, kind, value, lowest, highest, words."""
    left, right = span()
    scale = (right - left) / max(high for _, _, _, _, high, _ in rows)
    marks = ""
    for number, (label, kind, value, low, high, words) in enumerate(rows):
        y = TOP + number * LINE
        marks += text(left - 8, y + 15, label, anchor="end")
        marks += bar(left, y + 2, value * scale, LINE - 8, kind)
        marks += whisker(left + low * scale, left + high * scale, y + 11)
        marks += text(max(left + high * scale, left) + 8, y + 15, words)
    return whole(title, under, TOP + len(rows) * LINE + MARGIN, marks)


def log_dots(title, under, rows):
    """Dots on a logarithmic axis, where bars would have no honest start. Rows as for bars."""
    left, right = span()
    first = math.floor(math.log10(min(low for _, _, _, low, _, _ in rows)))
    last = math.ceil(math.log10(max(high for _, _, _, _, high, _ in rows)))
    bottom = TOP + len(rows) * LINE

    def at(value):
        return left + (math.log10(value) - first) / max(1, last - first) * (right - left)

    marks = ""
    for power in range(first, last + 1):
        x = at(10 ** power)
        marks += line(x, TOP, x, bottom, "grid")
        marks += text(x, bottom + 16, f"{10 ** power:,.10g}", "small", "middle")
    for number, (label, kind, value, low, high, words) in enumerate(rows):
        y = TOP + number * LINE + 13
        marks += text(left - 8, y + 4, label, anchor="end")
        marks += whisker(at(low), at(high), y)
        marks += f'<circle cx="{at(value):.1f}" cy="{y:.1f}" r="5" class="{kind}"/>\n'
        marks += text(right + 12, y + 4, words)
    return whole(title, under, bottom + 16 + MARGIN, marks)


def grouped_bars(title, under, legend, rows, end=1.0):
    """A few thin bars for each label, from zero to `end`. Each row: label, (value, words) for
    each word of the legend."""
    left, right = span()
    thin, group = 13, 13 * len(legend) + 10
    scale = (right - left) / end
    bottom = TOP + 24 + len(rows) * group
    marks = line(left + end * scale, TOP + 20, left + end * scale, bottom, "grid")
    for number, words in enumerate(legend):
        x = left + number * 130
        marks += bar(x, TOP, 11, 11, f"level{number}") + text(x + 17, TOP + 10, words, "small")
    for number, (label, values) in enumerate(rows):
        y = TOP + 24 + number * group
        marks += text(left - 8, y + group / 2 - 1, label, anchor="end")
        for level, (value, words) in enumerate(values):
            at = y + level * thin
            marks += bar(left, at, min(value, end) * scale, thin - 2, f"level{level}")
            marks += text(left + min(value, end) * scale + 6, at + 10, words, "small")
    return whole(title, under, bottom + MARGIN, marks)
