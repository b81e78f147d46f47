"""URLs are fetched once, politely and only from public addresses; a dead one stops nothing."""

from __future__ import annotations

import gzip
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from longgrain import corpus
from longgrain.build import build
from longgrain.errors import PlanError, SourceError
from longgrain.readers import web
from longgrain.readers.web import addresses, polite
from longgrain.readers.web.robots import robots
from longgrain.types import Document, Dropped
from small import handbook, small_plan

PAGE = """<html><head><title>Pilots</title></head><body><nav>Home About</nav><article>
<h1>Boarding</h1><p>The pilot boards at the outer buoy, whatever the weather may be that day.</p>
<h2>登船</h2><p>引航员在外浮标处登船，无论当天的天气如何，都要先与船长联系。</p></article></body></html>"""


@dataclass
class Site:
    """A real server on the loopback interface, and what it was asked."""

    port: int = 0
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    at: list[float] = field(default_factory=list)
    drip: float = 0.0

    def put(self, path: str, body: bytes | str, kind: str = "text/html", status: int = 200, **more: str) -> str:  # fmt: skip
        raw = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": kind, **{key.replace("_", "-"): more[key] for key in more}}
        self.pages[path] = (status, headers, raw)
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    found = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            found.at.append(time.monotonic())
            found.agents.add(self.headers["User-Agent"])
            status, headers, raw = found.pages.get(self.path, (404, {}, b"gone"))
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            try:
                for start in range(0, len(raw), 100 if found.drip else 1 << 20):
                    self.wfile.write(raw[start : start + (100 if found.drip else 1 << 20)])
                    time.sleep(found.drip)
            except OSError:
                return

        def log_message(self, *args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(polite, "_rules", {})
    monkeypatch.setattr(polite, "_asked", {})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield found
    server.shutdown()
    server.server_close()


def read(*urls: str, **settings: Any) -> list[Document | Dropped]:
    fields = {"allow_private": True, "delay": 0.0, **settings}
    return list(corpus.read(*urls, readers={"web": fields}))


def one(url: str, **settings: Any) -> Document:
    (item,) = read(url, **settings)
    assert isinstance(item, Document), item
    return item


def reason(url: str, **settings: Any) -> str:
    (item,) = read(url, **settings)
    assert isinstance(item, Dropped), item.text
    assert (item.step, item.id) == ("read", url)
    return item.reason


# --- what comes back ---


def test_a_page_is_read_with_its_headings_and_without_its_navigation(site: Site) -> None:
    url = site.put("/a.html", PAGE, "text/html; charset=utf-8")
    found = one(url)
    assert found.source == url
    assert found.meta["title"] == "Boarding"
    assert "Home" not in found.text
    assert "引航员在外浮标处登船" in found.text
    assert site.asked == ["/robots.txt", "/a.html"]
    (agent,) = site.agents
    assert agent.startswith("longgrain/")


def test_trafilatura_reads_a_page_where_it_is_asked_for(site: Site) -> None:
    pytest.importorskip("trafilatura")
    found = one(site.put("/a.html", PAGE), extractor="trafilatura")
    assert found.meta["markup"] == "markdown"
    assert "## 登船" in found.text


def test_without_trafilatura_the_extra_is_named(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "find_spec", lambda name: None)
    with pytest.raises(SourceError, match=r"longgrain\[web\]"):
        read(site.put("/a.html", PAGE), extractor="trafilatura")
    assert one(site.put("/a.html", PAGE)).text


@pytest.mark.parametrize(
    ("path", "kind", "body", "code", "sources"),
    [
        ("/notes", "text/plain; charset=utf-8", "CHAPTER I\n\nwords\n", None, [""]),
        ("/raw/tool.py", "text/plain", "def f():\n    return 1\n", "python", [""]),
        ("/raw/paper.tex", "application/octet-stream", "\\section{A} words", None, [""]),
        ("/rows", "text/csv", "n,text\n1,a\n2,b\n", None, ["#2", "#3"]),
        ("/lines.jsonl", "application/jsonl", '{"text": "a"}\n', None, ["#1"]),
    ],
)
def test_the_content_type_and_for_vague_ones_the_name_decide_the_reader(
    site: Site, path: str, kind: str, body: str, code: str | None, sources: list[str]
) -> None:
    url = site.put(path, body, kind)
    items = read(url)
    assert [item.source for item in items if isinstance(item, Document)] == [f"{url}{end}" for end in sources]  # fmt: skip
    assert items[0].meta.get("code") == code  # type: ignore[union-attr]


def test_a_pdf_goes_to_its_reader(site: Site) -> None:
    assert reason(site.put("/a", b"%PDF-1.7 broken", "application/pdf")) not in ("unknown content type", "empty")  # fmt: skip


@pytest.mark.parametrize("charset", ["gb18030", "big5", "gb2312"])
def test_the_charset_of_the_server_is_believed_where_it_is_true(site: Site, charset: str) -> None:
    text = "这是港口的规定。" if charset != "big5" else "這是港口的規定。"
    url = site.put("/a.txt", text.encode(charset), f"text/plain; charset={charset}")
    assert one(url).text == text
    url = site.put("/b.txt", text.encode("utf-8"), f"text/plain; charset={charset}")
    assert one(url).text == text


def test_a_compressed_answer_is_unpacked_within_the_limit(site: Site) -> None:
    url = site.put("/a.txt", gzip.compress(b"bees " * 99), "text/plain", Content_Encoding="gzip")
    assert one(url).text == "bees " * 99
    bomb = site.put(
        "/b.txt", gzip.compress(b"0" * 9_000_000), "text/plain", Content_Encoding="gzip"
    )
    assert reason(bomb, most_bytes=1_000_000) == "too large"


# --- what does not ---


def test_one_dead_link_of_many_stops_nothing(site: Site) -> None:
    good = [site.put(f"/{n}.txt", f"{n} bees", "text/plain") for n in range(3)]
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    dead = f"http://127.0.0.1:{closed.getsockname()[1]}/x"
    gone = f"http://127.0.0.1:{site.port}/gone"
    items = read(good[0], gone, good[1], dead, "http://nowhere.invalid/x", good[2])
    closed.close()
    reasons = [item.reason if isinstance(item, Dropped) else item.text for item in items]
    assert reasons == ["0 bees", "HTTP 404", "1 bees", "not reachable", "not reachable", "2 bees"]


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ("image/png", b"\x89PNG", "unknown content type"),
        ("text/html", b"", "empty"),
        ("text/plain", b"\x7fELF" + b"\0" * 900, "not text"),
    ],
)
def test_what_is_no_document_is_dropped(site: Site, kind: str, body: bytes, why: str) -> None:
    assert reason(site.put("/a", body, kind)) == why


