"""CSS: inlined where it can be, kept where it must be, fetched from nowhere."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from publisher.styles import css_of, inline


def page(css: str, body: str = '<p class="a">x</p>', head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head>{head}<style>{css}</style></head>"
        f"<body>{body}</body></html>"
    )


def test_rules_move_into_the_elements() -> None:
    made = inline(page(".a { color: red } p { margin: 0 }"))
    assert '<p class="a" style="margin: 0;color: red;">x</p>' in made
    assert "color: red }" not in made


def test_what_cannot_be_inlined_stays() -> None:
    dark = "@media (prefers-color-scheme: dark) { .a { color: white !important } }"
    phone = "@media (max-width: 480px) { .a { padding: 0 !important } }"
    made = inline(page(f".a {{ color: red }} {dark} {phone} a:hover {{ color: blue }}"))
    style = made.partition("<style>")[2].partition("</style>")[0]
    for kept in ("prefers-color-scheme: dark", "max-width: 480px", "a:hover"):
        assert kept in style
    assert style.count("!important") == 2


def test_an_inline_style_wins_over_a_rule() -> None:
    made = inline(page("p { color: red }", '<p style="color: blue">x</p>'))
    assert '<p style="color: blue' in made
    assert "red" not in made


def test_outlook_s_comments_and_entities_stay() -> None:
    body = "<!--[if mso]><table><tr><td><![endif]--><p>a&nbsp;&amp;&lt;b</p>"
    assert body in inline(page("p:hover{}", body))


def test_nothing_is_fetched(tmp_path: Path) -> None:
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"p { color: red }")

        def log_message(self, *_: object) -> None:
            pass

    local = tmp_path / "x.css"
    local.write_text("p { color: red }")
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        remote = f"http://127.0.0.1:{server.server_port}/x.css"
        links = "".join(
            f'<link rel="stylesheet" href="{url}">'
            for url in (remote, local.as_uri(), str(local))
        )
        imports = f'@import url("{remote}"); @import url("{local.as_uri()}");'
        made = inline(page(imports, head=links))
        server.shutdown()
    assert asked == []
    assert "red" not in made
    assert "<link" not in made


def test_css_is_found_in_elements_and_attributes() -> None:
    html = "<STYLE type='x'>\np{}</STYLE><p style=\"a:b\" class=x><i style='c:d'>"
    assert list(css_of(html)) == ["\np{}", '"a:b"', "'c:d'"]
