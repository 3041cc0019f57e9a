# Every way to say where a resource goes: the default provider, an alias, a variable, a module, a
# function; and what else in a plan tells where a provider is.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "home" {
  type    = string
  default = "eu-north-1"
}

variable "regions" {
  type    = map(string)
  default = { far = "ap-south-1" }
}

locals {
  hidden = "eu-west-3"
}

provider "aws" {
  region                      = var.home
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

provider "aws" {
  alias                       = "constant"
  region                      = "us-west-2"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

provider "aws" {
  alias                       = "indexed"
  region                      = var.regions["far"]
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

provider "aws" {
  alias                       = "local"
  region                      = local.hidden
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

provider "aws" {
  alias                       = "hidden"
  region                      = local.hidden
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

provider "aws" {
  alias                       = "moved"
  region                      = replace(var.home, "eu-north-1", "ap-south-1")
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

provider "aws" {
  alias                       = "told"
  region                      = replace(var.home, "eu-north-1", "ap-south-1")
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

provider "aws" {
  alias                       = "zoned"
  region                      = var.home
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

provider "aws" {
  alias                       = "elsewhere"
  region                      = var.home == "eu-north-1" ? "ap-south-1" : var.home
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

provider "aws" {
  alias                       = "absent"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

data "aws_region" "default" {}

data "aws_region" "local" {
  provider = aws.local
}

data "aws_region" "told" {
  provider = aws.told
}

# It is asked for another region than its provider's.
data "aws_region" "other" {
  provider = aws.elsewhere
  name     = "eu-north-1"
}

resource "aws_subnet" "zoned" {
  provider          = aws.zoned
  vpc_id            = "vpc-1"
  cidr_block        = "10.0.0.0/24"
  availability_zone = "${var.home}a"
}

resource "aws_sagemaker_endpoint_configuration" "default" {
  count = 2
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint_configuration" "constant" {
  for_each = toset(["a", "b.c[\"d\"]"])
  provider = aws.constant
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint_configuration" "indexed" {
  provider = aws.indexed
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint_configuration" "local" {
  provider = aws.local
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

resource "aws_instance" "zone_after_apply" {
  provider      = aws.constant
  ami           = "ami-1"
  instance_type = "t3.micro"
}

resource "aws_sagemaker_endpoint_configuration" "absent" {
  provider = aws.absent
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint_configuration" "hidden" {
  provider = aws.hidden
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint_configuration" "moved" {
  provider = aws.moved
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint_configuration" "told" {
  provider = aws.told
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint_configuration" "zoned" {
  provider = aws.zoned
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint_configuration" "elsewhere" {
  provider = aws.elsewhere
  production_variants {
    model_name             = "a"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}

module "inherited" {
  source = "./serving"
  count  = 2
}

module "passed" {
  source    = "./serving"
  providers = { aws = aws.constant }
}

module "own" {
  source = "./own"
  where  = var.home
}
