"""moto's server, with what a deployment meets and moto 5.2 lacks.

What is added stands in extensions/, a file for each of moto's services, as AWS does and says it.
"""
