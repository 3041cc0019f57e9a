"""What EC2 hosts: a group of machines that serve behind a load balancer."""
