"""Demo: five minutes of an invented shop: traffic, a bad deploy, an outage, a fix, and a regression."""
