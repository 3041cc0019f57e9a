variable "type" {}

resource "aws_eks_node_group" "of_its_caller_s_local" {
  cluster_name    = "chat"
  node_group_name = "chat"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-0abc"]
  ami_type        = var.type
  scaling_config {
    min_size     = 1
    desired_size = 1
    max_size     = 1
  }
}
