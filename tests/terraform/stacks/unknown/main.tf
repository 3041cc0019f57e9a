# Values that only the deployment settles, and one that may not be told.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "ap-south-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

variable "bucket" {
  type      = string
  sensitive = true
  default   = "s3://hush-hush"
}

resource "terraform_data" "machine" {
  input = "ml.g4dn.12xlarge"
}

resource "terraform_data" "count" {
  input = 4
}

resource "aws_sagemaker_endpoint_configuration" "late" {
  name = "late"

  production_variants {
    variant_name           = "known"
    model_name             = "late"
    instance_type          = "ml.g4dn.12xlarge"
    initial_instance_count = terraform_data.count.output
  }

  production_variants {
    variant_name           = "unknown"
    model_name             = "late"
    instance_type          = terraform_data.machine.output
    initial_instance_count = 1
  }

  data_capture_config {
    initial_sampling_percentage = 1
    destination_s3_uri          = var.bucket
    capture_options {
      capture_mode = "Input"
    }
  }
}
