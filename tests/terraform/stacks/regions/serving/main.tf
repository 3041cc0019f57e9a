terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

resource "aws_sagemaker_endpoint_configuration" "inner" {
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}
