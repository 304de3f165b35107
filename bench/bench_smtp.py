"""How fast emails leave over SMTP: ours, the standard library's, and nodemailer's.

A digest for each reader, merged and encoded, to a server on loopback that keeps nothing
(sink.c). Each sender is a process of its own; the ratios are from one run. The last
lines are the whole command, from its start to its end: articles read, a plan, checks,
each delivery claimed before it leaves and settled after.
Run: .venv/bin/python bench/bench_smtp.py [how many thousands]
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import bench_render as job
import road

from publisher import mime
from publisher.models import Receipt, Subscriber
from publisher.providers.smtp import Smtp

HERE = Path(__file__).parent
NODEMAILER = Path.home() / ".cache/publisher-tests/nodemailer"
SLOW = 200  # messages, for those who send a hundred a second


@dataclass
class Took:
    """What one sender needed."""

    messages: int
    seconds: float
    cpu: float
    megabytes: float


# --- the senders, each run in a process of its own -----------------------------------


def reader(number: int) -> Subscriber:
    return Subscriber(address=f"reader{number}@example.org", name=f"Reader {number}")


def by_smtplib(port: int, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(count):
            server.send_message(job.standard(job.merged(reader(number))))


def by_us(port: int, count: int, connections: int = 1) -> None:
    smtp = Smtp("127.0.0.1", port, security="none", connections=connections)
    emails = (job.merged(reader(number)) for number in range(count))
    answers = [answer for _, answer in smtp.send_each(emails)]
    assert len(answers) == count
    assert all(isinstance(one, Receipt) for one in answers)
    smtp.close()


SENDERS: dict[str, Callable[[int, int], None]] = {
    "smtplib": by_smtplib,
    "one": by_us,
    "four": lambda port, count: by_us(port, count, 4),
}


def be_a_sender(name: str, port: int, count: int) -> None:
    mime.encode(job.merged(reader(0)))
    began, cpu = perf_counter(), process_time()
    SENDERS[name](port, count)
    took = perf_counter() - began, process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([count, *took, peak]))


def by_python(name: str, port: int, count: int) -> Took:
    command = [sys.executable, __file__, name, str(port), str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Took(*json.loads(done.stdout))


# --- nodemailer ----------------------------------------------------------------------

NODE = """
const fs = require('fs'), {createTransport} = require('nodemailer');
const [port, count, lines, file] = process.argv.slice(1);
const {html, text} = JSON.parse(fs.readFileSync(file, 'utf8'));
const pool = createTransport({host: '127.0.0.1', port: +port, pool: true,
  maxConnections: +lines, maxMessages: Infinity, ignoreTLS: true});
const one = number => {
  const own = words => words.replaceAll('@@NAME@@', 'Reader ' + number);
  return pool.sendMail({from: 'letters@example.org', subject: 'The Lantern',
    to: `reader${number}@example.org`, html: own(html), text: own(text),
    list: {unsubscribe: `https://example.org/out/${number}`}});
};
(async () => {
  const began = process.hrtime.bigint(), cpu = process.cpuUsage();
  await Promise.all(Array.from({length: +count}, (_, number) => one(number)));
  const {user, system} = process.cpuUsage(cpu);
  console.log(JSON.stringify([+count, Number(process.hrtime.bigint() - began) / 1e9,
    (user + system) / 1e6, process.resourceUsage().maxRSS / 1024]));
  pool.close();
})();
"""


def by_nodemailer(port: int, count: int, connections: int, folder: Path) -> Took:
    sample = job.merged(Subscriber(address="reader@example.org", name="@@NAME@@"))
    content = folder / "sample.json"
    content.write_text(json.dumps({"html": sample.html, "text": sample.text}))
    arguments = [str(port), str(count), str(connections), str(content)]
    done = subprocess.run(
        ["node", "-e", NODE, *arguments],
        env={**os.environ, "NODE_PATH": str(NODEMAILER / "node_modules")},
        check=True,
        capture_output=True,
        text=True,
    )
    return Took(*json.loads(done.stdout))


def has_nodemailer() -> bool:
    """Say whether it is there; npm puts it into the cache once, where there is npm."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    if not (NODEMAILER / "node_modules/nodemailer").is_dir():
        NODEMAILER.mkdir(parents=True, exist_ok=True)
        (NODEMAILER / "package.json").write_text('{"private": true}')
        install = ["npm", "install", "nodemailer@7", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=NODEMAILER, capture_output=True, check=False)
    return (NODEMAILER / "node_modules/nodemailer").is_dir()


# --- the command ---------------------------------------------------------------------


