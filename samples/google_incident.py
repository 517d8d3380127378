"""Nine days of a shop on Google Cloud, as a sink to Cloud Storage leaves its audit logs.

A small shop whose CI pushes to Artifact Registry through workload identity and deploys on Cloud
Run. A developer's login is used from elsewhere: it impersonates the release account, looks around,
pulls the shop's image, puts another one under its tag, deploys it, and tidies up. The files lie as
a sink to Cloud Storage lays them, without the colons of their names.
"""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from samples.google_entries import API, REGISTRY, Entry, digest, docker, entry

FOLDERS = ("cloudaudit.googleapis.com",)
"""What of the committed folder is its own."""
PROJECT, PLACE, REPOSITORY = "example-shop", "europe-west3", "shop"
POOL = "projects/111122223333/locations/global/workloadIdentityPools/github"
CI = f"principal://iam.googleapis.com/{POOL}/subject/repo:example-org/api:ref:refs/heads/main"
RELEASE = f"release@{PROJECT}.iam.gserviceaccount.com"
NODE = f"run-agent@{PROJECT}.iam.gserviceaccount.com"
DANA, THIEF = "dana@example.com", "198.51.100.77"
OFFICE, RUNNER = "203.0.113.20", "192.0.2.14"
GCLOUD = "gcloud/470.0.0"
DEPLOY = "google.cloud.run.v1.Services.ReplaceService"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Story:
    """Collects entries; each helper says what somebody did."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"google {seed}")
        self.entries: list[Entry] = []

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        noise = timedelta(
            seconds=self.random.randrange(60), microseconds=self.random.randrange(10**6)
        )
        return START + timedelta(days=day, hours=hour - 8, minutes=minute) + noise

    def push(self, when: datetime, image: str, tag: str, what: str, who: str, **more: Any) -> None:
        address, agent = str(more.pop("address", RUNNER)), str(more.pop("agent", "docker/27.1.1"))
        for number, (act, reference) in enumerate(
            [("StartUpload", ""), ("StartUpload", ""), ("PutManifest", f"{tag}@{digest(what)}")]
        ):
            self.entries.append(
                docker(when + timedelta(seconds=2 * number), PROJECT, PLACE, REPOSITORY, image, act,
                       reference, who, address, agent=agent, **more)
            )  # fmt: skip

    def pull(self, when: datetime, image: str, reference: str, who: str, address: str,
             **more: Any) -> None:  # fmt: skip
        self.entries.append(
            docker(when, PROJECT, PLACE, REPOSITORY, image, "GetManifest", reference, who, address,
                   agent="docker/27.1.1", **more)
        )  # fmt: skip

    def deploy(self, when: datetime, image: str, who: str, address: str, **more: Any) -> None:
        resource = f"namespaces/{PROJECT}/services/shop"
        operation = f"operations/{digest(image + str(when))[7:27]}"
        reference = f"{PLACE}-docker.pkg.dev/{PROJECT}/{REPOSITORY}/{image}"
        about: dict[str, Any] = {
            "log": "activity",
            "kind": "cloud_run_revision",
            "labels": {"location": PLACE, "service_name": "shop"},
        }
        self.entries.append(
            entry(when, PROJECT, "run.googleapis.com", DEPLOY,
                  resource, who, address, agent="google-cloud-sdk gcloud/470.0.0", **about,
                  operation={"id": operation, "first": True, "producer": "run.googleapis.com"},
                  request={"service": {"metadata": {"name": "shop"}, "spec": {"template": {"spec": {
                      "containers": [{"name": "shop", "image": reference}]}}}}}, **more)
        )  # fmt: skip
        self.entries.append(
            entry(when + timedelta(seconds=9), PROJECT, "run.googleapis.com",
                  DEPLOY, resource, "", "", **about,
                  operation={"id": operation, "last": True, "producer": "run.googleapis.com"})
        )  # fmt: skip


def tell(seed: int) -> list[Entry]:
    """All entries, in the order of time."""
    story = Story(seed)
    story.entries.append(
        entry(story.at(0, 8), PROJECT, REGISTRY, f"{API}.CreateRepository",
              f"projects/{PROJECT}/locations/{PLACE}/repositories/{REPOSITORY}", DANA, OFFICE,
              log="activity", request={"repositoryId": REPOSITORY})
    )  # fmt: skip
    for day in range(8):
        when = story.at(day, 9)
        story.push(when, "api", "prod", f"api {day}", CI)
        story.push(when + timedelta(minutes=3), "team/web", f"v{day}", f"web {day}", CI)
        story.deploy(when + timedelta(minutes=6), "api:prod", CI, RUNNER)
        story.pull(when + timedelta(minutes=7), "api", digest(f"api {day}"), NODE, "192.0.2.80")
        story.pull(story.at(day, 10, 30), "api", "prod", DANA, OFFICE)
    _intrusion(story)
    return sorted(story.entries, key=lambda each: str(each["timestamp"]))


def _intrusion(story: Story) -> None:
    start = story.at(8, 21, 40)
    behind: dict[str, Any] = {
        "authentication": {
            "serviceAccountDelegationInfo": [{"firstPartyPrincipal": {"principalEmail": DANA}}]
        },
    }

    def after(minutes: int) -> datetime:
        return start + timedelta(minutes=minutes)

    story.entries += [
        entry(start, PROJECT, "iamcredentials.googleapis.com", "GenerateAccessToken",
              f"projects/-/serviceAccounts/{RELEASE}", DANA, THIEF, agent=GCLOUD,
              request={"name": f"projects/-/serviceAccounts/{RELEASE}"}),
        entry(after(2), PROJECT, REGISTRY, f"{API}.ListRepositories",
              f"projects/{PROJECT}/locations/{PLACE}", RELEASE, THIEF, agent=GCLOUD, **behind),
        entry(after(3), PROJECT, REGISTRY, f"{API}.ListDockerImages",
              f"projects/{PROJECT}/locations/{PLACE}/repositories/{REPOSITORY}", RELEASE, THIEF,
              agent=GCLOUD, **behind),
    ]  # fmt: skip
    story.pull(after(6), "api", "prod", RELEASE, THIEF, **behind)
    denied = {"status": {"code": 7, "message": "Permission denied on the repository"}}
    story.entries.append(
        docker(after(9), PROJECT, PLACE, "base", "python", "PutManifest",
               f"3.12@{digest('python, changed')}", RELEASE, THIEF, agent="docker/24.0.5",
               **denied, **behind)
    )  # fmt: skip
    story.push(after(14), "api", "prod", "api 7, and a miner", RELEASE, address=THIEF,
               agent="docker/24.0.5", **behind)  # fmt: skip
    story.deploy(after(20), "api:prod", RELEASE, THIEF, **behind)
    story.pull(after(21), "api", digest("api 7, and a miner"), NODE, "192.0.2.80")
    resource = f"projects/{PROJECT}/locations/{PLACE}/repositories/{REPOSITORY}"
    version = f"{resource}/packages/api/versions/{digest('api 7')}"
    story.entries += [
        entry(after(31), PROJECT, REGISTRY, f"{API}.SetIamPolicy", resource, RELEASE, THIEF,
              log="activity", agent=GCLOUD, **behind,
              serviceData={"policyDelta": {"bindingDeltas": [{"action": "ADD",
                  "role": "roles/artifactregistry.reader", "member": "allUsers"}]}}),
        entry(after(36), PROJECT, REGISTRY, f"{API}.DeleteVersion", version, RELEASE, THIEF,
              agent=GCLOUD, operation={"id": "operations/d1", "first": True}, **behind),
        entry(after(37), PROJECT, REGISTRY, f"{API}.DeleteVersion", version, "", "",
              operation={"id": "operations/d1", "last": True}),
    ]  # fmt: skip


def build(seed: int) -> dict[str, bytes]:
    """Return every file of the evidence: path below the folder -> bytes."""
    lines: dict[str, list[str]] = {}
    for each in tell(seed):
        log = str(each["logName"]).rsplit("%2F", 1)[-1]
        day, hour = str(each["timestamp"])[:10].replace("-", "/"), str(each["timestamp"])[11:13]
        path = f"cloudaudit.googleapis.com/{log}/{day}/{hour}h_S0.json"
        lines.setdefault(path, []).append(json.dumps(each, sort_keys=True))
    return {path: ("\n".join(text) + "\n").encode() for path, text in lines.items()}
