# One small machine in a clean region, for a model that needs no more.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "eu-north-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

resource "aws_sagemaker_endpoint_configuration" "embeddings" {
  name = "embeddings"

  production_variants {
    variant_name           = "all"
    model_name             = "embeddings"
    instance_type          = "ml.t2.medium"
    initial_instance_count = 1
  }

  tags = {
    team                 = "search"
    "lichen:environment" = "prod"
    "lichen:model"       = "BAAI/bge-small-en-v1.5"
    "lichen:evidence"    = "bench/embeddings.json"
  }
}

resource "aws_iam_role" "unread" {
  name = "embeddings"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "sagemaker.amazonaws.com" }
    }]
  })
}
