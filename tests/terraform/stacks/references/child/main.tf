terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "template" {
  type = string
}

resource "aws_launch_template" "inner" {
  instance_type = "g5.xlarge"
}

resource "aws_autoscaling_group" "inner" {
  min_size           = 1
  max_size           = 2
  availability_zones = ["eu-north-1a"]
  launch_template {
    id = aws_launch_template.inner.id
  }
}

resource "aws_autoscaling_group" "outer" {
  min_size           = 1
  max_size           = 2
  availability_zones = ["eu-north-1a"]
  launch_template {
    id = var.template
  }
}

output "template" {
  value = aws_launch_template.inner.id
}
