#!/usr/bin/env python3
"""Draws README's picture of a terminal: runs a job in tmux against the sandbox, takes what stands
on the screen while it runs, and writes it as SVG, colours and all.

usage: terminal-picture.py BUILD [FILE]        FILE: src/manual/terminal.svg

Needs tmux. The picture is text: it can be searched, and looks the same everywhere.
"""
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COLUMNS, ROWS = 84, 16
CELL_W, CELL_H, MARGIN, BAR = 8.4, 18, 16, 30
COLOURS = ("#6c7086", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#cba6f7", "#94e2d5", "#cdd6f4")
PLAIN, GROUND = "#cdd6f4", "#1e1e2e"
JOB = """
{"input": "members.csv", "operation": "crm.delink", "rate": "10/s",
 "set": {"module": "Campaigns", "related_list": "Contacts"},
 "map": {"record_id": "Campaign Id", "related_id": "Member Id"}}
"""
SGR = re.compile(r"\x1b\[([\d;]*)m")


class Screen:
    """A tmux of our own, ended by its own name."""

    def __init__(self, folder, environment):
        self.socket = os.path.join(folder, "tmux")
        self.environment = environment
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS),
                  "-c", folder, "env 'PS1=$ ' bash --norc --noprofile")
        self.tmux("set", "-g", "status", "off")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", self.socket, *arguments], env=self.environment,
                              capture_output=True, text=True, check=True).stdout

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def lines(self):
        return self.tmux("capture-pane", "-e", "-p").rstrip("\n").split("\n")

    def wait_for(self, pattern):
        """The screen, when it first shows that."""
        for _ in range(600):
            lines = self.lines()
            if re.search(pattern, SGR.sub("", "\n".join(lines))):
                return lines
            time.sleep(0.05)
        raise SystemExit(f"terminal-picture: {pattern} never came:\n" + "\n".join(lines))


def record(build):
    """The lines of the screen at two thirds of a run."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "nightly.json"), "w", encoding="utf-8") as file:
            file.write(JOB)
        with open(os.path.join(folder, "members.csv"), "w", encoding="utf-8") as file:
            file.write("Campaign Id,Member Id\n")
            for row in range(6000):
                file.write(f"3652397000000327{row % 7:03},36523970000{row + 10000:08}\n")
            file.write("3652397000000327000,3652397000000010000\n")      # a repeat
            file.write("3652397000000327002,3652397000000000404\n")      # never related
        sandbox = subprocess.Popen(
            [os.path.join(build, "unhitch-sandbox"), "--port", "0", "--port-file", "port",
             "--latency", "180ms", "--quiet"], cwd=folder)
        try:
            port = os.path.join(folder, "port")
            while not os.path.exists(port) or not os.path.getsize(port):
                time.sleep(0.02)
            with open(port, encoding="ascii") as file:
                url = f"http://127.0.0.1:{file.read().strip()}"
            environment = dict(os.environ, PATH=build + ":" + os.environ["PATH"],
                               UNHITCH_BASE_URL=url, ZOHO_ACCESS_TOKEN="any", ENV="",
                               TERM="xterm-256color", LC_ALL="C.UTF-8")
            environment.pop("TMUX", None)
            screen = Screen(folder, environment)
            try:
                screen.wait_for(r"^\$")
                screen.type("unhitch plan nightly.json")
                screen.wait_for(r"with 4 in flight[^$]*\n\$")
                screen.type("unhitch run nightly.json --out monday")
                return screen.wait_for(r"\b(6[0-9]|7[0-9])\s*%")
            finally:
                screen.tmux("kill-server")
        finally:
            sandbox.terminate()
            sandbox.wait()


def styled(line):
    """(column, text, colour, bold) of each run of one style."""
    colour, bold, at, column = PLAIN, False, 0, 0
    for match in [*SGR.finditer(line), None]:
        text = line[at:match.start() if match else len(line)]
        if text:
            yield column, text, colour, bold
            column += sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
        for code in (match.group(1) or "0").split(";") if match else ():
            code = int(code or 0)
            if code in (0, 39):
                colour = PLAIN
            if code in (0, 1, 22):
                bold = code == 1
            if code == 2:
                colour = COLOURS[0]
            if 30 <= code <= 37 or 90 <= code <= 97:
                colour = COLOURS[code % 10]
        at = match.end() if match else at


def draw(lines):
    while lines and not lines[-1].strip():
        lines.pop()
    width = round(COLUMNS * CELL_W + 2 * MARGIN)
    height = len(lines) * CELL_H + BAR + MARGIN + 6
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'width="{width}" height="{height}" role="img">',
           "<title>A terminal: unhitch plan, then unhitch run at two thirds of its way</title>",
           f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>']
    for n, colour in enumerate((COLOURS[1], COLOURS[3], COLOURS[2])):
        out.append(f'<circle cx="{20 + 20 * n}" cy="17" r="6" fill="{colour}"/>')
    out.append('<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\','
               'monospace" font-size="14" xml:space="preserve">')
    for number, line in enumerate(lines):
        y = BAR + (number + 1) * CELL_H
        for column, text, colour, bold in styled(line):
            if not text.strip():
                continue
            x = MARGIN + column * CELL_W
            out.append(f'<text x="{x:.1f}" y="{y}" fill="{colour}"'
                       + (' font-weight="bold"' if bold else "")
                       + f' textLength="{len(text) * CELL_W:.1f}" lengthAdjust="spacingAndGlyphs">'
                       + html.escape(text, quote=False).replace(" ", "\u00a0") + "</text>")
    return "\n".join([*out, "</g>", "</svg>", ""])


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if not shutil.which("tmux"):
        sys.exit("terminal-picture: tmux is not installed")
    target = sys.argv[2] if len(sys.argv) > 2 else os.path.join(ROOT, "src/manual/terminal.svg")
    picture = draw(record(os.path.abspath(sys.argv[1])))
    with open(target, "w", encoding="utf-8") as file:
        file.write(picture)
    print(target)


if __name__ == "__main__":
    main()
