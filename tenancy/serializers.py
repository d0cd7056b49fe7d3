"""What every serializer of the API has in common."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know, so that a misspelt one is not silently ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(set(data) - writable - {"csrfmiddlewaretoken"})
            if unknown:
                known = ", ".join(sorted(writable))
                raise serializers.ValidationError(
                    dict.fromkeys(unknown, f"Unknown or read-only field. Writable: {known}."),
                    code="unknown_field",
                )
        return super().to_internal_value(data)


class StrictModelSerializer(StrictSerializer, serializers.ModelSerializer[Any]):
    """A ModelSerializer that names its fields and refuses others."""
