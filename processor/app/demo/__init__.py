"""A made-up shop for five minutes: traffic, a bad deploy, an outage, a fix, and the fault come back."""