def by_commands(port: int, folder: Path, count: int, each: int) -> Took:
    """Send so many campaigns at once, from one folder, to so many readers each."""
    settings = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port)}
    lists = [f"list{number}" for number in range(count)]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        road.lay_out(Path(place) / "letters", lists, each)
        took = road.sent(
            Path(place) / "letters", settings | {"SMTP_SECURITY": "none"}, lists
        )
    return Took(each * count, *took)


def commands(program: Path, folder: Path, each: int, base: float, *flags: str) -> None:
    """Print what one command does, and four at once, that share one ledger."""
    way = "DATA" if flags else "BDAT"
    one = measure(program, flags, lambda port: by_commands(port, folder, 1, each))
    row(f"publisher send, {way}", one, base)
    four = measure(program, flags, lambda port: by_commands(port, folder, 4, each))
    row("  four at once", four, base)
    ratio = four.messages / four.seconds / one.messages * one.seconds
    print(f"  four processes are {ratio:.1f} times as fast as one")


# --- the sink ------------------------------------------------------------------------


def built(folder: Path) -> Path | None:
    """Compile the sink; None where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    program = folder / "sink"
    flags = ["-O2", "-pthread", "-o", str(program)]
    subprocess.run([compiler, *flags, str(HERE / "sink.c")], check=True)
    return program


@contextmanager
def running(program: Path, *flags: str) -> Iterator[tuple[int, Callable[[], str]]]:
    """Run a sink; give its port, and what ends it and returns its totals."""
    sink = subprocess.Popen([program, *flags], stdout=subprocess.PIPE, text=True)

    def ended() -> str:
        sink.terminate()
        return sink.communicate()[0].strip()

    try:
        assert sink.stdout
        yield int(sink.stdout.readline().split()[1]), ended
    finally:
        sink.kill()


def ceiling(program: Path, content: Path, lines: int, *flags: str) -> Took:
    """Return how fast C fills the sink: what no sender can exceed."""
    count = 20_000
    load = ["-f", str(content), "-n", str(count), "-c", str(lines), *flags]
    with running(program, *flags) as (port, _):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = perf_counter()
        subprocess.run([program, "-p", str(port), *load], check=True)
        seconds = perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(count, seconds, cpu, 0)


# --- the table -----------------------------------------------------------------------


def measure(program: Path, flags: tuple[str, ...], send: Callable[[int], Took]) -> Took:
    """Return the better of two runs, if the sink counted what was sent."""
    runs = []
    for _ in range(2):
        with running(program, *flags) as (port, ended):
            runs.append(send(port))
            counted = int(ended().split()[1])
        assert counted == runs[-1].messages, f"{counted} of {runs[-1].messages} arrived"
    return min(runs, key=lambda took: took.seconds)


def row(name: str, took: Took, baseline: float) -> None:
    rate = took.messages / took.seconds
    memory = f"{took.megabytes:5.0f}" if took.megabytes else "    -"
    print(
        f"  {name:40} {rate:9,.0f} {rate / baseline:7.1f}x"
        f" {took.cpu / took.messages * 1000:9.3f} {memory}"
    )


def table(folder: Path, thousands: int) -> None:
    program = built(folder)
    if program is None:
        print("smtp: missing, no C compiler for the sink")
        return
    content = folder / "content"
    content.write_bytes(mime.encode(job.merged(reader(1))))
    size, many, data = content.stat().st_size, thousands * 1000, ("-d",)
    print(f"smtp: a digest of {size:,} bytes to a sink on loopback")
    print(f"  {'':40} {'a second':>9} {'':>8} {'CPU s/1000':>9} {'MB':>4}")
    standard = measure(program, (), lambda port: by_python("smtplib", port, SLOW))
    base = standard.messages / standard.seconds
    row("smtplib + EmailMessage", standard, base)
    if has_nodemailer():
        for lines in (1, 4):
            node = measure(
                program, (), lambda port, n=lines: by_nodemailer(port, SLOW, n, folder)
            )
            row(f"nodemailer, pool of {lines}", node, base)
    else:
        print("  nodemailer: missing (needs node and npm)")
    for name, sender, flags in (
        ("publisher, one connection, DATA", "one", data),
        ("publisher, one connection, BDAT", "one", ()),
        ("publisher, four connections, DATA", "four", data),
        ("publisher, four connections, BDAT", "four", ()),
    ):
        ours = measure(program, flags, lambda port, s=sender: by_python(s, port, many))
        row(name, ours, base)
    for flags in ((), data):
        commands(program, folder, 3 * many, base, *flags)
    for lines in (1, 4):
        row(
            f"the sink's ceiling, BDAT, {lines} x C",
            ceiling(program, content, lines),
            base,
        )


def main() -> None:
    if len(sys.argv) == 4:
        be_a_sender(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
        return
    with tempfile.TemporaryDirectory() as folder:
        table(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 10)


if __name__ == "__main__":
    main()
