"""What a run notices of made states, what it reads, and what it says to other programs."""

from __future__ import annotations

import datetime
import gzip
import json
import threading
from collections.abc import Iterator
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import grpc
import jsonschema
import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_doors.report.watch import trend
from lichen_policies.gate import Gate
from lichen_policies.verdict import Change, Report, Saves, Verdict
from lichen_practices.watching.deployed import facts_of_stack, measured_in
from lichen_practices.watching.history import RunTotals
from lichen_practices.watching.notices import Notice, as_one_fix, finding_mark
from lichen_practices.watching.provider_emissions import read_reported, reported_by_aws
from lichen_practices.watching.states import StoredState, read_states
from lichen_practices.watching.utilisation import CloudMonitoring, MeasuredEndpoint, measure
from msgspec.structs import replace

from lichen.document import InputError
from lichen.interval import Interval
from lichen.passport import Passport, to_tags
from tests.practices.watching.made import LLAMA, configuration, state
from tests.practices.watching.stores import blob_storage, cloud_storage

ROOT = Path(__file__).parents[3]
NOW = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)

pytestmark = pytest.mark.usefixtures("fixed_tables")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOW.timestamp())))
    return tmp_path


def watch(*arguments: object, code: int = 0) -> Result:
    done = CliRunner().invoke(main, ["watch", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def answer_of(*arguments: object, code: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(watch(*arguments, "--format", "json", code=code).stdout)
    schema = json.loads((ROOT / "docs/schemas/watch.json").read_text())
    jsonschema.validate(answer, schema)
    return answer


def written(path: Path, *resources: dict[str, Any], stack: str = "dev") -> Path:
    path.write_text(json.dumps(state(*resources, stack=stack)))
    return path


def kinds(answer: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["kind"], each["resource"]) for each in answer["notices"]}


def test_what_ends_soon_is_noticed(here: Path) -> None:
    record = {
        "model": LLAMA["lichen:model"], "machine": "inf2.xlarge", "precision": "bf16",
        "measured_on": "2025-12-10", "concurrency": 4, "requests": 500, "request_ms": 900,
    }  # fmt: skip
    (here / "record.json").write_text(json.dumps(record))
    (here / "old.json").write_text(json.dumps(record | {"measured_on": "2025-01-01"}))
    ends = {"lichen:exempt.idle-floor": "owner=a until=2026-12-10 reason=a pilot"}
    path = written(
        here / "state.json",
        configuration("soon", "eu-north-1", "ml.inf2.xlarge", 2,
                      LLAMA | {"lichen:evidence": "record.json"}),
        configuration("late", "eu-north-1", "ml.inf2.xlarge", 2,
                      LLAMA | {"lichen:evidence": "old.json"}),
        configuration("away", "eu-north-1", "ml.inf2.xlarge", 2,
                      LLAMA | {"lichen:evidence": "../../etc/passwd"}),
        configuration("pilot", "eu-north-1", "ml.m5.large", 1, ends),
    )  # fmt: skip
    others = ("differs-from-passport", "better-placement")
    found = {each for each in kinds(answer_of(path)) if each[0] not in others}
    assert found == {
        ("expiring-evidence", "soon"),
        ("expired-evidence", "late"),
        ("expiring-exemption", "pilot"),
    }
    assert ("expiring-evidence", "soon") not in kinds(answer_of(path, "--soon", 7))


def test_what_runs_differs_from_its_passport(here: Path) -> None:
    tags = LLAMA | {"lichen:minimum-replicas": "3"}
    path = written(here / "state.json", configuration("chat", "eu-north-1", "ml.g6e.xlarge", 2,
                                                      tags))  # fmt: skip
    answer = answer_of(path)
    assert ("differs-from-passport", "chat") in kinds(answer)
    said = next(each for each in answer["notices"] if each["kind"] == "differs-from-passport")
    assert said["what"] == "2 machines run, and its tags ask for 3 at the least"


def test_a_better_placement_stays_where_the_work_may_be(here: Path) -> None:
    path = written(here / "state.json", configuration("chat", "eu-central-1", tags=LLAMA))
    better = next(
        each for each in answer_of(path)["notices"] if each["kind"] == "better-placement"
    )["better"]
    assert better["then"]["region"].startswith("eu-")
    assert better["then"]["hosting"] == "sagemaker"
    assert better["moving"]["copy_gib"] == pytest.approx(14.96, rel=0.01)
    assert better["moving"]["usd"] == pytest.approx(better["then"]["usd_hour"])
    # lichen.yaml allows no other region, and the workload's own file none but its own.
    (here / "lichen.yaml").write_text("regions: [eu-central-1]\n")
    stay = [each for each in answer_of(path)["notices"] if each["better"]]
    assert all(each["better"]["then"]["region"] == "eu-central-1" for each in stay)
    (here / "lichen.yaml").unlink()
    (here / "chat.yaml").write_text(
        "name: chat\nmodel: meta-llama/Llama-3.1-8B-Instruct\nenvironment: dev\n"
        "traffic: {peak_rps: 2, mean_rps: 0.5, input_tokens: 800, output_tokens: 200}\n"
        "where: {countries: [DE], hosting: [sagemaker], clouds: [aws]}\n"
    )
    told = [
        each for each in answer_of(path, "--workloads", "chat.yaml")["notices"] if each["better"]
    ]
    assert all(each["better"]["then"]["region"] == "eu-central-1" for each in told)
    assert "better-placement" not in {
        each["kind"] for each in answer_of(path, "--tolerance", 99)["notices"]
    }


def test_states_of_every_form_are_read(here: Path) -> None:
    folder = here / "states"
    (folder / "history").mkdir(parents=True)
    one = state(configuration("chat", "eu-north-1", tags=LLAMA), stack="one")
    (folder / "one.json.gz").write_bytes(gzip.compress(json.dumps(one).encode()))
    (folder / "checkpoint.json").write_text(
        json.dumps(
            {
                "version": 3,
                "checkpoint": {
                    "latest": state(configuration("b", "eu-west-1"), stack="two")["deployment"]
                },
            }
        )
    )
    (folder / "org.json").write_text(
        json.dumps(
            {
                f"acme/shop/{name}": state(configuration("c", "eu-west-3"), stack=name)
                for name in ("three", "four")
            }
        )
    )
    attributes = {
        "name": "t", "arn": "arn:aws:sagemaker:eu-west-1:1:endpoint-config/t",
        "region": "eu-west-1",
        "production_variants": [{"variant_name": "all", "instance_type": "ml.g5.2xlarge",
                                 "initial_instance_count": 1, "model_name": "t"}],
    }  # fmt: skip
    terraform = {
        "version": 4, "lineage": "x", "serial": 1,
        "resources": [{"mode": "managed", "type": "aws_sagemaker_endpoint_configuration",
                       "name": "t", "instances": [{"attributes": attributes}]}],
    }  # fmt: skip
    (folder / "terraform.tfstate").write_text(json.dumps(terraform))
    (folder / "history" / "old.json").write_text("{")
    (folder / "package.json").write_text('{"name": "no state"}')
    (folder / "broken.json").write_text('{"version": 3, "deployment": {"resources": [')
    (folder / "cut.json.gz").write_bytes(gzip.compress(json.dumps(one).encode())[:60])
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "nan.json").write_text('{"acme/shop/a": {"deployment": {"resources": [NaN]}}}')
    answer = json.loads(watch(folder, "--format", "json", code=2).stdout)
    assert {each["stack"] for each in answer["running"]} == {
        "shop/one", "shop/two", "shop/three", "shop/four", str(folder / "terraform.tfstate"),
    }  # fmt: skip
    assert {Path(each["place"]).name for each in answer["unread"]} == {
        "broken.json", "cut.json.gz", "deep.json", "nan.json",
    }  # fmt: skip
    assert "not read: " in watch(folder, code=2).output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "is not there"),
        ('{"a": 1}', "is no state of Pulumi or Terraform"),
        ('{"version": 3, "deployment": {"resources": [', "lichen: state.json"),
        ('{"version": 9, "deployment": {}}', "state version 9 is not supported"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_is_no_state_is_a_sentence(here: Path, text: str | None, says: str) -> None:
    if text is not None:
        (here / "state.json").write_text(text)
    printed = watch("state.json", "--history", "h.sqlite", code=2).output
    assert says in printed
    assert "Traceback" not in printed


EXPORTS = {
    "aws.csv": (
        "usage_period_start,region_code,product_code,total_lbm_emissions_value,"
        "total_mbm_emissions_value\n"
        "2026-09-01 00:00:00Z,eu-north-1,AmazonSageMaker,0.25,0.01\n"
        "2026-09-01 00:00:00Z,eu-north-1,AmazonSageMaker,0.5,\n"
    ),
    "aws.json": json.dumps(
        {
            "Results": [
                {
                    "TimePeriod": {"Start": "2026-09-01T00:00:00+00:00"},
                    "DimensionsValues": {"REGION": "eu-north-1", "SERVICE": "AmazonSageMaker"},
                    "EmissionsValues": {
                        "TOTAL_LBM_CARBON_EMISSIONS": {"Value": 0.75, "Unit": "MTCO2e"},
                        "TOTAL_MBM_CARBON_EMISSIONS": {"Value": 0.01, "Unit": "MTCO2e"},
                    },
                }
            ]
        }
    ),
    "google.csv": (
        "usage_month,location.region,service.description,carbon_footprint_total_kgCO2e."
        "location_based,carbon_footprint_total_kgCO2e.market_based\n"
        "2026-09-01,europe-north1,Vertex AI,12.5,3\n"
    ),
    "google.jsonl": (
        '{"usage_month": "2026-09-01", "location": {"region": "europe-north1"}, "service": '
        '{"description": "Vertex AI"}, "carbon_footprint_total_kgCO2e": {"location_based": 12.5, '
        '"market_based": 3}}\n'
    ),
    "azure.json": json.dumps(
        {
            "value": [
                {"dataType": "ItemDetailsData", "itemName": "endpoint", "date": "2026-09-01",
                 "location": "swedencentral", "resourceType": "microsoft.machinelearningservices",
                 "latestMonthEmissions": 4.5, "categoryType": "Resource"}
            ]
        }
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_a_provider_s_export_is_read(here: Path, name: str) -> None:
    (here / name).write_text(EXPORTS[name])
    (row,) = read_reported(here / name)
    cloud = name.partition(".")[0]
    expected = {
        "aws": ("eu-north-1", "AmazonSageMaker", 750_000, 10_000),
        "google": ("europe-north1", "Vertex AI", 12_500, 3_000),
        "azure": ("swedencentral", "microsoft.machinelearningservices", None, 4_500),
    }
    assert (row.cloud, row.month) == (cloud, "2026-09")
    assert (
        row.region, row.service, row.location_based_gco2e, row.market_based_gco2e,
    ) == expected[cloud]  # fmt: skip


def test_what_a_provider_reports_is_beside_the_estimate(here: Path) -> None:
    (here / "aws.csv").write_text(EXPORTS["aws.csv"])
    path = written(here / "state.json", configuration("chat", "eu-north-1", tags=LLAMA))
    printed = watch(path, "--emissions", "aws.csv").output
    assert "by location" in printed
    assert "750 kg" in printed
    (here / "wrong.csv").write_text("a,b\n1,2\n")
    (here / "nan.csv").write_text(EXPORTS["aws.csv"].replace("0.25", "much"))
    for wrong, says in (("wrong.csv", "no provider's report"), ("nan.csv", "no number in line 2")):
        assert says in watch(path, "--emissions", wrong, code=2).output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"Results": [1]}', "not all of its fields"),
        ('{"Results": null}', "not all of its fields"),
        ('{"Results": [{"EmissionsValues": [1]}]}', "no month"),
        ("[" * 100_000, "not all of its fields"),
        (EXPORTS["aws.json"].replace("MTCO2e", "KGCO2e", 1), "is another unit than MTCO2e"),
        (
            "usage_period_start,total_lbm_emissions_value,total_lbm_emissions_unit\n"
            "2026-09-01,3,kgCO2e\n",
            "is another unit than MTCO2e in line 2",
        ),
    ],
)
def test_a_malformed_report_is_a_sentence(here: Path, text: str, says: str) -> None:
    (here / "report.json").write_text(text)
    with pytest.raises(InputError, match=says):
        read_reported(here / "report.json")


