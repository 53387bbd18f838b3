"""The YAML scanner, with tabs where Docker Compose takes them: between tokens, though never as indentation."""

from __future__ import annotations

from typing import Any

from ruamel.yaml.scanner import Scanner

_LINE_ENDS = "\r\n\x85\u2028\u2029"
_LINE_OR_FILE_ENDS = f"{_LINE_ENDS}\0"


class TabScanner(Scanner):
    """ruamel.yaml's own takes a tab before a value or a comment for an error."""

    def scan_to_next_token(self) -> None:
        reader = self.reader
        if reader.index == 0 and reader.peek() == "\ufeff":
            reader.forward()
        while True:
            blanks = " \t" if self.flow_level or not self.allow_simple_key else " "
            while reader.peek() in blanks:
                reader.forward()
            if reader.peek() == "#":
                while reader.peek() not in _LINE_OR_FILE_ENDS:
                    reader.forward()
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_plain_spaces(self, indent: Any, start_mark: Any) -> Any:
        length = 0
        while self.reader.peek(length) in " \t":
            length += 1
        blanks = self.reader.prefix(length)
        ends_line = self.reader.peek(length) in _LINE_ENDS
        self.reader.forward(length)
        if ends_line:
            return super().scan_plain_spaces(indent, start_mark)
        return [blanks] if blanks else []