def test_an_answer_may_not_be_too_large_whether_it_says_so_or_not(site: Site) -> None:
    url = site.put("/a.txt", "x" * 5000, "text/plain")
    assert reason(url, most_bytes=1000) == "too large"
    url = site.put("/b.txt", "x" * 5000, "text/plain", Content_Length="5000")
    assert reason(url, most_bytes=1000) == "too large"


def test_a_server_that_drips_is_cut_off(site: Site) -> None:
    url = site.put("/a.txt", "x" * 5000, "text/plain")
    site.pages["/robots.txt"] = (404, {}, b"")
    site.drip = 0.2
    began = time.monotonic()
    assert reason(url, seconds=0.8) == "timed out"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("url", ["http://", "https:///x", "http://me:secret@host/", "http://[::1", "http://a:99999/"])  # fmt: skip
def test_what_is_no_url_is_an_error_before_anything_is_fetched(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        corpus.sources(url)
    assert "secret" not in str(caught.value)


# --- addresses ---


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254",
     "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
     "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
     "2002:7f00:1::", "2001:db8::1"],
)  # fmt: skip
def test_addresses_of_this_machine_and_its_networks_are_not_public(address: str) -> None:
    assert not addresses.is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])  # fmt: skip
def test_other_addresses_are_public(address: str) -> None:
    assert addresses.is_public(ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])  # fmt: skip
