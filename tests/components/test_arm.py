from lichen_components import arm

from tests.components.narrowed import VECTORS, planned


def test_an_arm_machine_gets_an_arm64_image_and_threads_for_its_cores():
    container = arm.container(planned("c7g.xlarge", VECTORS))
    assert "pytorch-inference-arm64:" in container.image
    assert container.environment["OMP_NUM_THREADS"] == "4"
    assert container.environment["SAGEMAKER_MODEL_SERVER_WORKERS"] == "1"
    assert "DNNL_DEFAULT_FPMATH_MODE" not in container.environment
    assert container.machine_image is None


def test_bf16_uses_the_units_that_graviton_has_for_it():
    container = arm.container(planned("c7g.xlarge", {**VECTORS, "precisions": ["bf16"]}))
    assert container.environment["DNNL_DEFAULT_FPMATH_MODE"] == "BF16"
