from extraction.models.attachments import AttachmentText
from extraction.models.backends import LanguageModel, ModelBackend, ModelPolicy, ModelPrice
from extraction.models.calls import LLMTransaction, ModelAnswer
from extraction.models.readings import EmailExtraction, ExtractionState
from extraction.models.replays import (
    DifferenceKind,
    DifferenceState,
    Replay,
    ReplayDifference,
)
from extraction.models.templates import LearnedTemplate, LearningProgress, TemplateState
from extraction.models.trusted import TrustedSender

__all__ = [
    "AttachmentText",
    "DifferenceKind",
    "DifferenceState",
    "EmailExtraction",
    "ExtractionState",
    "LLMTransaction",
    "LanguageModel",
    "LearnedTemplate",
    "LearningProgress",
    "ModelAnswer",
    "ModelBackend",
    "ModelPolicy",
    "ModelPrice",
    "Replay",
    "ReplayDifference",
    "TemplateState",
    "TrustedSender",
]
