"""What ECS hosts: tasks that serve behind a load balancer."""

from lichen_components.row import S3, MakerRow

MAKERS = (
    MakerRow("ecs", "lichen_components.aws.ecs.machines:MachineTasks", artifacts=(S3,)),
    MakerRow("ecs-fargate", "lichen_components.aws.ecs.fargate:FargateService", artifacts=(S3,)),
)
