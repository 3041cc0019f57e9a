"""A worked example's life on the real engine over the emulated AWS: its commands and what it is."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.world import QUIET, World

HOME, AWAY = "eu-north-1", "us-west-2"

IMPORTED_BY_NAME = ("aws:ecs/cluster:Cluster",)
"""Types whose ids are ARNs, and whose import takes the name (Pulumi registry, "Import")."""

_WRITTEN_S = 2.0
"""Time for the engine to write down what it has heard: killed while it writes a file of its own
backend, it leaves an empty one."""


@dataclass
class Life:
    """A stack of the examples, in a project that others share. ``seen`` is what a look notes for
    the next one."""

    place: World
    project: Path
    stack: str
    seen: dict[str, Any] = field(default_factory=dict)

    def pulumi(self, *command: str, check: bool = True) -> str:
        """What a command of Pulumi prints for this stack."""
        whole = ("pulumi", *command, "--stack", self.stack)
        return self.place.run(*whole, cwd=self.project, check=check).stdout

    def up(self, *flags: str, check: bool = True) -> str:
        return self.pulumi("up", *QUIET, "--skip-preview", *flags, check=check)

    def up_stopped(self, half_way: str) -> None:
        """An update that somebody stops when a resource of this type has been made."""
        update = self._up_until(half_way)
        update.send_signal(signal.SIGINT)
        rest, _ = update.communicate(timeout=120)
        assert update.returncode != 0, f"it was over before it was stopped:\n{rest}"

    def up_killed(self, half_way: str) -> None:
        """An update whose engine is killed when a resource of this type has been made. What it
        asked for last is made all the same, and the engine never hears of it."""
        update = self._up_until(half_way)
        with self.place.cloud.silent():
            time.sleep(_WRITTEN_S)
            update.kill()
            rest, _ = update.communicate(timeout=120)
        assert update.returncode == -signal.SIGKILL, f"it was over before:\n{rest}"

    def _up_until(self, half_way: str) -> subprocess.Popen[str]:
        update = subprocess.Popen(
            ["pulumi", "up", *QUIET, "--skip-preview", "--stack", self.stack],
            cwd=self.project,
            env=dict(self.place.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert update.stdout is not None
        for line in update.stdout:
            if f" {half_way} " in line and " created " in line:
                break
        return update

    def taken_in(self) -> None:
        """What a killed update leaves is put right as a user does it: the lock goes, and what was
        being made is imported where AWS has it, or deleted."""
        assert "pulumi cancel" in self.up(check=False)
        self.pulumi("cancel", "--yes")
        state = self._deployment()
        there = self.place.cloud.inventory()
        known = {str(each.get("id")) for each in state["resources"]}
        self._delete_strays(known)
        parents: dict[str, str] = {}
        strays = []
        for pending in state["pending_operations"]:
            made = pending["resource"]
            names = {name.partition("/")[2] for name in there.get(made["type"], ())} - known
            name = made["urn"].rpartition("::")[2]
            parents[f"of {name}"] = made["parent"]
            strays += [
                {
                    "type": made["type"],
                    "name": name,
                    "id": each.rpartition("/")[2] if made["type"] in IMPORTED_BY_NAME else each,
                    "parent": f"of {name}",
                }
                for each in names
            ]
        assert strays
        self.pulumi("refresh", *QUIET, "--skip-preview", "--clear-pending-creates")
        file = self.project / "import.json"
        file.write_text(json.dumps({"nameTable": parents, "resources": strays}))
        alone = ("--protect=false", "--generate-code=false")
        self.pulumi("import", "--file", str(file), *QUIET, "--skip-preview", *alone)

    def _delete_strays(self, known: set[str]) -> None:
        """Delete in AWS what Pulumi does not know of the stack's security groups and load
        balancers: rules, of which several are of one type, and listeners."""
        ec2, groups = self.client("ec2"), [name for name in known if name.startswith("sg-")]
        there = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": groups}])
        for rule in there["SecurityGroupRules"]:
            if rule["SecurityGroupRuleId"] not in known:
                way = "egress" if rule["IsEgress"] else "ingress"
                revoke = getattr(ec2, f"revoke_security_group_{way}")
                revoke(GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
        elb = self.client("elbv2")
        for balancer in elb.describe_load_balancers()["LoadBalancers"]:
            listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])
            for listener in listeners["Listeners"]:
                if listener["ListenerArn"] not in known:
                    elb.delete_listener(ListenerArn=listener["ListenerArn"])

    def refreshed(self) -> None:
        """A refresh that finds nothing to change."""
        self.pulumi("refresh", *QUIET, "--skip-preview", "--expect-no-changes")

    def gone(self) -> None:
        """It is destroyed, and nothing is left."""
        self.pulumi("destroy", *QUIET, "--skip-preview")
        assert self.place.cloud.inventory() == {}

    @property
    def _settings(self) -> Path:
        return self.project / "stacks" / f"Pulumi.{self.stack}.yaml"

    def config(self, name: str) -> Any:
        """A value of the stack's configuration; dots lead into the blocks."""
        value: Any = yaml.safe_load(self._settings.read_text())["config"]
        first, *rest = name.split(".")
        value = value.get(f"lichen:{first}")
        for part in rest:
            value = (value or {}).get(part)
        return value

    def configure(self, **values: Any) -> None:
        """Set values of the stack's configuration, as an editor would; double underscores lead into
        the blocks, and None takes a value away."""
        document = yaml.safe_load(self._settings.read_text())
        for name, value in values.items():
            first, *rest = name.split("__")
            at, key = document["config"], f"lichen:{first}"
            for part in rest:
                at, key = at.setdefault(key, {}), part
            if value is None:
                at.pop(key, None)
            else:
                at[key] = value
        self._settings.write_text(yaml.safe_dump(document))

    def rewrite(self, change: dict[str, dict[str, Any]]) -> None:
        """Change fields of the workload's file."""
        path = self.project / "stacks" / "workloads" / f"{self.stack}.yaml"
        workload = yaml.safe_load(path.read_text())
        for section, fields in change.items():
            workload[section] = {**workload[section], **fields}
            workload[section] = {k: v for k, v in workload[section].items() if v is not None}
        path.write_text(yaml.safe_dump(workload))

    def peak_rps(self) -> float:
        path = self.project / "stacks" / "workloads" / f"{self.stack}.yaml"
        return float(yaml.safe_load(path.read_text())["traffic"]["peak_rps"])

    def outputs(self) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json"))
        return values

    def resources(self) -> Iterator[dict[str, Any]]:
        yield from self._deployment()["resources"]

    def _deployment(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.pulumi("stack", "export"))["deployment"]
        return state

    def client(self, service: str) -> Any:
        """A client of the region where it is at first."""
        return self.place.cloud.client(service, str(self.seen.get("region", HOME)))

    def subnets(self, region: str) -> list[str]:
        """Subnets of two zones of the account's own network."""
        found = self.place.cloud.client("ec2", region).describe_subnets()["Subnets"]
        zones = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in found}
        return [zones[zone] for zone in sorted(zones)[:2]]

    def network(self, region: str) -> None:
        """Set what the account has in a region: subnets, and a certificate for its balancer."""
        acm = self.place.cloud.client("acm", region)
        certificate = acm.request_certificate(DomainName="model.acme.example")["CertificateArn"]
        self.configure(aws__subnets=self.subnets(region), aws__balancer__certificate=certificate)

    def target(self, namespace: str) -> dict[str, Any]:
        """The one scalable target of a service."""
        scaling = self.client("application-autoscaling")
        (found,) = scaling.describe_scalable_targets(ServiceNamespace=namespace)["ScalableTargets"]
        return dict(found)
