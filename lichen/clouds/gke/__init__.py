"""What Google Kubernetes Engine sells, for what builds on it or judges it: no start needs it."""
