# A module that configures a provider of its own, from its caller's word.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "where" {
  type = string
}

provider "aws" {
  region                      = var.where
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

resource "aws_sagemaker_endpoint_configuration" "inner" {
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

module "deeper" {
  source = "../serving"
}
