"""The state the story moves through: registries, clusters, and what is built from what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from samples.cast import BUILD, IRELAND, PRODUCTION, VIRGINIA, Cast
from samples.cloudtrail import Clock, Ids, Trail
from samples.images import OCI_LAYER, Blob, Manifest, blob, docker_image, multi_arch, oci_image
from samples.registry import Repository

CLUSTER = "prod"

HAND_BASE = 29_720_866
"""Size in bytes of the base layer that people build on by hand."""


@dataclass
class Service:
    """An ECS service and the newest revision of its task definition."""

    name: str
    repository: Repository
    revision: int
    tasks: int

    @property
    def family(self) -> str:
        return self.name

    def definition_arn(self) -> str:
        place = f"{self.repository.region}:{self.repository.account}"
        return f"arn:aws:ecs:{place}:task-definition/{self.family}:{self.revision}"


@dataclass
class Kitchen:
    """Makes the next version of each image out of the layers that did not change."""

    rng: Random
    python: Manifest = field(init=False)
    dependencies: dict[str, Blob] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.python = self._python("2026-02-22", "bookworm-20260220", "3.12.8")

    def _python(self, date: str, debian: str, version: str) -> Manifest:
        layers = [
            blob(f"debian/{debian}", 28_204_865),
            blob(f"base/certificates/{debian}", 3_511_274),
            blob(f"base/python/{version}/{debian}", 12_587_020),
            blob(f"base/entry/{date}", 249),
        ]
        return docker_image(f"base/python/{date}", layers)

    def rebuild_python(self, date: str, debian: str, version: str) -> Manifest:
        self.python = self._python(date, debian, version)
        return self.python

    def python_app(self, name: str, version: str, sizes: Sequence[int]) -> Manifest:
        """An application on the Python base of the day; it rarely changes its dependencies."""
        workdir, requirements, code = sizes
        if name not in self.dependencies or self.rng.random() < 0.2:
            label = f"{name}/dependencies/{version}"
            self.dependencies[name] = blob(label, requirements + self.rng.randrange(900_000))
        layers = [
            *self.python.layers,
            blob(f"{name}/workdir", workdir),
            self.dependencies[name],
            blob(f"{name}/{version}/code", code + self.rng.randrange(code // 10)),
            blob(f"{name}/{version}/settings", 380 + self.rng.randrange(90)),
        ]
        return docker_image(f"{name}:{version}", layers)

    def api(self, version: str) -> Manifest:
        return self.python_app("team/api", version, (127, 55_830_112, 1_904_377))

    def dev_api(self, commit: str) -> Manifest:
        """The same program from another branch: only the base layers are the same."""
        return self.python_app("team/api/develop", commit, (127, 56_102_440, 1_911_208))

    def worker(self, version: str) -> Manifest:
        return self.python_app("team/worker", version, (131, 20_114_602, 811_940))

    def web(self, version: str) -> Manifest:
        """A multi-arch image: both platforms share nothing but the static files."""
        static = blob(f"team/web/{version}/static", 9_420_118, OCI_LAYER)
        platforms = []
        for architecture, base in (("amd64", 48_311_020), ("arm64", 47_902_553)):
            layers = [
                blob(f"alpine-3.21/{architecture}", 3_642_247, OCI_LAYER),
                blob(f"node-22.14/{architecture}", base, OCI_LAYER),
                blob(f"team/web/{version}/modules/{architecture}", 6_204_771, OCI_LAYER),
                static,
            ]
            platforms.append(oci_image(f"team/web:{version}", layers, architecture))
        return multi_arch(platforms)

    def plain(self, name: str, version: str, base: int, own: Sequence[int]) -> Manifest:
        """An image built by hand: a base that stays and layers of its own that do not."""
        layers = [blob(f"{name}/base", base)]
        layers += [blob(f"{name}/{version}/{n}", size) for n, size in enumerate(own)]
        return docker_image(f"{name}:{version}", layers)


class World:
    """Everything that exists on the first morning, and the trail that will tell of it."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"story {seed}")
        self.ids = Ids(self.rng)
        self.trail = Trail(self.ids)
        self.cast = Cast(self.ids)
        self.kitchen = Kitchen(self.rng)
        self.caches: dict[str, set[str]] = {name: set() for name in self.cast.instances}

        releases = ("prod", "main")
        self.api = Repository(PRODUCTION, VIRGINIA, "team/api", releases)
        self.web = Repository(PRODUCTION, VIRGINIA, "team/web")
        self.worker = Repository(PRODUCTION, VIRGINIA, "team/worker")
        self.base = Repository(PRODUCTION, VIRGINIA, "base/python")
        self.migrate = Repository(PRODUCTION, VIRGINIA, "tools/migrate")
        self.charts = Repository(PRODUCTION, VIRGINIA, "charts/api")
        self.dev_api = Repository(BUILD, IRELAND, "team/api")
        self.scratch = Repository(BUILD, IRELAND, "dev/scratch")
        self.toolbox = Repository(BUILD, IRELAND, "dev/toolbox")
        self._stock()

        self.services = {
            "api": Service("api", self.api, 84, 2),
            "web": Service("web", self.web, 51, 2),
            "worker": Service("worker", self.worker, 37, 1),
        }

    def clock(self, start: datetime) -> Clock:
        return Clock(start, self.rng)

    def _stock(self) -> None:
        """Fill the repositories with what was pushed before the evidence begins."""
        self.base.keep(self.kitchen.python, "3.12", "latest")
        self.api.keep(self.kitchen.api("1.18.0"), "1.18.0", "prod", "main")
        self.dev_api.keep(self.kitchen.dev_api("a41f7c3"), "develop")
        self.web.keep(self.kitchen.web("4.7.0"), "4.7.0", "main")
        for number in (1, 2, 3):
            self.worker.keep(self.kitchen.worker(f"0.9.{number}"), f"0.9.{number}")
        old_tools = self.kitchen.plain("tools/migrate", "21", HAND_BASE, (14_008_331, 88_102))
        self.migrate.keep(old_tools, "21")