def test_the_loopback_is_refused_however_it_is_written(site: Site, host: str) -> None:
    site.put("/a.txt", "secret", "text/plain")
    url = f"http://{host}:{site.port}/a.txt"
    assert reason(url, allow_private=False) in ("address refused", "not reachable")
    assert site.asked == []


def resolving(monkeypatch: pytest.MonkeyPatch, host: str, *found: str) -> None:
    """The name server says another thing each time; addresses resolve to themselves."""
    answers, true = list(found), socket.getaddrinfo

    def getaddrinfo(name: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        return true(answers.pop(0) if name == host else name, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_name_that_resolves_to_another_address_a_moment_later_gains_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once a fetch, and the address that was checked is the one called."""
    site.put("/a.txt", "secret", "text/plain")
    called: list[str] = []
    true = socket.create_connection

    def create_connection(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        called.append(address[0])
        if address[0] == "93.184.216.34":
            raise OSError("no route in this test")
        return true(address, *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", create_connection)
    resolving(monkeypatch, "rebind.test", "93.184.216.34", "127.0.0.1", "127.0.0.1")
    assert reason(f"http://rebind.test:{site.port}/a.txt", allow_private=False) == "not reachable"
    assert set(called) == {"93.184.216.34"}
    assert site.asked == []


def test_a_redirect_to_a_refused_address_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the first host counts as public; the hop to the loopback by its number is stopped."""
    site.put("/secret", "secret", "text/plain")
    url = site.put("/a", "", status=302, Location=f"http://127.0.0.1:{site.port}/secret")
    true = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda one: str(one) == "127.0.0.2" or true(one))
    url = url.replace("127.0.0.1", "127.0.0.2")
    monkeypatch.setattr(socket, "create_connection", _to_loopback(site.port))
    assert reason(url, allow_private=False) == "address refused"
    assert "/secret" not in site.asked


def _to_loopback(port: int) -> Any:
    true = socket.create_connection
    return lambda address, **kwargs: true(("127.0.0.1", port), **kwargs)


# --- redirects and manners ---


def test_redirects_are_followed_and_the_last_address_is_noted(site: Site) -> None:
    end = site.put("/end.txt", "the end", "text/plain")
    site.put("/b", "", status=301, Location="/end.txt")
    start = site.put("/a", "", status=302, Location="/b")
    found = one(start)
    assert (found.text, found.source, found.meta["url"]) == ("the end", start, end)


def test_redirects_in_a_circle_and_to_other_schemes_end(site: Site) -> None:
    assert reason(site.put("/a", "", status=302, Location="/a")) == "too many redirects"
    assert (
        reason(site.put("/b", "", status=302, Location="file:///etc/passwd")) == "broken redirect"
    )
    assert reason(site.put("/c", "", status=302)) == "HTTP 302"


def test_robots_are_respected_and_asked_for_once_a_host(site: Site) -> None:
    site.put(
        "/robots.txt", "User-agent: *\nDisallow: /private\nAllow: /private/open\n", "text/plain"
    )
    urls = [site.put(path, "words " + path, "text/plain") for path in ("/a", "/private/b", "/private/open/c")]  # fmt: skip
    items = read(*urls)
    assert [type(item).__name__ for item in items] == ["Document", "Dropped", "Document"]
    assert items[1].reason == "refused by robots.txt"  # type: ignore[union-attr]
    assert site.asked == ["/robots.txt", "/a", "/private/open/c"]


@pytest.mark.parametrize(("status", "kept"), [(404, True), (403, True), (500, False), (503, False)])
def test_a_missing_robots_file_allows_all_and_a_failing_one_nothing(
    site: Site, status: int, kept: bool
) -> None:
    site.put("/robots.txt", "", status=status)
    (item,) = read(site.put("/a.txt", "words", "text/plain"))
    assert isinstance(item, Document) == kept


def test_the_longest_rule_counts_and_our_own_group_goes_before_all() -> None:
    rules = robots(
        "User-agent: *\nDisallow: /\n\n# ours\nUser-Agent: other\nUser-agent: LongGrain\n"
        "Disallow: /*.pdf$\nAllow: /papers/*.pdf$\nDisallow: /q?\nCrawl-delay: 2.5\nDisallow:\n"
    )
    assert rules.delay == 2.5
    allowed = {
        "/a": True,
        "/a.pdf": False,
        "/a.pdf?x": True,
        "/papers/a.pdf": True,
        "/q?x=1": False,
    }
    assert {path: rules.allows(path) for path in allowed} == allowed


def test_a_host_is_given_time_between_two_fetches_up_to_a_bound(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 1000\n", "text/plain")
    urls = [site.put(f"/{n}.txt", f"{n}", "text/plain") for n in range(3)]
    read(*urls, longest_delay=0.3)
    first, second, third = site.at[1:]
    assert second - first > 0.28
    assert 0.28 < third - second < 2


def test_chinese_letters_in_a_url_are_escaped(site: Site) -> None:
    site.put("/%E6%B8%AF%E5%8F%A3.txt", "words", "text/plain")
    assert one(f"http://127.0.0.1:{site.port}/港口.txt#top").text == "words"


# --- fetched once ---


def test_what_was_fetched_is_not_fetched_again_and_reads_the_same(site: Site) -> None:
    url = site.put("/a.txt", "first words", "text/plain")
    before = read(url)
    site.put("/a.txt", "other words", "text/plain")
    assert read(url) == before
    assert site.asked.count("/a.txt") == 1


def test_an_old_answer_is_fetched_again(site: Site) -> None:
    url = site.put("/a.txt", "first words", "text/plain")
    read(url)
    site.put("/a.txt", "other words", "text/plain")
    time.sleep(0.02)
    assert one(url, keep_days=0.01 / 86_400).text == "other words"


def test_bytes_that_changed_between_listing_and_reading_are_never_used(
    site: Site, tmp_path: Path
) -> None:
    url = site.put("/a.txt", "first words", "text/plain")
    settings = {"web": {"allow_private": True, "delay": 0.0, "cache": str(tmp_path / "kept")}}
    (listed,) = corpus.sources(url, readers=settings)
    (kept,) = (tmp_path / "kept").iterdir()
    kept.unlink()
    site.put("/a.txt", "other words", "text/plain")
    (item,) = corpus.documents(listed, readers=settings)
    assert isinstance(item, Dropped)
    assert item.reason == "changed while it was read"


def test_a_wrong_setting_is_a_plan_error() -> None:
    with pytest.raises(PlanError, match="keep_days"):
        corpus.sources("http://example.invalid/", readers={"web": {"keep_days": 0}})


def test_a_build_over_urls_fetches_each_once_and_goes_on_with_the_same_bytes(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A plan's readers have their default settings, so the test server must count as public.
    monkeypatch.setattr(addresses, "is_public", lambda address: True)
    monkeypatch.setattr(web.Web.__init__, "__kwdefaults__", {**web.Web.__init__.__kwdefaults__, "delay": 0.0})  # fmt: skip
    urls = [site.put(f"/{n}.md", handbook(n), "text/markdown") for n in range(8)]
    plan = small_plan(tmp_path, sources=[*urls, f"http://127.0.0.1:{site.port}/gone"])
    run = build(plan, tmp_path / "run")
    step = next(one for one in run.manifest["steps"] if one["step"] == "read")
    assert (step["asked"], step["made"], step["dropped"]) == (9, 8, {"HTTP 404": 1})
    for n in range(8):
        site.put(f"/{n}.md", handbook(n) + "changed", "text/markdown")
    build(plan, tmp_path / "run")
    assert sorted(path for path in site.asked if path.endswith(".md")) == [
        f"/{n}.md" for n in range(8)
    ]
