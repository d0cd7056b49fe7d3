"""How every form of the pages is rendered."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Our markup for `{{ form }}` and `{{ field.as_field_group }}` (templates/forms)."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
