"""What ECS hosts: tasks that serve behind a load balancer."""