def test_a_better_placement_is_compared_with_the_machines_that_run(here: Path) -> None:
    path = written(
        here / "state.json",
        configuration("one", "eu-central-1", "ml.p4d.24xlarge", 1, LLAMA),
        configuration("ten", "eu-central-1", "ml.p4d.24xlarge", 10, LLAMA),
    )
    answer = answer_of(path)
    better = {each["resource"]: each["better"] for each in answer["notices"] if each["better"]}
    running = {each["resource"]: each for each in answer["running"]}
    assert set(better) == {"one", "ten"}
    for name, count in (("one", 1), ("ten", 10)):
        now = better[name]["now"]
        assert now["replicas_peak"] == count
        assert now["gco2e_month"] == running[name]["gco2e_month"]
        assert now["usd_month"] == running[name]["usd_month"]
        then = better[name]["then"]
        held = then["replicas_mean"] == then["replicas_peak"]  # as what runs: it does not scale
        assert (better[name]["counted"] == "fixed") <= held
    assert better["ten"]["counted"] == "fixed"
    assert better["ten"]["usd_month"] > 9 * better["one"]["usd_month"]
    likely = [better[name]["gco2e_month"]["likely"] for name in ("one", "ten")]
    assert likely[1] > 3 * likely[0]


def test_what_is_not_known_is_in_no_metric_and_counted_beside_the_sums(here: Path) -> None:
    path = written(here / "state.json", configuration("odd", "eu-north-1", "ml.odd9.large"))
    answer = answer_of(path, "--prometheus", "lichen.prom")
    assert (answer["without_grams"], answer["without_dollars"]) == (1, 1)
    text = (here / "lichen.prom").read_text()
    assert "lichen_endpoint_co2e_grams_month" not in text
    assert "lichen_states_unread 0.0" in text
    assert "1 endpoint without grams; 1 endpoint without dollars" in " ".join(
        watch(path).output.split()
    )


