"""Serving over HTTP: the process that the user starts. It holds the socket and follows the current release."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from werkzeug.middleware.proxy_fix import ProxyFix

from endpoint import create_app, house, questions, shelf, web
from endpoint.crews import Load
from endpoint.documents import Documents
from endpoint.following import LOOK_SECONDS, Target
from endpoint.gate import Gate, Rate, networks
from endpoint.negotiation import DOCUMENTS, Offer
from endpoint.release import OpenRelease
from endpoint.remote import NO_DATA, RemoteEvaluators
from endpoint.words import LANGUAGES
from endpoint.workers import Evaluators, Limits
from endpoint.zygote import settle
from kg import published
from kg.engine import Engine
from kg.errors import MisuseError, ReleaseError
from kg.names import Names
from kg.remote import RemoteStore
from kg.store import Store
from kg.vocabulary import GRAPHS, Vocabulary

_BACKLOG = 2048
_START_SECONDS = 300.0
_END_SECONDS = 4.5
"""after SIGTERM, until what has not ended is ended"""
_END_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_EVERYBODY = ("0.0.0.0/0", "::/0")
_log = logging.getLogger("jichi.service")


def placed(app: Callable, prefix: str = "", believes: bool = False) -> Callable:
    """The application below a path: a fixed `prefix` such as `/lod`, or the one that a trusted proxy names.

    Where proxies are believed, so are their X-Forwarded-Prefix, -Host and -Proto; of others they do not arrive here.
    """
    if believes:
        app = ProxyFix(app, x_for=0, x_proto=1, x_host=1, x_prefix=1)
    if not prefix.strip("/"):
        return app
    mount = f"/{prefix.strip('/')}"

    def below(environ: dict, start_response: Callable) -> Iterable[bytes]:
        """The proxy may pass the prefix on or have taken it off: links carry it either way."""
        path = environ.get("PATH_INFO", "")
        if path == mount or path.startswith(f"{mount}/"):
            environ["PATH_INFO"] = path[len(mount):] or "/"
        environ["SCRIPT_NAME"] = mount
        return app(environ, start_response)

    return below


def serve(
    folder: Path,
    vocabulary: Vocabulary,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    say: Callable[[str], None] = print,
    prefix: str = "",
    behind_proxy: bool = False,
    trusted: Sequence[str] = (),
    rate: Rate = Rate(),
    pages: bool = True,
    engine: Engine | None = None,
    copies: Path | None = None,
    report_to: str | None = None,
) -> None:
    """Serve the release that `folder` is, or leads to now and later, until interrupted.

    `port` 0 takes a free one; `say` gets the address. Proxies of the networks in `trusted` are believed, with
    `behind_proxy` whoever connects. `pages`: documents are made beforehand. With an `engine`, which holds the release,
    nothing is loaded here and queries and documents are answered from there. With `copies`, a folder of source
    documents, pages show their text; no page is then kept on disk. `report_to`: where readers report errors.
    ReleaseError when there is no release, MisuseError when the address is taken.
    """
    limits = limits or Limits()
    gate = Gate(rate, networks((*trusted, *(_EVERYBODY if behind_proxy else ()))))
    if engine is not None:
        # Seen before anything is started, so that the words of the error reach who starts it.
        OpenRelease.open(folder, vocabulary, engine)
    _log_to_stderr()
    listener = _bound(host, port)
    address = f"http://{_shown(host)}:{listener.getsockname()[1]}/"
    with listener, tempfile.TemporaryDirectory(prefix="jichi-") as metrics:
        kept = pages and engine is None and copies is None
        site = _Site(folder, vocabulary, limits, gate, prefix, kept, engine, copies, report_to)
        if limits.fork:
            _Master(site, listener, Path(metrics)).run(lambda: say(address))
        else:
            _serve_alone(site, listener, lambda: say(address))


class _Site:
    """How a release is loaded for serving."""

    def __init__(
        self, link: Path, vocabulary: Vocabulary, limits: Limits, gate: Gate, prefix: str, pages: bool,
        engine: Engine | None, copies: Path | None, report_to: str | None,
    ) -> None:
        self.link, self.limits, self.gate = link, limits, gate
        self._vocabulary, self._prefix, self._pages, self._engine = vocabulary, prefix, pages, engine
        self._copies, self._report_to = copies, report_to
        # Here and not in the process of each release, which is forked from this one: it takes as long as loading.
        for name in GRAPHS:
            vocabulary.source(name)

    def load(self, folder: Path) -> house.Loaded:
        vocabulary = self._vocabulary
        release = OpenRelease.open(folder, vocabulary, self._engine)
        lent = _Lent()
        made = create_app(release, vocabulary, lent, self._copies, self._report_to)  # type: ignore[arg-type]
        app = placed(made, self._prefix, bool(self.gate.trusted))

        def for_evaluators(evaluators: Evaluators) -> Callable:
            remote = isinstance(release.store, RemoteStore)
            lent.lend(RemoteEvaluators(release.store, evaluators) if remote else evaluators)
            return app

        path = None
        if self._pages:
            project = vocabulary.project
            path = shelf.place_of(published.home(folder), release.release.version, Path(__file__).parent,
                                  Path(sys.modules["kg"].__path__[0]), project.ontology, project.shapes, project.mappings,
                                  settings=f"{self._prefix} {self._report_to or ''}".rstrip())

        def fill() -> int:
            paths = Documents(release, vocabulary, Names(vocabulary.base)).paths()
            return shelf.fill(app, shelf.targets(paths, Offer(DOCUMENTS), LANGUAGES), path)

        def plan(asked: questions.Asked, accept: str | None) -> questions.Plan:
            return questions.plan(asked, accept, vocabulary, release.release.sha256)

        opened = web.Opened(for_evaluators, plan if self._engine is None else None, release.release.version, path)
        load, store = Load(release.data, vocabulary.base, vocabulary.prefixes), release.store
        if self._engine is not None:
            # Evaluators then check queries, and need no data for that.
            load, store = replace(load, data=NO_DATA), Store.load([], base=vocabulary.base)
            self._engine.close()
        return house.Loaded(opened, load, store, fill if path is not None and not path.exists() else None)


class _Lent:
    """Evaluators that come only when the application has been made: it is made once and forked."""

    def lend(self, evaluators: Evaluators | RemoteEvaluators) -> None:
        self._evaluators = evaluators

    def __getattr__(self, name: str) -> object:
        return getattr(self.__dict__["_evaluators"], name)


class _Master:
    """Starts the processes of the current release, and those of the next before it ends the former."""

    def __init__(self, site: _Site, listener: socket.socket, metrics: Path) -> None:
        self._site, self._listener, self._metrics = site, listener, metrics
        self._refused: Target | None = None
        self._former: list[house.Tenant] = []

    def run(self, ready: Callable[[], None]) -> None:
        """Until SIGTERM or Ctrl-C. ReleaseError when there is no release to begin with."""
        # Before the first fork, or the collector of the process that loads a release would copy all that is shared with it.
        settle()
        target = Target.of(self._site.link)
        folder, tenant = target.folder, self._begin(target.folder)
        code = tenant.wait_until_ready(_START_SECONDS)
        if code is not None:
            tenant.wait(1)
            raise ReleaseError(code, str(folder))
        # Not handled but waited for: a handler would come back to a sleep that goes on.
        signal.pthread_sigmask(signal.SIG_BLOCK, {*_END_SIGNALS, signal.SIGCHLD})
        ready()
        while not tenant.has_ended():
            found = signal.sigtimedwait({*_END_SIGNALS, signal.SIGCHLD}, LOOK_SECONDS)
            if found is not None and found.si_signo in _END_SIGNALS:
                self._end([tenant, *self._former])
                return
            tenant, target = self._look(tenant, target)
        raise ReleaseError("evaluator-start", str(target.folder))

    def _look(self, tenant: house.Tenant, target: Target) -> tuple[house.Tenant, Target]:
        """Take up the release that the link leads to now, if it is another one and can be opened."""
        self._former = [former for former in self._former if not former.has_ended()]
        current = Target.of(self._site.link)
        if current in (target, self._refused):
            return tenant, target
        fresh = self._begin(current.folder)
        code = fresh.wait_until_ready(_START_SECONDS)
        if code is not None:
            self._refused = current
            _log.error("release %s not taken up: %s", current.folder.name, code)
            fresh.signal(signal.SIGKILL)
            self._former.append(fresh)
            return tenant, target
        _log.info("release %s taken up after %s", current.folder.name, target.folder.name)
        tenant.signal(signal.SIGUSR1)
        self._former.append(tenant)
        return fresh, current

    def _begin(self, folder: Path) -> house.Tenant:
        return house.begin(lambda: self._site.load(folder), self._listener, self._site.limits, self._site.gate,
                           self._metrics)

    def _end(self, tenants: Sequence[house.Tenant]) -> None:
        until = time.monotonic() + _END_SECONDS
        for tenant in tenants:
            tenant.signal(signal.SIGTERM)
        for tenant in tenants:
            if not tenant.wait(max(0.0, until - time.monotonic())):
                tenant.signal(signal.SIGKILL)
                tenant.wait(1)


def _serve_alone(site: _Site, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Without fork: one process, whose evaluators are started one by one. It does not follow releases."""
    loaded = site.load(site.link.resolve())
    with Evaluators(loaded.load, replace(site.limits, processes=1)) as evaluators:
        web.run(listener, loaded.opened, evaluators, site.gate, None, ready)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise MisuseError("address-taken", f"{host}:{port}", detail=error.strerror or error) from None
    listener.setblocking(False)
    return listener


def _log_to_stderr() -> None:
    """One line each, as it is: the lines of requests are JSON."""
    logger = logging.getLogger("jichi")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


def _shown(host: str) -> str:
    """The host as it stands in a URL."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
