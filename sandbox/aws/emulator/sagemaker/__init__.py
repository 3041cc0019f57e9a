"""SageMaker as AWS has it and moto does not: extensions/sagemaker.py puts the parts in place."""