def test_the_trend_says_how_many_runs_it_draws() -> None:
    runs = [
        RunTotals(
            at=NOW + datetime.timedelta(days=day), stacks=1, running=1, gco2e_month=day + 1.0,
            usd_month=1.0, notices=0,
        )
        for day in range(60)
    ]  # fmt: skip
    assert trend(runs).endswith("2026-12-16 to 2027-01-24, 40 runs")


class Listener:
    """An HTTP server on the loopback that keeps what it is sent, and answers with one body."""

    def __init__(self, body: bytes = b"", status: int = 200, location: str = "") -> None:
        self.received: list[bytes] = []
        keep = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                keep.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if location:
                    self.send_header("Location", location)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:  # where a redirect leads, as a client follows it
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_aws_s_sustainability_api_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    results = json.loads(EXPORTS["aws.json"])
    results["Results"][0]["TimePeriod"] = {"Start": 1788220800, "End": 1790812800}
    with Listener(json.dumps(results).encode()) as api:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SUSTAINABILITY", api.url)
        (row,) = reported_by_aws(NOW)
        assert (row.month, row.location_based_gco2e) == ("2026-09", 750_000)
        asked = json.loads(api.received[0])
        assert asked["GroupBy"] == ["REGION", "SERVICE"]
    with Listener(b"{}", status=403) as api:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SUSTAINABILITY", api.url)
        with pytest.raises(InputError, match="does not answer"):
            reported_by_aws(NOW)


