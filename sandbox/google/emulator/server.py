"""One server for all services: it finds the method, checks the request, keeps what is made."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.google.emulator import serving
from sandbox.google.emulator.agreements import check, check_unused, topology_of
from sandbox.google.emulator.discovery import Method, discovery
from sandbox.google.emulator.filled import filled_in
from sandbox.google.emulator.pools import COLLECTION as POOLS
from sandbox.google.emulator.pools import Clusters
from sandbox.google.emulator.store import Body, RefusedRequest, Store, missing, number_of, relative

_MEMBER = re.compile(
    r"allUsers|allAuthenticatedUsers|(user|group|domain|serviceAccount|principal|principalSet):\S+"
)
_ROLE = re.compile(r"roles/[a-z]\w*(\.\w+)*|(projects|organizations)/[^/]+/roles/\w+")
_POLICY = re.compile(r"(:|/)(get|set)IamPolicy$|/iam$")


class Google:
    """The emulated Google's state and its answers."""

    def __init__(self) -> None:
        self.store = Store()
        self.clusters = Clusters()
        self.lock = threading.Lock()

    def answer(self, verb: str, url: str, body: Any) -> Any:
        """What a request is answered with; :class:`RefusedRequest` where it is refused."""
        parts = urlsplit(url)
        api, _, path = parts.path.lstrip("/").partition("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if api == "emulator":
            return self._own(path, query, parts.query)
        found = discovery(api).method(verb, path)
        if found is None:
            raise RefusedRequest(f"{api} has no method for {verb} /{path}", 404, "NOT_FOUND")
        method, _ = found
        if unknown := sorted(set(query) - set(method.query)):
            raise RefusedRequest(f'Unknown name "{unknown[0]}": Cannot bind query parameter.')
        if misfits := discovery(api).misfits(method, body):
            raise RefusedRequest("; ".join(map(str, misfits)))
        with self.lock:
            return self._done(method, path, query, body or {})

    def _own(self, path: str, query: dict[str, str], text: str) -> Any:
        """What is no API of Google's: the inventory, and requests to services."""
        with self.lock:
            if path == "inventory":
                return self._inventory()
            if path == "cluster":
                return self.clusters.attach(text)
            return serving.answer(self.store, path, query)

    def _inventory(self) -> dict[str, list[str]]:
        """Names by kind. A ring of keys cannot be deleted, nor a key: its versions can."""
        found: dict[str, list[str]] = {}
        for name, collection in self.store.collections.items():
            if collection == "cloudkms.projects.locations.keyRings":
                continue
            if self.store.resources[name].get("destroyed"):
                continue
            if not self.store.resources[name].get("seeded"):
                found.setdefault(collection, []).append(name)
        return found

    def _done(self, method: Method, path: str, query: dict[str, str], body: Body) -> Any:
        if method.collection.endswith("perations"):
            return self._operation(path)
        if method.action in ("getIamPolicy", "setIamPolicy"):
            return self._policy(method, path, body)
        if method.id == "cloudresourcemanager.projects.get":
            project = path.rpartition("/")[2]
            return {"projectId": project, "projectNumber": number_of(project), "name": project}
        if method.action in ("create", "insert"):
            return self._create(method, path, query, body)
        if method.action == "deploy":
            return self._deploy(method, path, body)
        if method.action == "mutateDeployedModel":
            return self._scale(method, path, body)
        if method.action == "destroy":
            key = relative(path).partition("/cryptoKeyVersions/")[0]
            self.store.get(key)["destroyed"] = True
            return {"name": relative(path).removesuffix(":destroy"), "state": "DESTROY_SCHEDULED"}
        name = relative(path)
        for parameter in ("autoscaler",):
            if parameter in query:
                name = f"{name}/{query[parameter]}"
        if method.action == "get":
            return self.store.get(name)
        if method.action == "list":
            names = {key: body for key, body in self.store.resources.items()
                     if key.rpartition("/")[0] == name}  # fmt: skip
            return {"items": list(names.values())}
        if method.action in ("patch", "update"):
            return self._update(method, name, query, body)
        if method.action in ("setAutoscaling", "setManagement"):
            pool = name.rpartition(":")[0]
            changed = {**self.store.get(pool), **body}
            check(self.store, method.collection, pool, changed)
            self.store.resources[pool] = changed
            return self._answered(method, pool, changed)
        if method.action == "delete":
            check_unused(self.store, method.collection, name)
            gone = self.store.drop(name)
            if method.collection == POOLS:
                self.clusters.forget(name)
            return self._answered(method, name, gone)
        raise RefusedRequest(f"{method.id} is not emulated", 501, "UNIMPLEMENTED")

    def _create(self, method: Method, path: str, query: dict[str, str], body: Body) -> Any:
        collection = relative(path)
        identifier = next((query[key] for key in query if key.endswith("Id")), "")
        if method.collection == "iam.projects.serviceAccounts":
            account, body = body["accountId"], dict(body.get("serviceAccount", {}))
            if re.fullmatch(r"[a-z]([-a-z0-9]{4,28}[a-z0-9])", account) is None:
                raise RefusedRequest(f"{account!r} is no id of a service account: 6 to 30 letters")
            identifier = f"{account}@{collection.split('/')[1]}.iam.gserviceaccount.com"
        elif method.collection == POOLS:
            check(self.store, method.collection, collection, body)
            body = body["nodePool"]
        identifier = identifier or body.get("name", "") or f"{10**15 + next(self.store.counter)}"
        name = f"{collection}/{identifier.rpartition('/')[2]}"
        if method.collection == "storage.buckets":
            name = f"b/{identifier}"
        check(self.store, method.collection, name, body)
        made = {**body, **filled_in(self.store, method.collection, name, body)}
        self.store.put(name, method.collection, made)
        if method.collection == POOLS:
            self.clusters.register(name, made, topology_of(self.store, name, made))
        return self._answered(method, name, made)

    def _update(self, method: Method, name: str, query: dict[str, str], body: Body) -> Any:
        now = self.store.get(name)
        mask = query.get("updateMask", "") or body.pop("updateMask", "")
        if method.api == "iam.v1":
            body = body.get("serviceAccount", body)
        given = {key: body.get(key) for key in mask.split(",")} if mask else body
        merged = {**now, **given}
        if method.action == "update" and not mask:
            kept = ("id", "selfLink", "name", "uid", "uri")
            merged = {**{key: now[key] for key in kept if key in now}, **body}
        merged = {key: value for key, value in merged.items() if value is not None}
        check(self.store, method.collection, name, merged)
        if method.collection == "run.projects.locations.services":
            filled = filled_in(self.store, method.collection, name, merged)
            merged |= {key: filled[key] for key in ("etag", "latestReadyRevision")}
            merged["generation"] = str(int(now["generation"]) + 1)
        self.store.resources[name] = merged
        return self._answered(method, name, merged)

    def _deploy(self, method: Method, path: str, body: Body) -> Any:
        place = relative(path).removesuffix(":deploy")
        check(self.store, method.collection, place, body)
        name = f"{place}/endpoints/{10**15 + next(self.store.counter)}"
        config = body.get("endpointConfig", {})
        shown = config.get("endpointDisplayName", "endpoint")
        resources = body.get("deployConfig", {}).get("dedicatedResources", {})
        identifier = str(next(self.store.counter))
        deployed = {"id": identifier, "displayName": shown, "dedicatedResources": resources}
        _, project, _, region = place.split("/")
        host = f"{name.rpartition('/')[2]}.{region}-{number_of(project)}"
        made: Body = {"name": name, "displayName": shown, "deployedModels": [deployed]}
        if config.get("dedicatedEndpointEnabled"):
            made["dedicatedEndpointDns"] = f"{host}.prediction.vertexai.goog"
        self.store.put(name, "aiplatform.projects.locations.endpoints", made)
        answer = {"endpoint": name, "model": f"{place}/models/1", "publisherModel": "own"}
        return self._running(method, name, answer)

    def _scale(self, method: Method, path: str, body: Body) -> Any:
        name = relative(path).removesuffix(":mutateDeployedModel")
        (deployed,) = self.store.get(name)["deployedModels"]
        resources = deployed["dedicatedResources"] | body["deployedModel"]["dedicatedResources"]
        if resources.get("minReplicaCount", 0) < 1:
            raise RefusedRequest("minReplicaCount must be greater than or equal to 1")
        deployed["dedicatedResources"] = resources
        return self._running(method, name, {"deployedModel": deployed})

    def _policy(self, method: Method, path: str, body: Body) -> Any:
        name = relative(_POLICY.sub("", path))
        if method.api != "cloudresourcemanager.v1":
            self.store.get(name)
        now = self.store.policies.setdefault(name, {"bindings": [], "etag": "0"})
        if method.action == "getIamPolicy":
            return now
        policy = body.get("policy", body)
        if policy.get("etag", now["etag"]) != now["etag"]:
            raise RefusedRequest("There were concurrent policy changes", 409, "ABORTED")
        for binding in policy.get("bindings", ()):
            if _ROLE.fullmatch(binding["role"]) is None:
                raise RefusedRequest(f"Role {binding['role']} is not supported for this resource.")
            for member in binding["members"]:
                self._check_member(name, member)
        kept = [binding for binding in policy.get("bindings", ()) if binding["members"]]
        now |= {"bindings": kept, "etag": str(int(now["etag"]) + 1)}
        return now

    def _check_member(self, name: str, member: str) -> None:
        if _MEMBER.fullmatch(member) is None:
            raise RefusedRequest(f"Invalid member {member!r}")
        email = member.partition(":")[2]
        account, _, domain = email.partition("@")
        project = domain.removesuffix(".iam.gserviceaccount.com")
        ours = domain.endswith(".iam.gserviceaccount.com") and not account.startswith("service-")
        if ours and f"projects/{project}/serviceAccounts/{email}" not in self.store.resources:
            raise RefusedRequest(f"Service account {email} does not exist.")

    def _answered(self, method: Method, name: str, resource: Body) -> Any:
        if method.response.endswith("Operation"):
            return self._running(method, name, resource)
        return {} if method.action == "delete" else resource

    def _running(self, method: Method, name: str, answer: Body) -> Any:
        """An operation that is under way; asked for again, it is done."""
        number = next(self.store.counter)
        scope = "/".join(name.split("/")[:4])
        if method.api.startswith("compute"):
            scope = f"projects/{name.split('/')[1]}/global" if "/global/" in name else scope
            key = f"{scope}/operations/operation-{number}"
            self.store.operations[key] = {
                "kind": "compute#operation", "name": f"operation-{number}", "status": "DONE",
                "targetLink": f"https://www.googleapis.com/compute/v1/{name}",
                "selfLink": f"https://www.googleapis.com/compute/v1/{key}",
            }  # fmt: skip
            return {**self.store.operations[key], "status": "RUNNING"}
        key = f"{scope}/operations/operation-{number}"
        if method.api.startswith("container"):
            self.store.operations[key] = {"name": f"operation-{number}", "status": "DONE",
                                          "selfLink": f"https://container.googleapis.com/v1/{key}",
                                          "targetLink": name}  # fmt: skip
            return {**self.store.operations[key], "status": "RUNNING"}
        self.store.operations[key] = {"name": key, "done": True, "response": answer}
        return {"name": key, "done": False}

    def _operation(self, path: str) -> Any:
        found = self.store.operations.get(relative(path))
        if found is None:
            raise missing(path)
        return found


def serve(google: Google) -> ThreadingHTTPServer:
    """A server on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handled(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            try:
                body = json.loads(text) if text else None
                code, answer = 200, google.answer(self.command, self.path, body)
            except RefusedRequest as refused:
                error = {"code": refused.code, "message": refused.message, "status": refused.status}
                code, answer = refused.code, {"error": error}
            except (FileNotFoundError, json.JSONDecodeError) as wrong:
                error = {"code": 400, "message": str(wrong), "status": "INVALID_ARGUMENT"}
                code, answer = 400, {"error": error}
            content = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handled

        def log_message(self, *_: Any) -> None:
            """No line for each request."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
