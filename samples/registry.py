"""An ECR registry: what is stored in it, and the records that docker's traffic leaves.

Docker speaks to the registry host, and ECR's own proxy makes the API calls, so those records
carry "AWS Internal" where an address and an agent would stand. Only the login before them, and
calls made to the API directly, show the real ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random

from samples.cast import User
from samples.cloudtrail import INTERNAL, Call, Caller, Clock, Failure, Fields, Trail
from samples.images import Blob, Manifest
from samples.sessions import user_session

PART = 10 * 1024 * 1024
"""The part size ECR tells a client to upload with, in bytes."""

ACCEPTED = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]


@dataclass
class Repository:
    """One repository: the blobs, manifests and tags it holds at this point of the story."""

    account: str
    region: str
    name: str
    moving_tags: tuple[str, ...] | None = None
    """Tags that may be overwritten; None when all may (the repository is mutable)."""
    stored: set[str] = field(default_factory=set)
    images: dict[str, Manifest] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:ecr:{self.region}:{self.account}:repository/{self.name}"

    @property
    def uri(self) -> str:
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com/{self.name}"

    def resources(self) -> list[Fields]:
        return [{"accountId": self.account, "ARN": self.arn}]

    def named(self) -> dict[str, object]:
        return {"registryId": self.account, "repositoryName": self.name}

    def tagged(self, tag: str) -> Manifest:
        return self.images[self.tags[tag]]

    def keep(self, manifest: Manifest, *tags: str) -> None:
        """Store an image without a trace, as if it had been pushed before the window."""
        for child in manifest.children:
            self.keep(child)
        self.stored.update(blob.digest for blob in manifest.blobs)
        self.images[manifest.digest] = manifest
        for tag in tags:
            self.tags[tag] = manifest.digest

    def objection(self, manifest: Manifest, tag: str | None) -> Failure | None:
        """Why ECR would refuse this PutImage, or None."""
        current = self.tags.get(tag) if tag else None
        if current is None:
            return None
        if current == manifest.digest:
            return Failure(
                "ImageAlreadyExistsException",
                f"Image with digest '{manifest.digest}' and tag '{tag}' already exists in the "
                f"repository with name '{self.name}' in registry with id '{self.account}'",
            )
        if self.moving_tags is not None and tag not in self.moving_tags:
            return Failure(
                "ImageTagAlreadyExistsException",
                f"The image tag '{tag}' already exists in the '{self.name}' repository and cannot "
                "be overwritten because the tag is immutable.",
            )
        return None


@dataclass
class Docker:
    """A logged-in docker client and the records its pulls and pushes leave."""

    trail: Trail
    clock: Clock
    caller: Caller

    def _call(self, repository: Repository, name: str, reads: bool, **rest: object) -> None:
        request = {**repository.named(), **rest}
        self._record(repository, Call(f"ecr:{name}", repository.region, request, reads=reads))

    def _record(self, repository: Repository, call: Call) -> None:
        full = replace(call, resources=repository.resources())
        self.trail.call(self.clock.tick(0.2, 1.4), self.caller, full)

    def push(self, repository: Repository, manifest: Manifest, tag: str | None = None) -> bool:
        """Push an image and what hangs below it; False when ECR refused the manifest."""
        for child in manifest.children:
            self.push(repository, child)
        for blob in manifest.blobs:
            self._offer(repository, blob)
        return self.put(repository, manifest, tag)

    def put(self, repository: Repository, manifest: Manifest, tag: str | None) -> bool:
        """PutImage alone: the last step of a push, or the second half of a retag."""
        objection = repository.objection(manifest, tag)
        tagged = {"imageTag": tag} if tag else {}
        said = {
            "imageManifest": manifest.text,
            "imageManifestMediaType": manifest.media_type,
        }
        image_id = {"imageDigest": manifest.digest, **tagged}
        call = Call(
            "ecr:PutImage",
            repository.region,
            {**repository.named(), **said, **tagged},
            {"image": {**repository.named(), "imageId": image_id, **said}},
            failure=objection,
        )
        self._record(repository, call)
        if objection is None:
            repository.keep(manifest, *([tag] if tag else []))
        return objection is None

    def retag(self, repository: Repository, source: str, tag: str) -> Manifest:
        """Give an image one more tag: read the manifest, put it back, upload nothing."""
        manifest = repository.tagged(source)
        self._get_image(repository, {"imageTag": source})
        self.put(repository, manifest, tag)
        return manifest

    def pull(self, repository: Repository, reference: str, have: Iterable[str] = ()) -> Manifest:
        """Pull a tag or a digest: find the platform's manifest, fetch the blobs not in `have`."""
        digest = repository.tags.get(reference, reference)
        if digest != reference:
            self._get_image(repository, {"imageTag": reference})
        manifest = repository.images[digest]
        self._get_image(repository, {"imageDigest": digest})
        if manifest.children:
            manifest = manifest.children[0]
            self._get_image(repository, {"imageDigest": manifest.digest})
        known = frozenset(have)
        for blob in (manifest.config, *manifest.layers):
            if blob.digest not in known:
                self._call(repository, "GetDownloadUrlForLayer", True, layerDigest=blob.digest)
        return manifest

    def _get_image(self, repository: Repository, image_id: Fields) -> None:
        self._call(
            repository, "BatchGetImage", True, imageIds=[image_id], acceptedMediaTypes=ACCEPTED
        )

    def _offer(self, repository: Repository, blob: Blob) -> None:
        self._call(repository, "BatchCheckLayerAvailability", True, layerDigests=[blob.digest])
        if blob.digest not in repository.stored:
            self._upload(repository, blob)
            repository.stored.add(blob.digest)

    def _upload(self, repository: Repository, blob: Blob) -> None:
        region, named = repository.region, repository.named()
        upload = {"uploadId": self.trail.ids.event()}
        opened = Call("ecr:InitiateLayerUpload", region, named, {**upload, "partSize": PART})
        self._record(repository, opened)
        for first in range(0, blob.size, PART):
            last = min(first + PART, blob.size) - 1
            part = {**named, **upload, "partFirstByte": first, "partLastByte": last}
            answer = {**named, **upload, "lastByteReceived": last}
            self._record(repository, Call("ecr:UploadLayerPart", region, part, answer))
        finished = {**named, **upload, "layerDigests": [blob.digest]}
        answer = {**named, **upload, "layerDigest": blob.digest}
        self._record(repository, Call("ecr:CompleteLayerUpload", region, finished, answer))


def _token(trail: Trail, clock: Clock, caller: Caller, region: str) -> None:
    # A login names no repository: CloudTrail shows neither parameters nor resources.
    trail.call(clock.tick(), caller, Call("ecr:GetAuthorizationToken", region, reads=True))


def login(trail: Trail, clock: Clock, caller: Caller, region: str) -> Docker:
    """Log docker in with a role's session; the token calls as that same session."""
    _token(trail, clock, caller, region)
    return Docker(trail, clock, caller.through(INTERNAL))


def user_login(trail: Trail, clock: Clock, user: User, caller: Caller, region: str) -> Docker:
    """Log docker in as an IAM user: from here on the records show a temporary key."""
    _token(trail, clock, caller, region)
    session = user_session(user, trail.ids, clock.now, caller.client)
    return Docker(trail, clock, session.through(INTERNAL))


def runner_address(rng: Random) -> str:
    """CI runners come from a pool, with another address for nearly every job."""
    return f"192.0.2.{rng.randrange(10, 250)}"
