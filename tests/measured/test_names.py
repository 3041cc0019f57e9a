"""Names that benchmarks use for models, each found among the cards."""

from __future__ import annotations

import pytest

from lichen.catalogue import DIRECTORY, load
from lichen.catalogue.schema import BenchmarkModel, path_of
from lichen.measured.file import read_cases
from lichen.measured.names import Tables, dataset_of, model_of
from lichen.measured.row import Row, parse_row
from lichen.workload import ModelCard

TABLES = Tables(load())
CARDS = load().models


def row(model: str, work: str = "LLM", **cells: str) -> Row:
    return parse_row({"model": model, "model_class": work, **cells})


def same_weights(found: ModelCard, name: str) -> bool:
    card = CARDS[name]
    return (found.parameters, found.layers) == (card.parameters, card.layers)


@pytest.mark.parametrize(
    ("model", "work", "card"),
    [
        ("Meta-Llama-3-8B-Instruct", "LLM", "meta-llama/Llama-3.1-8B"),
        ("DeepSeek-R1-Distill-8B", "LLM", "deepseek-ai/DeepSeek-R1-Distill-Llama-8B"),
        ("DeepSeek-R1-0528", "LLM", "deepseek-ai/DeepSeek-R1"),
        ("meta-llama/Llama-4-Scout-17B-16E", "LLM", "meta-llama/Llama-4-Scout-17B-16E-Instruct"),
        ("Gemma-4-26B-A4B", "LLM", "google/gemma-4-26B-A4B-it"),
        ("BERT-large (SQuAD)", "encoder/embedding", "google-bert/bert-large-uncased"),
        ("SSD300 (ResNet-50)", "vision", "NVIDIA/SSD300-ResNet50"),
        ("ResNet50-v1.5", "vision", "timm/resnet50.a1_in1k"),
        ("YOLOv8n", "vision", "Ultralytics/YOLOv8n"),
        ("RT-DETR-R50", "vision", "PekingU/rtdetr_r50vd"),
        ("SAM ViT-H", "vision", "facebook/sam-vit-huge"),
        ("whisper-large-v3-turbo", "speech", "openai/whisper-large-v3-turbo"),
        ("Paraformer-large", "speech", "funasr/paraformer-zh"),
        ("FLUX.1-lite-8B", "diffusion", "Freepik/flux.1-lite-8B"),
        (
            "Stable Diffusion 3 medium",
            "diffusion",
            "stabilityai/stable-diffusion-3-medium-diffusers",
        ),
        ("Stable Diffusion 2.1 (768)", "diffusion", "stabilityai/stable-diffusion-2-1"),
    ],
)
def test_a_name_finds_its_card(model: str, work: str, card: str) -> None:
    found = model_of(row(model, work), TABLES, None)
    assert found is not None
    assert found.known
    assert same_weights(found.card, card)


def test_a_name_of_no_card_is_not_known() -> None:
    found = model_of(row("Somebody-9B", params_b="9"), TABLES, None)
    assert found is not None
    assert not found.known


@pytest.mark.parametrize(
    ("table", "least"), [("measurements", 0.96), ("energy_measurements", 0.98)]
)
def test_nearly_every_measured_row_names_a_card(table: str, least: float) -> None:
    cases = [parse_row(cells) for cells in read_cases(path_of(table, DIRECTORY))]
    found = [model_of(case, TABLES, dataset_of(case, TABLES)) for case in cases]
    assert sum(model is not None and model.known for model in found) >= least * len(cases)


def test_every_word_leads_to_a_card() -> None:
    for model in load().table("benchmark_models", BenchmarkModel):
        assert model.card in CARDS, model
        assert model.match
