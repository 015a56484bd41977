#!/usr/bin/env python3
"""Records a terminal session as an SVG: runs each command in a pseudo-terminal and draws what it printed.

    docs/record_terminal.py OUTPUT.svg FOLDER COMMAND...

Commands run in FOLDER, one after the other. Lines appear in the picture in the order and, up to a second's
pause, at the pace in which they came; a viewer without animation sees the finished screen.
"""
import html
import itertools
import os
import pty
import re
import select
import sys
import time

COLUMNS = 124
LINE_HEIGHT = 18
CHARACTER = 8.4
LONGEST_PAUSE = 1.0

ESCAPES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
COLOURS = {"31": "#f07178", "32": "#a5d6a7", "33": "#ffd54f", "36": "#80cbc4"}


def run(command, folder):
    """Yields (seconds since the start, bytes) of what the command printed."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm", COLUMNS=str(COLUMNS), PS1="$ ")
        os.execvp("sh", ["sh", "-c", f"stty cols {COLUMNS} rows 40; exec 2>&1; {command}"])
    start = time.monotonic()
    while True:
        ready, _, _ = select.select([master], [], [], 600)
        if not ready:
            break
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        yield time.monotonic() - start, data.decode("utf-8", "replace")
    os.waitpid(pid, 0)


class Line:
    def __init__(self):
        self.cells = []  # (character, colour)
        self.when = 0.0


class Screen:
    """Cells with the time at which their line got its final text; knows the sequences that builds write."""

    def __init__(self):
        self.lines = [Line()]
        self.row = self.column = 0
        self.colour = None

    def write(self, text, now):
        position = 0
        for match in ESCAPES.finditer(text):
            self._plain(text[position:match.start()], now)
            position = match.end()
            code, letter = match.groups()
            if letter == "A":
                self.row = max(0, self.row - int(code or 1))
            elif letter == "K":
                del self.lines[self.row].cells[0 if code == "2" else self.column:]
            elif letter == "m":
                self.colour = COLOURS.get(code)
        self._plain(text[position:], now)

    def _plain(self, text, now):
        for character in text:
            if character == "\n":
                self.row += 1
                self.column = 0
                if self.row == len(self.lines):
                    self.lines.append(Line())
            elif character == "\r":
                self.column = 0
            else:
                line = self.lines[self.row]
                line.cells[self.column:self.column + 1] = [(character, self.colour)]
                line.when = now
                self.column += 1


def spans(cells):
    """One line's cells, neighbours of one colour together."""
    result = []
    for colour, group in itertools.groupby(cells, key=lambda cell: cell[1]):
        text = html.escape("".join(character for character, _ in group), quote=False)
        result.append(f'<tspan fill="{colour}">{text}</tspan>' if colour else text)
    return "".join(result)


def draw(lines):
    while lines and not lines[-1].cells:
        lines.pop()
    width = int(COLUMNS * CHARACTER) + 32
    height = (len(lines) + 1) * LINE_HEIGHT + 24
    body = []
    for number, line in enumerate(lines):
        y = 30 + number * LINE_HEIGHT
        body.append(f'<text x="16" y="{y}" xml:space="preserve" style="animation-delay:{line.when:.2f}s">{spans(line.cells)}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
            "<style>text{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#e0e0e0;"
            "animation:show .01s both}@keyframes show{from{opacity:0}to{opacity:1}}"
            "@media(prefers-reduced-motion:reduce){text{animation:none}}</style>\n"
            f'<rect width="{width}" height="{height}" rx="8" fill="#1e1e2e"/>\n' + "\n".join(body) + "\n</svg>\n")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    output, folder, commands = sys.argv[1], sys.argv[2], sys.argv[3:]
    screen, clock = Screen(), 0.3
    for command in commands:
        screen.write(f"\x1b[32m$\x1b[0m {command}\n", clock)
        last = 0.0
        for when, text in run(command, folder):
            clock += min(when - last, LONGEST_PAUSE)
            last = when
            screen.write(text, clock)
        clock += 0.8
    with open(output, "w", encoding="utf-8") as file:
        file.write(draw(screen.lines))


if __name__ == "__main__":
    main()
