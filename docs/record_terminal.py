#!/usr/bin/env python3
"""Records a terminal session as an SVG: runs each command in a pseudo-terminal and draws what it printed.

    docs/record_terminal.py OUTPUT.svg FOLDER COMMAND...

Commands run in FOLDER, one after the other. Lines appear in the picture in the order and, up to a second's
pause, at the pace in which they came; a viewer without animation sees the finished screen.
"""
import html
import os
import pty
import re
import select
import sys
import time

COLUMNS = 100
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


class Screen:
    """Lines with the time at which each got its final text; knows the few sequences that the tool writes."""

    def __init__(self):
        self.lines = [["", 0.0]]
        self.row = 0

    def write(self, text, now):
        position = 0
        for match in ESCAPES.finditer(text):
            self._plain(text[position:match.start()], now)
            position = match.end()
            code, letter = match.groups()
            if letter == "A":
                self.row = max(0, self.row - int(code or 1))
            elif letter == "K":
                self.lines[self.row][0] = ""
            elif letter == "m":
                self.lines[self.row][0] += f"\x1b[{code}m"
        self._plain(text[position:], now)

    def _plain(self, text, now):
        for character in text:
            if character == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append(["", now])
            elif character != "\r":
                self.lines[self.row][0] += character
                self.lines[self.row][1] = now


def spans(text):
    """One line's text with colours as tspans."""
    result, colour, position = [], None, 0
    for match in re.finditer(r"\x1b\[([0-9;]*)m", text):
        result.append((text[position:match.start()], colour))
        colour = COLOURS.get(match.group(1))
        position = match.end()
    result.append((text[position:], colour))
    return "".join(
        f'<tspan fill="{colour}">{html.escape(part)}</tspan>' if colour else html.escape(part)
        for part, colour in result if part)


def draw(lines):
    while lines and not lines[-1][0]:
        lines.pop()
    width = int(COLUMNS * CHARACTER) + 32
    height = (len(lines) + 1) * LINE_HEIGHT + 24
    body = []
    for number, (text, when) in enumerate(lines):
        y = 30 + number * LINE_HEIGHT
        body.append(f'<text x="16" y="{y}" xml:space="preserve" style="animation-delay:{when:.2f}s">{spans(text)}</text>')
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
