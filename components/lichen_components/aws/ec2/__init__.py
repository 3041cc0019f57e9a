"""What EC2 hosts: a group of machines that serve behind a load balancer."""

from lichen_components.row import S3, MakerRow

MAKERS = (MakerRow("ec2", "lichen_components.aws.ec2.group:MachineFleet", artifacts=(S3,)),)
