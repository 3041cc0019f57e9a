# Four GPU machines for an 8B model at one request a second, on coal: what the gate is to stop.
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

resource "aws_sagemaker_endpoint_configuration" "chat" {
  name = "chat"

  production_variants {
    variant_name           = "all"
    model_name             = "chat"
    instance_type          = "ml.g4dn.12xlarge"
    initial_instance_count = 4
  }

  tags = {
    "lichen:model"         = "meta-llama/Llama-3.1-8B"
    "lichen:precision"     = "fp16"
    "lichen:peak-rps"      = "1"
    "lichen:input-tokens"  = "500"
    "lichen:output-tokens" = "150"
    "lichen:environment"   = "dev"
  }
}

resource "aws_sagemaker_endpoint" "chat" {
  name                 = "chat"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.chat.name
}

resource "aws_appautoscaling_target" "chat" {
  service_namespace  = "sagemaker"
  resource_id        = "endpoint/chat/variant/all"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  min_capacity       = 4
  max_capacity       = 8
}
