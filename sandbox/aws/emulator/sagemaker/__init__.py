"""SageMaker as AWS has it and moto does not: extensions/sagemaker.py puts the parts in place."""

from sandbox.aws.emulator.extensions import Refusal


def refused(message: str) -> Refusal:
    """SageMaker's answer to a request that it does not take."""
    return Refusal("ValidationException", message)