def test_metrics_go_to_a_collector_once(here: Path) -> None:
    path = written(here / "state.json", configuration("chat", "eu-north-1", tags=LLAMA))
    with Listener() as collector:
        watch(path, "--otlp", f"{collector.url}/v1/metrics")
        assert len(collector.received) == 1
    assert b"lichen" in gzip_or_plain(collector.received[0])
    refused = watch(path, "--otlp", "collector:4318", code=2).output
    assert "'collector:4318' is no address" in refused
    assert "lichen: nope: cannot be read" in watch(path, "--emissions", "nope", code=2).output
    with Listener() as collector, Listener(status=302, location=collector.url) as away:
        moved = watch(path, "--otlp", f"{away.url}/v1/metrics", code=2).output
        assert "--otlp: leads to another address" in moved
        assert collector.received == []
    with Listener(status=400) as refusing:
        assert "nobody takes" in watch(path, "--otlp", refusing.url, code=2).output


def gzip_or_plain(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


@pytest.fixture
def monitoring() -> Iterator[Any]:
    """A client of Google's Cloud Monitoring, of a server that has two hours of requests, and of
    Vertex AI a processor of half and a chip of a quarter."""
    from google.cloud import monitoring_v3
    from google.cloud.monitoring_v3.services.metric_service.transports import (
        MetricServiceGrpcTransport,
    )

    online = "aiplatform.googleapis.com/prediction/online"
    known: dict[tuple[str, str], tuple[float, ...]] = {}
    for number, requests, cpu, gpu in (("42", (7200, 3600), (0.5,), (0.25,)), ('4"2', (), (), ())):
        where = f'endpoint_id={json.dumps(number)} AND resource.labels.location="europe-west4"'
        known[f"{online}/prediction_count", where] = requests
        known[f"{online}/cpu/utilization", where] = cpu
        known[f"{online}/accelerator/duty_cycle", where] = gpu
    where = 'service_name="chat" AND resource.labels.location="europe-west4"'
    known["run.googleapis.com/request_count", where] = (36_000, 3600)
    for group, scope, zones, *requests, cpu in (
        ("vectors-prod-1a2b3c", "europe-west4", "europe-west4-",
         (5400, 1800), (), (1800, 5400), (0.4,)),
        ("aside", "europe-west4-a", "europe-west4-a", (), (), (), (0.2,)),
    ):  # fmt: skip
        where = f'backend_name="{group}" AND resource.labels.backend_scope="{scope}"'
        for balancer, of in zip(("/internal", "/external/regional", ""), requests, strict=True):
            known[f"loadbalancing.googleapis.com/https{balancer}/request_count", where] = of
        where = f'"{group}" AND resource.labels.zone=starts_with("{zones}")'
        known["compute.googleapis.com/instance/cpu/utilization", where] = cpu
    filters = {
        f'metric.type="{type_}" AND '
        + ("metadata.system_labels.instance_group=" if where[0] == '"' else "resource.labels.")
        + where: values
        for (type_, where), values in known.items()
    }

    def answer(request: Any, _context: grpc.ServicerContext) -> Any:
        assert request.name == "projects/shop"
        values = filters[request.filter]
        points = [
            monitoring_v3.Point(
                interval={"end_time": NOW - datetime.timedelta(hours=hours)},
                value=monitoring_v3.TypedValue(double_value=value)
                if isinstance(value, float)
                else monitoring_v3.TypedValue(int64_value=value),
            )
            for hours, value in enumerate(values)
        ]
        return monitoring_v3.ListTimeSeriesResponse(
            time_series=[monitoring_v3.TimeSeries(points=points)]
        )

    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers(
        [
            grpc.method_handlers_generic_handler(
                "google.monitoring.v3.MetricService",
                {
                    "ListTimeSeries": grpc.unary_unary_rpc_method_handler(
                        answer,
                        request_deserializer=monitoring_v3.ListTimeSeriesRequest.deserialize,
                        response_serializer=monitoring_v3.ListTimeSeriesResponse.serialize,
                    )
                },
            )
        ]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    yield monitoring_v3.MetricServiceClient(transport=MetricServiceGrpcTransport(channel=channel))
    channel.close()
    server.stop(None)


def test_requests_of_cloud_monitoring_are_read(monitoring: Any) -> None:
    asked = MeasuredEndpoint(
        stack="shop/dev", endpoint="42", variant="", cloud="google", region="europe-west4",
        passport=Passport(peak_rps=2), hosting="vertex",
    )  # fmt: skip
    service = {"google": CloudMonitoring("shop", monitoring)}
    (row,) = measure([asked], service, NOW)
    assert (row.peak_rps, row.differs) == (2, "")
    assert (row.cpu_pct, row.gpu_pct) == (50, 25)
    (row,) = measure([replace(asked, endpoint='4"2')], service, NOW)
    assert row.peak_rps is None


def test_what_pulumi_deployed_at_google_is_beside_what_is_declared(
    here: Path, monitoring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from google.cloud import monitoring_v3

    monkeypatch.setattr(monitoring_v3, "MetricServiceClient", lambda: monitoring)
    place = "projects/shop/locations/europe-west4"
    labels = to_tags(Passport(peak_rps=2, model=LLAMA["lichen:model"]), "google")
    service = {
        "name": "chat", "location": "europe-west4", "labels": labels,
        "template": {"containers": [{"image": "vllm",
                                     "resources": {"limits": {"nvidia.com/gpu": "1"}}}],
                     "nodeSelector": {"accelerator": "nvidia-l4"},
                     "scaling": {"minInstanceCount": 1, "maxInstanceCount": 2}},
    }  # fmt: skip
    garden = {
        "location": "europe-west4", "huggingFaceModelId": "google/g",
        "deployConfig": {"dedicatedResources": {"machineSpec": {"machineType": "g2-standard-12"},
                                                "minReplicaCount": 1, "maxReplicaCount": 1}},
    }  # fmt: skip
    kinds = {
        "gcp:cloudrunv2/service:Service": ("chat", service, f"{place}/services/chat"),
        "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment": (
            "garden", garden, f"{place}/endpoints/42",
        ),
    }  # fmt: skip
    path = written(
        here / "state.json",
        *(
            {"type": type_, "name": name, "values": values, "id": id_}
            for type_, (name, values, id_) in kinds.items()
        ),
    )
    answer = json.loads(watch(path, "--utilisation", "google:shop", "--format", "json").stdout)
    rows = {each["endpoint"]: each for each in answer["utilisation"]}
    assert (rows["chat"]["peak_rps"], rows["chat"]["declared_peak_rps"]) == (10, 2)
    assert (
        rows["chat"]["differs"] == "its busiest hour had 10 requests/s, 5 times the declared peak"
    )
    assert (rows["42"]["peak_rps"], rows["42"]["gpu_pct"]) == (2, 25)


def test_a_managed_group_is_measured_by_its_load_balancer_and_its_processors(
    here: Path, monitoring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its passport is its template's. One that no load balancer sends to says nothing of
    requests."""
    from google.cloud import monitoring_v3

    monkeypatch.setattr(monitoring_v3, "MetricServiceClient", lambda: monitoring)
    labels = to_tags(Passport(peak_rps=2, model=LLAMA["lichen:model"]), "google")
    api = "https://www.googleapis.com/compute/v1/"
    template = {"machineType": "c4a-standard-4", "region": "europe-west4", "labels": labels,
                "namePrefix": "vectors-"}  # fmt: skip
    of = "projects/shop/regions/europe-west4/instanceTemplates/vectors-20261126"
    kinds: dict[str, tuple[str, dict[str, Any], str]] = {
        "vectors-template": ("RegionInstanceTemplate", template, of),
        "vectors-group": (
            "RegionInstanceGroupManager",
            {"name": "vectors-prod-1a2b3c", "region": "europe-west4",
             "versions": [{"instanceTemplate": f"{api}{of}"}]},
            "projects/shop/regions/europe-west4/instanceGroupManagers/vectors-prod-1a2b3c",
        ),
        "aside": (
            "InstanceGroupManager",
            {"name": "aside", "zone": "europe-west4-a", "targetSize": 1,
             "versions": [{"instanceTemplate": f"{api}{of}"}]},
            "projects/shop/zones/europe-west4-a/instanceGroupManagers/aside",
        ),
        "others": (
            "InstanceGroupManager",
            {"name": "others", "zone": "europe-west4-a", "targetSize": 1,
             "versions": [{"instanceTemplate": f"{api}projects/shop/elsewhere/web"}]},
            "projects/shop/zones/europe-west4-a/instanceGroupManagers/others",
        ),
    }  # fmt: skip
    path = written(
        here / "state.json",
        *(
            {"type": f"gcp:compute/{kind[0].lower()}{kind[1:]}:{kind}", "name": name,
             "values": values, "id": id_}
            for name, (kind, values, id_) in kinds.items()
        ),
    )  # fmt: skip
    answer = json.loads(watch(path, "--utilisation", "google:shop", "--format", "json").stdout)
    rows = {each["endpoint"]: each for each in answer["utilisation"]}
    assert set(rows) == {"vectors-prod-1a2b3c", "aside"}
    group, aside = rows["vectors-prod-1a2b3c"], rows["aside"]
    assert (group["peak_rps"], group["declared_peak_rps"], group["cpu_pct"]) == (2, 2, 40)
    assert (aside["region"], aside["cpu_pct"]) == ("europe-west4", 20)
    assert (aside["peak_rps"], aside["differs"]) == (None, "")


STATES = {
    "prod/.pulumi/stacks/shop/dev.json": "good",
    "prod/.pulumi/stacks/shop/two.json.gz": "packed",
    "prod/.pulumi/history/shop/dev/1.json": "broken",
    "prod/notes.txt": "notes",
    "other/stacks/far.json": "good",
}


@pytest.mark.parametrize("cloud", ["google", "azure", "azure-as-pulumi-has-it"])
def test_states_in_a_bucket_of_google_and_azure_are_read(
    here: Path, cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = json.dumps(state(configuration("chat", "eu-north-1", tags=LLAMA))).encode()
    contents = {"good": good, "packed": gzip.compress(good), "broken": b"{", "notes": b"no state"}
    files = {"states": {name: contents[kind] for name, kind in STATES.items()}}
    if cloud == "google":
        serving = cloud_storage(files, "hunter2")
    else:
        serving = blob_storage("acme", files, "hunter2")
    with serving as url:
        if cloud == "google":
            address = "gs://states/prod"
            monkeypatch.setenv("GOOGLE_BASE_URL", url)
            monkeypatch.setenv("GOOGLE_BEARER_TOKEN", "hunter2")
        else:
            address = "az://states/prod"
            monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", f"{url}/acme")
            monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2023-11-03&sig=hunter2")
            if cloud == "azure":
                monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "acme")
            else:
                address = "azblob://states/prod?storage_account=acme"
        answer = json.loads(watch(address, "--format", "json").stdout)
        assert (answer["stacks"], answer["unread"]) == (2, [])
        missing = watch(address.replace("states", "nothing"), code=2).output
        assert "cannot be read" in missing
        wrong = "GOOGLE_BEARER_TOKEN" if cloud == "google" else "AZURE_STORAGE_SAS_TOKEN"
        monkeypatch.setenv(wrong, "sv=2023-11-03&sig=guess")
        refused = watch(address, code=2).output
        assert "check the address, and the credentials" in refused
        assert "guess" not in refused


def test_a_bucket_is_read_where_the_address_of_a_backend_says_that_it_is(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = json.dumps(state(configuration("chat", "eu-north-1", tags=LLAMA))).encode()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    with cloud_storage({"p": {"stacks/a.json": good}}, "Credential=ours") as url:
        host = url.removeprefix("http://")
        whole = f"region=eu&endpoint={url}&use_path_style=true&awssdk=v2"
        for query in (f"endpoint={host}&s3ForcePathStyle=true&disableSSL=true", whole):
            (found,) = read_states([f"s3://p?{query}"])
            assert isinstance(found, StoredState), found
    for query, known in (("profile=x", "export-credentials"), ("endpint=h", "known are awssdk")):
        with pytest.raises(InputError, match=known):
            list(read_states([f"s3://p?{query}"]))
    with pytest.raises(InputError, match="azblob://: names no bucket"):
        list(read_states(["azblob://"]))
    with pytest.raises(InputError, match="without a query"):
        list(read_states(["gs://p?access_id=me"]))


def test_an_endpoint_of_vertex_ai_is_asked_by_its_own_number(here: Path) -> None:
    def deployed(name: str, number: str) -> dict[str, Any]:
        spec = {"machine_type": "g2-standard-12"}
        attributes = {
            "location": "europe-west4", "endpoint": number, "hugging_face_model_id": "google/g",
            "deploy_config": [{"dedicated_resources": [
                {"machine_spec": [spec], "min_replica_count": 1, "max_replica_count": 1}]}],
        }  # fmt: skip
        return {"mode": "managed", "name": name, "instances": [{"attributes": attributes}],
                "type": "google_vertex_ai_endpoint_with_model_garden_deployment"}  # fmt: skip

    (here / "terraform.tfstate").write_text(
        json.dumps({"version": 4, "lineage": "x", "serial": 1,
                    "resources": [deployed("a", "1"), deployed("b", "2")]})
    )  # fmt: skip
    (state,) = read_states(["terraform.tfstate"])
    assert isinstance(state, StoredState)
    measured = list(measured_in("shop", facts_of_stack(state.resources), []))
    assert [(each.endpoint, each.region) for each in measured] == [
        ("1", "europe-west4"), ("2", "europe-west4"),
    ]  # fmt: skip
    path = written(here / "state.json", configuration("chat", "eu-north-1"))
    assert (
        "no state has an endpoint of Vertex AI"
        in watch(path, "--utilisation", "google:shop", code=2).output
    )


def found_by(rule: str, grams: float | None, *, blocks: bool = False) -> Verdict:
    """A finding on an endpoint that a change of its machine mends."""
    saves = Saves() if grams is None else Saves(gco2e_month=Interval.exactly(grams), usd_month=1.0)
    return Verdict(
        rule=rule, verdict="fail", level="mandatory" if blocks else "advisory", severity="medium",
        resource="endpoint", type="", fingerprint=rule, saves=saves,
        changes=(Change(path="instance_type", to="b"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "fix", "replaced"),
    [
        ((100.0, False), "move", True),
        ((300.0, False), "do what oversized-endpoint says of it, which emits no more and stays "
         "where it is", False),
        ((200.0, False), "do what oversized-endpoint says of it, which emits no more and stays "
         "where it is", False),
        ((None, False), "move", False),
        ((100.0, True), "move", False),
    ],
    ids=["less", "more", "as-much", "not-known", "blocks"],
)  # fmt: skip
def test_one_endpoint_gets_one_fix(
    found: tuple[float | None, bool], fix: str, replaced: bool
) -> None:
    better = Notice(
        kind="better-placement", stack="s", resource="endpoint", region=None, what="", fix="move",
        fingerprint="", saves=Saves(gco2e_month=Interval.exactly(200.0), usd_month=0.5),
    )  # fmt: skip
    verdict = found_by("oversized-endpoint", found[0], blocks=found[1])
    report = SimpleNamespace(findings=(verdict,))
    gate = SimpleNamespace(rules=lambda: {"oversized-endpoint": SimpleNamespace(theme="size")})
    said, outdone = as_one_fix(better, "endpoint", "s", cast(Report, report), cast(Gate, gate))
    assert said.fix == fix
    assert outdone == ({finding_mark("s", verdict)} if replaced else frozenset())
