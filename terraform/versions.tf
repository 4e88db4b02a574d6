terraform {
  required_version = ">= 1.9"
  required_providers {
    google = {
      source = "hashicorp/google"
      # 7.43 is the oldest version that the offline check has seen; 9.0 may rename what is used here.
      version = ">= 7.43, < 9.0"
    }
  }
}
