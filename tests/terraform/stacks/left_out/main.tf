# Nodes whose type of image is known only after apply: nobody gives it, or what gives it is open.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "none" {
  type    = string
  default = null
}

locals {
  type = aws_launch_template.one.name
}

provider "aws" {
  region                      = "eu-north-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

resource "aws_launch_template" "one" {
  instance_type = "g5.xlarge"
}

data "aws_region" "later" {
  name = aws_launch_template.one.name
}

resource "aws_eks_node_group" "not_given" {
  cluster_name    = "chat"
  node_group_name = "chat"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-0abc"]
  scaling_config {
    min_size     = 1
    desired_size = 1
    max_size     = 1
  }
}

resource "aws_eks_node_group" "of_a_variable_that_is_null" {
  cluster_name    = "chat"
  node_group_name = "chat"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-0abc"]
  ami_type        = var.none
  scaling_config {
    min_size     = 1
    desired_size = 1
    max_size     = 1
  }
}

resource "aws_eks_node_group" "of_a_resource" {
  cluster_name    = "chat"
  node_group_name = "chat"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-0abc"]
  ami_type        = aws_launch_template.one.name
  scaling_config {
    min_size     = 1
    desired_size = 1
    max_size     = 1
  }
}

resource "aws_eks_node_group" "of_a_function" {
  cluster_name    = "chat"
  node_group_name = "chat"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-0abc"]
  ami_type        = uuid()
  scaling_config {
    min_size     = 1
    desired_size = 1
    max_size     = 1
  }
}

resource "aws_eks_node_group" "of_a_local" {
  cluster_name    = "chat"
  node_group_name = "chat"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-0abc"]
  ami_type        = local.type
  scaling_config {
    min_size     = 1
    desired_size = 1
    max_size     = 1
  }
}

resource "aws_eks_node_group" "of_a_data_source" {
  cluster_name    = "chat"
  node_group_name = "chat"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-0abc"]
  ami_type        = data.aws_region.later.description
  scaling_config {
    min_size     = 1
    desired_size = 1
    max_size     = 1
  }
}

module "child" {
  source = "./child"
  type   = local.type
}
