# Groups whose launch templates are known only after apply, named in every way that there is.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "names" {
  type    = list(string)
  default = ["a", "b"]
}

locals {
  template = aws_launch_template.one.id
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

resource "aws_launch_template" "each" {
  for_each      = toset(var.names)
  instance_type = "g5.xlarge"
}

resource "aws_launch_template" "counted" {
  count         = 2
  instance_type = "g5.xlarge"
}

resource "aws_autoscaling_group" "each" {
  for_each           = toset(var.names)
  min_size           = 1
  max_size           = 2
  availability_zones = ["eu-north-1a"]
  launch_template {
    id = aws_launch_template.each[each.key].id
  }
}

resource "aws_autoscaling_group" "chained" {
  for_each           = aws_launch_template.each
  min_size           = 1
  max_size           = 2
  availability_zones = ["eu-north-1a"]
  launch_template {
    id = each.value.id
  }
}

resource "aws_autoscaling_group" "counted" {
  count              = 2
  min_size           = 1
  max_size           = 2
  availability_zones = ["eu-north-1a"]
  launch_template {
    id = aws_launch_template.counted[count.index].id
  }
}

resource "aws_autoscaling_group" "one_of_many" {
  min_size           = 1
  max_size           = 2
  availability_zones = ["eu-north-1a"]
  launch_template {
    id = aws_launch_template.each["b"].id
  }
}

resource "aws_autoscaling_group" "of_a_module" {
  min_size           = 1
  max_size           = 2
  availability_zones = ["eu-north-1a"]
  launch_template {
    id = module.child["a"].template
  }
}

resource "aws_autoscaling_group" "mixed" {
  min_size           = 1
  max_size           = 2
  availability_zones = ["eu-north-1a"]
  mixed_instances_policy {
    launch_template {
      launch_template_specification {
        launch_template_id = local.template
      }
      override {
        instance_type = "g5.xlarge"
      }
      override {
        instance_type = aws_launch_template.one.name
      }
    }
  }
}

module "child" {
  for_each = toset(var.names)
  source   = "./child"
  template = aws_launch_template.one.id
}
