"""moto's server, with what a deployment meets and moto 5.2 lacks.

What is added is in extensions/, one file for each of moto's services, and behaves as AWS does.
"""
