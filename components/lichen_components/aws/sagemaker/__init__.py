"""SageMaker as a hosting: endpoints, their scaling and their roll-out."""

from lichen_components.row import S3, MakerRow

_HERE = "lichen_components.aws.sagemaker"

MAKERS = (
    MakerRow("sagemaker", f"{_HERE}.endpoint:SagemakerEndpoint", artifacts=(S3,)),
    MakerRow(
        "sagemaker",
        f"{_HERE}.asynchronous:AsynchronousEndpoint",
        mode="asynchronous",
        artifacts=(S3,),
    ),
    MakerRow("sagemaker", f"{_HERE}.to_zero:ToZeroEndpoint", mode="to-zero", artifacts=(S3,)),
    MakerRow("sagemaker-batch", f"{_HERE}.batch:BatchTransform", artifacts=(S3,)),
    MakerRow("sagemaker-serverless", f"{_HERE}.serverless:ServerlessEndpoint", artifacts=(S3,)),
)
