"""What earlier runs saw: SQLite in a file, or PostgreSQL by its URL, with one library for both.

A run is written whole, in one transaction, or not at all. Nothing of a state goes into it but names
of stacks and resources, regions, machines, and figures that Lichen computed.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lichen.document import InputError
from lichen_practices.watching.address import is_ambiguous, without_secret
from lichen_practices.watching.deployed import Running
from lichen_practices.watching.notices import EarlierClass, Notice

try:
    import sqlalchemy as sql
    from sqlalchemy.engine import Connection, Engine
except ImportError:
    raise InputError(
        "a history needs a package that is not installed", fix="pip install 'lichen[watch]'"
    ) from None

VERSION = 1
"""Of the tables below. A history with a higher one was written by a newer Lichen."""

_TABLES = sql.MetaData()
_VERSIONS = sql.Table("lichen_history", _TABLES, sql.Column("version", sql.Integer, nullable=False))
_RUNS = sql.Table(
    "lichen_runs",
    _TABLES,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("at", sql.DateTime, nullable=False, index=True),
    sql.Column("lichen", sql.String(32), nullable=False),
    sql.Column("catalogue", sql.String(64), nullable=False),
    sql.Column("stacks", sql.Integer, nullable=False),
)
_RUNNING = sql.Table(
    "lichen_running",
    _TABLES,
    sql.Column("run", sql.ForeignKey("lichen_runs.id"), nullable=False, index=True),
    sql.Column("stack", sql.Text, nullable=False),
    sql.Column("key", sql.Text, nullable=False),
    sql.Column("name", sql.Text, nullable=False),
    sql.Column("region", sql.String(64)),
    sql.Column("carbon_class", sql.String(16), nullable=False),
    sql.Column("machine", sql.String(128)),
    sql.Column("machines", sql.Integer),
    sql.Column("model", sql.Text),
    sql.Column("usd_month", sql.Float),
    sql.Column("gco2e_month_low", sql.Float),
    sql.Column("gco2e_month", sql.Float),
    sql.Column("gco2e_month_high", sql.Float),
)
_NOTICES = sql.Table(
    "lichen_notices",
    _TABLES,
    sql.Column("run", sql.ForeignKey("lichen_runs.id"), nullable=False, index=True),
    sql.Column("kind", sql.String(32), nullable=False),
    sql.Column("stack", sql.Text, nullable=False),
    sql.Column("resource", sql.Text, nullable=False),
    sql.Column("fingerprint", sql.String(16), nullable=False),
)
_FINDINGS = sql.Table(
    "lichen_findings",
    _TABLES,
    sql.Column("run", sql.ForeignKey("lichen_runs.id"), nullable=False, index=True),
    sql.Column("stack", sql.Text, nullable=False),
    sql.Column("fingerprint", sql.String(16), nullable=False),
)
# The first class that was known of a region since an endpoint was first seen there; it stays until
# the endpoint moves.
_FIRST = sql.Table(
    "lichen_first_seen",
    _TABLES,
    sql.Column("stack", sql.Text, primary_key=True),
    sql.Column("key", sql.Text, primary_key=True),
    sql.Column("region", sql.String(64), primary_key=True),
    sql.Column("carbon_class", sql.String(16), nullable=False),
    sql.Column("seen", sql.Date, nullable=False),
)


class RunTotals(msgspec.Struct, frozen=True, kw_only=True):
    """All that ran at a time. Grams and dollars are those that are known; ``notices`` count what
    was noticed."""

    at: datetime.datetime
    stacks: int
    running: int
    gco2e_month: float
    usd_month: float
    notices: int


class LastRun(msgspec.Struct, frozen=True, kw_only=True):
    """The run before: when, what it noticed, and the findings of each stack."""

    at: datetime.datetime
    notices: frozenset[str]
    findings: Mapping[str, frozenset[str]]


class History:
    """The runs of one database. :class:`InputError` where it cannot be used."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._shown = without_secret(where)
        self._engine = self._opened()

    def close(self) -> None:
        self._engine.dispose()

    def last(self) -> LastRun | None:
        """The latest run; None where there is none."""
        with self._reading() as connection:
            row = connection.execute(
                sql.select(_RUNS.c.id, _RUNS.c.at).order_by(_RUNS.c.id.desc()).limit(1)
            ).first()
            if row is None:
                return None
            seen = connection.execute(
                sql.select(_NOTICES.c.fingerprint).where(_NOTICES.c.run == row.id)
            )
            noticed = frozenset(each.fingerprint for each in seen)
            findings: dict[str, set[str]] = {}
            for each in connection.execute(
                sql.select(_RUNNING.c.stack).where(_RUNNING.c.run == row.id).distinct()
            ):
                findings.setdefault(each.stack, set())
            for each in connection.execute(
                sql.select(_FINDINGS.c.stack, _FINDINGS.c.fingerprint).where(
                    _FINDINGS.c.run == row.id
                )
            ):
                findings.setdefault(each.stack, set()).add(each.fingerprint)
        return LastRun(
            at=row.at,
            notices=noticed,
            findings={stack: frozenset(marks) for stack, marks in findings.items()},
        )

    def first_classes(self) -> Mapping[tuple[str, str, str], EarlierClass]:
        """The class of a region when an endpoint was first seen there, by stack, key and region."""
        with self._reading() as connection:
            return _first_classes(connection)

    def totals(self, most: int = 60) -> tuple[RunTotals, ...]:
        """The latest runs, the oldest of them first."""
        grams, dollars = sql.func.sum(_RUNNING.c.gco2e_month), sql.func.sum(_RUNNING.c.usd_month)
        noticed = sql.select(sql.func.count()).where(_NOTICES.c.run == _RUNS.c.id).scalar_subquery()
        with self._reading() as connection:
            rows = connection.execute(
                sql.select(
                    _RUNS.c.at,
                    _RUNS.c.stacks,
                    sql.func.count(_RUNNING.c.key).label("running"),
                    grams.label("grams"),
                    dollars.label("dollars"),
                    noticed.label("notices"),
                )
                .outerjoin(_RUNNING, _RUNNING.c.run == _RUNS.c.id)
                .group_by(_RUNS.c.id, _RUNS.c.at, _RUNS.c.stacks)
                .order_by(_RUNS.c.id.desc())
                .limit(most)
            ).all()
        return tuple(
            RunTotals(
                at=row.at.replace(tzinfo=datetime.UTC),
                stacks=row.stacks,
                running=row.running,
                gco2e_month=row.grams or 0.0,
                usd_month=row.dollars or 0.0,
                notices=row.notices,
            )
            for row in reversed(rows)
        )

    def write(
        self,
        at: datetime.datetime,
        lichen: str,
        catalogue: str,
        stacks: int,
        running: Sequence[Running],
        notices: Sequence[Notice],
        findings: Mapping[str, Sequence[str]],
    ) -> None:
        """One run, whole or not at all."""
        with self._writing() as connection:
            made = connection.execute(
                _RUNS.insert().values(
                    at=_naive(at), lichen=lichen, catalogue=catalogue, stacks=stacks
                )
            ).inserted_primary_key
            assert made is not None
            run = made[0]
            _insert(connection, _RUNNING, (_row_of(run, each) for each in running))
            _insert(
                connection,
                _NOTICES,
                (
                    {
                        "run": run,
                        "kind": each.kind,
                        "stack": each.stack,
                        "resource": each.resource,
                        "fingerprint": each.fingerprint,
                    }
                    for each in notices
                ),
            )
            _insert(
                connection,
                _FINDINGS,
                (
                    {"run": run, "stack": stack, "fingerprint": mark}
                    for stack, marks in findings.items()
                    for mark in dict.fromkeys(marks)
                ),
            )
            known = set(_first_classes(connection))
            first = {
                (each.stack, each.key, each.region): each
                for each in running
                if each.region is not None and each.carbon_class != "unknown"
            }
            _insert(
                connection,
                _FIRST,
                (
                    {
                        "stack": each.stack,
                        "key": each.key,
                        "region": each.region,
                        "carbon_class": each.carbon_class,
                        "seen": at.date(),
                    }
                    for key, each in first.items()
                    if key not in known
                ),
            )

    def check_clock(self, now: datetime.datetime) -> None:
        """Refuse a run before the last one: its changes would have the wrong sign."""
        last = self.last()
        if last is not None and _naive(now) < last.at:
            raise InputError(
                f"has a run of {last.at:%Y-%m-%d %H:%M} UTC, and the clock says "
                f"{_naive(now):%Y-%m-%d %H:%M} UTC",
                fix="set the clock, or name another history where that run was the wrong one",
                document=self._shown,
            )

    def _opened(self) -> Engine:
        with self._explained():
            engine = sql.create_engine(self._url())
            with engine.begin() as connection:
                self._check_version(connection)
        return engine

    def _url(self) -> sql.URL:
        if "://" not in self.where:
            return sql.URL.create("sqlite", database=str(Path(self.where).absolute()))
        if is_ambiguous(self.where):
            raise InputError(
                "has a password that is not clear",
                fix="write @, / and ? in a name or a password as %40, %2F and %3F",
                document=self._shown,
            )
        try:
            url = sql.make_url(self.where)
        except (sql.exc.ArgumentError, ValueError):
            url = None
        if url is not None and url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
            return url.set(drivername="postgresql+psycopg")
        if url is not None and url.drivername == "sqlite":
            return url
        raise InputError(
            "is no database that a history is kept in",
            fix="name a file (watch.sqlite), or postgresql://USER@HOST/DATABASE",
            document=self._shown,
        )

    def _check_version(self, connection: Connection) -> None:
        if sql.inspect(connection).has_table(_VERSIONS.name):
            version = connection.execute(sql.select(_VERSIONS.c.version)).scalar()
            if version is not None and version > VERSION:
                raise InputError(
                    f"is of version {version}, which a newer Lichen wrote; this one reads up to "
                    f"{VERSION}",
                    fix="upgrade Lichen, or name another history",
                    document=self._shown,
                )
            if version is not None:
                return
        others = set(sql.inspect(connection).get_table_names()) - set(_TABLES.tables)
        if others and connection.dialect.name == "sqlite":  # a server's database may be shared
            raise InputError(
                "is another program's database",
                fix="name a file that is not there yet, or a history of lichen watch",
                document=self._shown,
            )
        _TABLES.create_all(connection)
        connection.execute(_VERSIONS.insert().values(version=VERSION))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """A database's own error as a sentence, without a password that may be in it."""
        try:
            yield
        except sql.exc.SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            cause = re.sub(r"[^ ]+://[^ ]+", lambda _address: self._shown, cause)
            raise InputError(
                f"cannot be used ({cause[:200]})",
                fix="check the path or the URL, and that the file is a history of lichen watch",
                document=self._shown,
            ) from None
        except (ValueError, TypeError):  # a value that no history has
            raise InputError(
                "is damaged: it has a value that no history has",
                fix="name another history, or restore this one",
                document=self._shown,
            ) from None


def _first_classes(connection: Connection) -> dict[tuple[str, str, str], EarlierClass]:
    return {
        (row.stack, row.key, row.region): EarlierClass(row.carbon_class, row.seen)
        for row in connection.execute(sql.select(_FIRST))
    }


def _insert(connection: Connection, table: sql.Table, rows: Iterator[dict[str, object]]) -> None:
    values = list(rows)
    if values:
        connection.execute(table.insert(), values)


def _naive(at: datetime.datetime) -> datetime.datetime:
    """A time in UTC without its zone, as both databases keep it."""
    return at.astimezone(datetime.UTC).replace(tzinfo=None)


def _row_of(run: int, each: Running) -> dict[str, object]:
    grams = each.gco2e_month
    return {
        "run": run,
        "stack": each.stack,
        "key": each.key,
        "name": each.name,
        "region": each.region,
        "carbon_class": each.carbon_class,
        "machine": each.machine,
        "machines": each.machines,
        "model": each.model,
        "usd_month": each.usd_month,
        "gco2e_month_low": None if grams is None else grams.low,
        "gco2e_month": None if grams is None else grams.likely,
        "gco2e_month_high": None if grams is None else grams.high,
    }
