"""Spare Cores' runs of llama.cpp and vLLM on cloud machines, as coefficients that a fit can take.

``python -m derive.fit.cloud_runs FOLDER`` reads the runs, which the catalogue does not have (their
repository, SpareCores/sc-inspector-data, has no licence file: docs/data.md), fits the hierarchy of
``make fit`` to them alone, and writes two small tables: ``cloud_run_coefficients.csv`` has the
coefficients that the runs know, each with a standard deviation, which ``make fit`` takes beside
its own rows; ``cloud_run_scores.csv`` says how wrong predictions of the runs are where a machine's
whole family was left out, and how wrong they are without any of the runs.

FOLDER has ``llamacpp_measured.csv`` and ``vllm_measured.csv`` with a row for each run, and of the
machines ``cpu_by_machine.csv`` (lscpu) and ``cpu_bandwidth.csv`` (bw_mem, all threads).

What is known of the runs: llama.cpp (build 4753) has one thread for each core. vLLM (0.22.1) was
loaded by GuideLLM, whose "time per output token" counts the first token as well, so it is not
read. Its strategy ``throughput`` keeps about 60 requests in flight, on CPUs more than
``max_num_seqs`` admits (on GPUs that limit did not hold: tokens a second times the time between
tokens is the number in flight), so a first token is a wait. Under ``constant`` the column
``concurrency`` contradicts Little's law by a factor of two to six: these runs are left out.
"""

from __future__ import annotations

import csv
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec
import numpy as np

from derive.fit.fit_tables import rounded, write_table
from derive.fit.model import CENTRE, Array, Design, Fit, KnownCoefficient, Observation
from derive.fit.observations import all_rows, observation, observed
from derive.fit.spread import median_error_pct
from lichen.catalogue import load
from lichen.catalogue.schema import CloudRunCoefficient, CloudRunScore
from lichen.measured.names import NotPredicted, Tables, chip_name
from lichen.measured.quantity import quantity_of
from lichen.measured.row import Cells, parse_row
from lichen.measured.run import run_of
from lichen.sizing.hardware import Chips
from lichen.sizing.terms import COEFFICIENTS

RUNS_TITLE = "Spare Cores' runs on cloud machines"
PUBLISHER = "sparecores"
"""As publisher_of has it for a row of their repository."""
FOLDS = 6
"""Machine families are dealt into these; each is predicted by a fit of the others."""
OWN_SPREAD = 0.1
"""Log units in which one coefficient of other machines and releases of an engine may differ. That
publishers differ altogether is an effect of the hierarchy, not of single coefficients."""
APART = 1.28 * 0.3
"""Log units on either side that 80 % of other publishers' runs are off on top of other machines."""
WHOLE = 0.6
"""A saturated run counts where at least this share of ``max_num_seqs`` was in flight."""

VLLM_RUN = "2026"
"""The year of vLLM 0.22.1; its rows have no date."""

PROMPTS = {"prompt_128_tokens_s": 128, "prompt_512_tokens_s": 512, "prompt_4096_tokens_s": 4096}
ANSWERS = {"generate_128_tokens_s": 128, "generate_512_tokens_s": 512}

Source = Iterable[Cells]


class Place(NamedTuple):
    """What a run ran on: a cloud's machine, its chip by the catalogue's name, and how much of it.

    ``units`` are cores of a CPU or chips of one copy; ``bandwidth_gb_s`` is what all threads of a
    CPU read together, 0 on accelerators.
    """

    cloud: str
    machine: str
    chip: str
    units: int
    nodes: int
    bandwidth_gb_s: float

    @property
    def family(self) -> str:
        return machine_family(self.cloud, self.machine)


class Timed(NamedTuple):
    """One number of one run: the setting as the cells of a benchmark row, and its value."""

    place: Place
    setting: tuple[tuple[str, str], ...]
    batch: float
    value: float


class Runs(NamedTuple):
    """The numbers that were read, and how many rows were left out for which reason."""

    timed: list[Timed]
    left_out: Counter[str]


