"""Deployments and pulls: task definitions, services, and the tasks and nodes that run them."""

from samples.cast import CLUSTER_NAT, ECS_AGENT, KUBELET, VIRGINIA
from samples.cloudtrail import Call, Caller, Client, Clock, Fields
from samples.registry import Repository, login
from samples.sessions import service_session
from samples.world import CLUSTER, Service, World


def deploy(world: World, clock: Clock, caller: Caller, service: Service, image: str) -> None:
    """Register the next revision with `image` and put the service on it."""
    service.revision += 1
    _register(world, clock, caller, service, image)
    _update(world, clock, caller, service)


def _register(world: World, clock: Clock, caller: Caller, service: Service, image: str) -> None:
    cast = world.cast
    group = {"awslogs-group": f"/ecs/{service.name}", "awslogs-region": VIRGINIA}
    container: Fields = {
        "name": service.name,
        "image": image,
        "essential": True,
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {**group, "awslogs-stream-prefix": "ecs"},
        },
    }
    request = {
        "family": service.family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "executionRoleArn": cast.task_execution.arn,
        "taskRoleArn": f"arn:aws:iam::{caller.account}:role/{service.name}-task",
        "containerDefinitions": [container],
    }
    answer = {
        **request,
        "taskDefinitionArn": service.definition_arn(),
        "revision": service.revision,
        "status": "ACTIVE",
        "registeredBy": caller.arn,
    }
    call = Call("ecs:RegisterTaskDefinition", VIRGINIA, request, {"taskDefinition": answer})
    world.trail.call(clock.tick(4, 20), caller, call)


def _update(world: World, clock: Clock, caller: Caller, service: Service) -> None:
    place = f"arn:aws:ecs:{VIRGINIA}:{caller.account}"
    definition = f"{service.family}:{service.revision}"
    request = {
        "cluster": CLUSTER,
        "service": service.name,
        "taskDefinition": definition,
        "forceNewDeployment": True,
    }
    answer = {
        "serviceArn": f"{place}:service/{CLUSTER}/{service.name}",
        "serviceName": service.name,
        "clusterArn": f"{place}:cluster/{CLUSTER}",
        "status": "ACTIVE",
        "desiredCount": service.tasks,
        "launchType": "FARGATE",
        "taskDefinition": service.definition_arn(),
        "deployments": [
            {
                "id": f"ecs-svc/{world.rng.randrange(10**18, 10**19)}",
                "status": "PRIMARY",
                "taskDefinition": service.definition_arn(),
                "desiredCount": service.tasks,
                "runningCount": 0,
                "rolloutState": "IN_PROGRESS",
            }
        ],
    }
    call = Call("ecs:UpdateService", VIRGINIA, request, {"service": answer})
    world.trail.call(clock.tick(8, 30), caller, call)


def start_tasks(world: World, clock: Clock, service: Service, reference: str) -> None:
    """The new tasks of a service pull the image; Fargate keeps no layers between tasks."""
    agent = Client(CLUSTER_NAT, ECS_AGENT)
    for _ in range(service.tasks):
        clock.tick(20, 50)
        role, task = world.cast.task_execution, world.ids.hex(32)
        session = service_session(world.trail, clock, "ecs-tasks.amazonaws.com", role, task, agent)
        docker = login(world.trail, clock, session, VIRGINIA)
        docker.pull(service.repository, reference)
        stream = {
            "logGroupName": f"/ecs/{service.name}",
            "logStreamName": f"ecs/{service.name}/{task}",
        }
        world.trail.call(clock.tick(2, 6), session, Call("logs:CreateLogStream", VIRGINIA, stream))


def node_pulls(
    world: World, clock: Clock, instance: str, wanted: list[tuple[Repository, str]]
) -> None:
    """A Kubernetes node pulls for its pods, and keeps the layers it has."""
    cast, kubelet = world.cast, Client(CLUSTER_NAT, KUBELET)
    session = service_session(world.trail, clock, "ec2.amazonaws.com", cast.node, instance, kubelet)
    docker = login(world.trail, clock, session, VIRGINIA)
    cache = world.caches[instance]
    for repository, reference in wanted:
        manifest = docker.pull(repository, reference, cache)
        cache.update(blob.digest for blob in manifest.blobs)
