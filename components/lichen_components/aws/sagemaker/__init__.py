"""SageMaker as a hosting: endpoints, their scaling and their roll-out."""