def machine_family(cloud: str, machine: str) -> str:
    """Machines that differ in their size alone: ``m7i``, ``c3-highmem``, ``Standard_Das_v5``."""
    if cloud == "aws":
        return machine.partition(".")[0]
    if cloud == "gcp":
        return "-".join(machine.split("-")[:2])
    return re.sub(r"(?<=[A-Z])\d+(-\d+)?", "", machine, count=1)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class MeasuredMachines:
    """Chips, cores, NUMA nodes and bandwidth of the machines of a folder."""

    def __init__(self, processors: Source, bandwidths: Source, tables: Tables) -> None:
        self._tables = tables
        self._processors = {(row["cloud"], row["machine"]): row for row in processors}
        self._read = {
            (row["cloud"], row["machine"]): float(row["read_gb_s"])
            for row in bandwidths
            if row["read_gb_s"]
        }

    def place(self, cloud: str, machine: str) -> Place | str:
        """Where a run on a machine's cores ran, or why that is not known."""
        row = self._processors.get((cloud, machine))
        if row is None:
            return "nobody says what processor the machine has"
        known = self._tables.catalogue.machines.get(machine)
        threads = int(row["threads_per_core"] or 1)
        seen = chip_name(row["cpu_model"])
        names = (seen, known and known.cpu, row["catalogue_cpu"], row["bios_model"])
        chips = self._tables.known.chips
        found = [chip for name in names if name and (chip := chips.get(name))]
        # The same silicon may be two chips of the catalogue, with and without its second threads.
        chip = next((c for c in found if c.threads_per_core == threads), next(iter(found), None))
        if chip is None:
            return f"no chip of the catalogue is the {seen}"
        read = self._read.get((cloud, machine))
        if read is None:
            return "nobody measured the machine's bandwidth"
        cores = max(1, int(row["cpus"]) // threads)
        return Place(cloud, machine, chip.name, cores, int(row["numa_nodes"] or 1), read)

    def accelerator(self, cloud: str, machine: str, name: str, chips: int) -> Place | str:
        """Where a run on a machine's accelerators ran, or why that is not known."""
        known = self._tables.catalogue.machines.get(machine)
        chip = self._tables.known.chips.get((known and known.accelerator) or name)
        if chip is None or self._tables.known.chips.one(chip) is None:
            return f"no chip of the catalogue is the {name}, or it has no rates"
        return Place(cloud, machine, chip.name, chips, 1, 0.0)


def llama_runs(rows: Source, machines: MeasuredMachines) -> Runs:
    """Prompt and generation speeds of llama-bench."""
    timed: list[Timed] = []
    left_out: Counter[str] = Counter()
    for row in rows:
        place: Place | str
        if row["accelerator"]:
            chips, whole = row["gpu_seen"], row["gpu_layers"] == "999"
            if not whole or "," in chips or re.search(r"-\d+Q$", chips) or not chips:
                left_out["a part of a GPU, several that take turns, or its host"] += 1
                continue
            place = machines.accelerator(row["cloud"], row["machine"], row["accelerator"], 1)
        else:
            place = machines.place(row["cloud"], row["machine"])
        if isinstance(place, str):
            left_out[place] += 1
            continue
        base = {
            "model": row["model_file"],
            "precision": "q4_k_m",
            "serving_stack": "llama.cpp",
            "date_version": row["run_date"][:4],
        }
        for column, tokens in PROMPTS.items():
            if value := _number(row, column):
                cells = {**base, "metric": "prefill speed", "input_tokens": str(tokens)}
                timed.append(Timed(place, tuple(cells.items()), 1.0, value))
        for column, tokens in ANSWERS.items():
            if value := _number(row, column):
                cells = {**base, "metric": "decode speed", "output_tokens": str(tokens)}
                timed.append(Timed(place, tuple(cells.items()), 1.0, value))
    return Runs(timed, left_out)


def vllm_runs(rows: Source, machines: MeasuredMachines) -> Runs:
    """First tokens and times between tokens of single requests, and saturated throughput."""
    timed: list[Timed] = []
    left_out: Counter[str] = Counter()
    for row in rows:
        reason = _not_read(row)
        if reason:
            left_out[reason] += 1
            continue
        parallel = int(row["tensor_parallel"] or 0)
        place: Place | str
        if row["mode"] == "gpu":
            place = machines.accelerator(row["cloud"], row["machine"], row["gpu"], max(1, parallel))
        else:
            place = machines.place(row["cloud"], row["machine"])
        if isinstance(place, str):
            left_out[place] += 1
            continue
        base = {
            "model": row["model_id"],
            "precision": "bf16",
            "serving_stack": "vLLM",
            "date_version": VLLM_RUN,
            "input_tokens": row["prompt_tokens"],
            "output_tokens": row["output_tokens"],
        }
        metrics = {"itl_p50": ("itl median", "ms")}
        batch = 1.0
        if row["strategy"] == "synchronous":
            metrics["ttft_p50"] = ("ttft median", "ms")
        else:
            metrics["output_throughput_None"] = ("output throughput", "tokens/s")
            batch = float(row["concurrency"])
            if row["mode"] == "cpu":
                batch = min(batch, float(row["max_num_seqs"]))
        for column, (metric, unit) in metrics.items():
            if value := _number(row, column):
                cells = {**base, "metric": metric, "unit": unit, "load": row["strategy"]}
                timed.append(Timed(place, tuple(cells.items()), batch, value))
    return Runs(timed, left_out)


def _not_read(row: Cells) -> str:
    """Why a vLLM run is left out; blank where it is not."""
    if "bnb" in row["model_id"]:
        return "bitsandbytes weights, which no precision here is"
    if row["strategy"] == "constant":
        return "constant rate: its concurrency contradicts Little's law"
    if row["mode"] == "gpu" and row["data_parallel"] not in ("", "1"):
        return "several copies on one machine"
    if row["mode"] == "cpu" and row["tensor_parallel"] not in ("", "0", "1"):
        return "one copy on several NUMA nodes"
    if not _number(row, "request_throughput_None"):
        return "no request ended within the time of the run"
    if row["strategy"] == "throughput" and row["mode"] == "cpu":
        flying = _number(row, "concurrency") or 0.0
        if flying < WHOLE * float(row["max_num_seqs"]):
            return "saturated run that ended before it was full"
    return ""


def _number(row: Cells, column: str) -> float | None:
    """A positive number; None for blank and for nought: the run timed out."""
    value = float(row[column] or 0.0)
    return value if value > 0 else None


class Group(NamedTuple):
    """Runs that are alike: one observation, and the family of machines that it was made on."""

    observation: Observation
    machines: str


def grouped(timed: Iterable[Timed], tables: Tables) -> list[Group]:
    """Medians of runs on machines of one family, chip and size under one setting."""
    alike: dict[tuple[object, ...], list[Timed]] = defaultdict(list)
    for each in timed:
        place = each.place
        key = (place.cloud, place.family, place.chip, place.units, place.nodes, each.setting)
        alike[key].append(each)
    sizes = Counter((t[0].place.family, t[0].place.chip, t[0].setting[0]) for t in alike.values())
    found = []
    for runs in alike.values():
        first = runs[0]
        of = sizes[(first.place.family, first.place.chip, first.setting[0])]
        one = _observation(runs, of, tables)
        if one is not None:
            machines = f"{first.place.cloud} {first.place.family}"
            # Of one publisher alone, its effect cannot be told from the coefficients: here it is
            # that of a family of machines, and what all have in common is in the coefficients.
            found.append(Group(replace(one, publisher=machines), machines))
    return found


def _observation(alike: Sequence[Timed], cluster_rows: int, tables: Tables) -> Observation | None:
    place, setting = alike[0].place, dict(alike[0].setting)
    batch = median(each.batch for each in alike)
    value = median(each.value for each in alike)
    cluster = f"{place.family} {place.chip} {setting['model']}"
    cells = {
        "row_id": f"{place.machine} {setting}",
        "source_title": "Spare Cores",
        "source_url_or_repo_path": "SpareCores/sc-inspector-data",
        "model_class": "LLM",
        "accelerator": place.chip,
        "accelerator_count": "1" if place.bandwidth_gb_s else str(place.units),
        "tensor_parallel": "" if place.bandwidth_gb_s else str(place.units),
        "batch_or_concurrency": str(round(batch)),
        "unit": "tokens/s",
        "use_flag": "ok",
        "cluster_key": cluster,
        "notes": "",
        **setting,
    }
    parsed = parse_row(cells)
    run = run_of(parsed, tables)
    if isinstance(run, NotPredicted):
        return None
    if place.bandwidth_gb_s:
        bandwidth = median(each.place.bandwidth_gb_s for each in alike)
        chips = cores_of(run.hardware.name, place, bandwidth, tables)
        run = msgspec.structs.replace(run, chips=chips.as_used_by(run.stack))
    quantity = quantity_of(parsed.measure, run)
    if isinstance(quantity, NotPredicted):
        return None
    seconds = quantity.scale / value if quantity.rate else value / quantity.scale
    made = observation(cells, run, quantity, seconds, Counter({cluster: cluster_rows}))
    return replace(made, weight=made.weight * math.sqrt(len(alike)))


def cores_of(chip: str, place: Place, bandwidth_gb_s: float, tables: Tables) -> Chips:
    """The cores of a machine, with the bandwidth that was measured on it."""
    row = tables.known.chips.get(chip)
    one = tables.known.chips.one(row) if row else None
    if one is None:
        raise ValueError(f"{chip} has no rates in chips.csv")
    return msgspec.structs.replace(
        one.times(place.units / one.cores),
        bandwidth_bytes_s=bandwidth_gb_s * 1e9,
        memory_gib=4096.0,
        nodes=float(place.nodes),
    )


UNKNOWN = 1e6
"""A standard deviation that says nothing: it makes the fit name a coefficient."""


def asked(observations: Iterable[Observation]) -> list[KnownCoefficient]:
    """Every coefficient that some row of a pair of family and stack has a term of."""
    terms: dict[tuple[str, str, str, str, str], Array] = {}
    for o in observations:
        key = (o.kind, o.work, o.stack, o.family, o.form)
        terms[key] = terms.get(key, np.zeros(len(COEFFICIENTS))) + np.array(o.terms[:-1])
    return [
        KnownCoefficient(*key, coefficient, 0.0, UNKNOWN, PUBLISHER)
        for key, total in sorted(terms.items())
        for coefficient, term in zip(COEFFICIENTS, total, strict=True)
        if term > 0
    ]


def told(fit: Fit) -> Array:
    """The log of the excess of every coefficient that was asked for."""
    design = fit.design
    centre = np.array([CENTRE[COEFFICIENTS.index(k.coefficient)] for k in design.known])
    return np.asarray(centre + fit.beta[design.known_place].sum(axis=1))


class FittedRuns(NamedTuple):
    """What the runs say: coefficients, their values without each fold, errors on the fold."""

    known: list[KnownCoefficient]
    without_fold: list[list[KnownCoefficient]]
    fold: list[int]


def fitted(groups: Sequence[Group]) -> FittedRuns:
    """The hierarchy fitted to the runs, and to the runs without each fold of machine families.

    A standard deviation is the jackknife's over the folds, and what other machines differ by.
    """
    observations = [group.observation for group in groups]
    names = sorted({group.machines for group in groups})
    fold_of = {name: place % FOLDS for place, name in enumerate(names)}
    fold = [fold_of[group.machines] for group in groups]
    known = asked(observations)
    whole = Fit(Design(observations, known))
    parts = []
    for each in range(FOLDS):
        out = [place for place, number in enumerate(fold) if number == each]
        parts.append(told(Fit(whole.design, out, whole)) if out else told(whole))
    values = told(whole)
    moved = np.array(parts) - np.mean(parts, axis=0)
    jackknife = np.sqrt((FOLDS - 1) / FOLDS * np.square(moved).sum(axis=0))
    deviation = np.sqrt(np.square(jackknife) + OWN_SPREAD**2)

    def with_values(logs: Array) -> list[KnownCoefficient]:
        return [
            replace(k, log_value=float(log), standard_deviation=float(sd))
            for k, log, sd in zip(known, logs, deviation, strict=True)
        ]

    return FittedRuns(with_values(values), [with_values(part) for part in parts], fold)


def coefficient_rows(answer: FittedRuns, groups: Sequence[Group]) -> Iterable[dict[str, object]]:
    """Rows of cloud_run_coefficients.csv."""
    rows: Counter[tuple[str, str]] = Counter()
    machines: dict[tuple[str, str], set[str]] = defaultdict(set)
    for group in groups:
        pair = (group.observation.family, group.observation.stack)
        rows[pair] += 1
        machines[pair].add(group.machines)
    for k in answer.known:
        pair = (k.family, k.stack)
        yield {
            "kind": k.kind,
            "family": k.family,
            "stack": k.stack,
            "work": k.work,
            "form": k.form,
            "coefficient": k.coefficient,
            "log_value": rounded(k.log_value),
            "standard_deviation": rounded(k.standard_deviation),
            "rows": rows[pair],
            "machine_families": len(machines[pair]),
            "source": "spare-cores",
        }


def scores(
    groups: Sequence[Group], with_runs: Array, without: Array
) -> Iterable[dict[str, object]]:
    """Rows of cloud_run_scores.csv: errors on families of machines left out, by cell."""
    target = np.array([g.observation.log_seconds for g in groups])
    cells: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        o = group.observation
        cells[(o.kind, o.stack, "", "")].append(place)
        cells[(o.kind, o.stack, "", o.group)].append(place)
        cells[(o.kind, o.stack, o.family, "")].append(place)
        cells[(o.kind, o.stack, o.family, o.group)].append(place)
    for (kind, stack, family, quantity), places in sorted(cells.items()):
        error, apart = target[places] - with_runs[places], target[places] - without[places]
        low, high = np.quantile(error, [0.1, 0.9])
        yield {
            "kind": kind,
            "stack": stack,
            "family": family,
            "group": quantity,
            "rows": len(places),
            "machine_families": len({groups[place].machines for place in places}),
            "error_pct": median_error_pct(error),
            "within_two_pct": _within(error),
            "time_low": rounded(math.exp(min(0.0, low))),
            "time_high": rounded(math.exp(max(0.0, high))),
            "without_error_pct": median_error_pct(apart),
            "without_within_two_pct": _within(apart),
            "source": "spare-cores",
        }


def _within(error: Array) -> float:
    return rounded(float(np.mean(np.abs(error) <= math.log(2))) * 100)


def predictions(answer: FittedRuns, groups: Sequence[Group]) -> tuple[Array, Array]:
    """Log seconds of every run by ``make fit``'s own rows: with what the runs on machines of other
    folds say beside them, and without any of it."""
    rows = [each.observation for each in observed(all_rows())]
    runs = Design([group.observation for group in groups])
    without = over(Fit(Design(rows)), runs)
    found = without.copy()
    fold = np.array(answer.fold)
    for number, known in enumerate(answer.without_fold):
        places = np.flatnonzero(fold == number)
        if len(places):
            found[places] = over(Fit(Design(rows, known)), runs)[places]
    return found, without


def over(fit: Fit, design: Design) -> Array:
    """Log seconds of other rows by the effects of a fit that has never seen them."""
    moved = copy(fit)
    moved.design = design
    moved.beta = np.array([*(fit.effect(*name) for name in design.place), 0.0])
    return moved.predicted()


def known_from_runs() -> list[KnownCoefficient]:
    """What ``cloud_run_coefficients.csv`` says, for ``make fit`` to take beside its rows.

    Its prompts on GPUs end at 2,048 tokens, where attention takes a twentieth of the time: what
    the runs say of it there is of other things, and would make long prompts several times too slow.
    """
    return [
        KnownCoefficient(
            kind=row.kind,
            work=row.work,
            stack=row.stack,
            family=row.family,
            form=row.form,
            coefficient=row.coefficient,
            log_value=row.log_value,
            standard_deviation=row.standard_deviation,
            publisher=PUBLISHER,
        )
        for row in load().table("cloud_run_coefficients", CloudRunCoefficient)
        if (row.kind, row.coefficient) != ("gpu", "attention")
    ]


ALIKE = {"first": "prompt", "token": "rate"}
"""Quantities that err as another does, where only that one was run: llama-bench has no requests."""


def intervals_from_runs(measured: Container[tuple[str, str, str]]) -> Iterable[dict[str, object]]:
    """Rows of spreads.csv for pairs of family and stack of which nobody else has rows: errors on
    families of machines left out, and what publishers are apart."""
    of_pair: dict[tuple[str, str], dict[str, CloudRunScore]] = defaultdict(dict)
    for row in load().table("cloud_run_scores", CloudRunScore):
        if row.family and row.group:
            of_pair[(row.family, row.stack)][row.group] = row
    for (family, stack), groups in sorted(of_pair.items()):
        if (family, stack, "llm") in measured:
            continue
        for group in sorted({*groups, *ALIKE}):
            found = groups.get(group) or groups.get(ALIKE.get(group, ""))
            if found is not None:
                yield {
                    "reach": "fitted",
                    "kind": "",
                    "family": family,
                    "stack": stack,
                    "work": "llm",
                    "group": group,
                    "time_low": rounded(math.exp(-math.hypot(math.log(found.time_low), APART))),
                    "time_high": rounded(math.exp(math.hypot(math.log(found.time_high), APART))),
                    "rows": found.rows,
                    "publishers": 1,
                    "cv_error_pct": found.error_pct,
                }


def read(folder: Path, tables: Tables) -> Runs:
    """The runs of a folder."""
    machines = MeasuredMachines(
        rows_of(folder / "cpu_by_machine.csv"), rows_of(folder / "cpu_bandwidth.csv"), tables
    )
    llama = llama_runs(rows_of(folder / "llamacpp_measured.csv"), machines)
    vllm = vllm_runs(rows_of(folder / "vllm_measured.csv"), machines)
    return Runs(llama.timed + vllm.timed, llama.left_out + vllm.left_out)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m derive.fit.cloud_runs FOLDER")
    tables = Tables(load())
    runs = read(Path(sys.argv[1]), tables)
    groups = grouped(runs.timed, tables)
    print(f"{len(runs.timed)} numbers, {len(groups)} medians; left out:")
    for reason, count in runs.left_out.most_common():
        print(f"{count:6d} rows: {reason}")
    answer = fitted(groups)
    write_table("cloud_run_coefficients", coefficient_rows(answer, groups))
    write_table("cloud_run_scores", scores(groups, *predictions(answer, groups)))


if __name__ == "__main__":
    main()
