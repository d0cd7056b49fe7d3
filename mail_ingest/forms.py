"""Forms of the pages about connected accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mail_ingest.models import MailPolicy, MailRule, RuleAction
from mail_ingest.presets import preset_for
from mail_ingest.providers.base import Folder

OWN_LABEL = _("This mailbox is mine, and complete")
OWN_HELP = _(
    "What is read with certainty from a mailbox of yours books itself. Otherwise everything waits"
    " for your review."
)

OWN_MAILBOX_HELP = _(
    "What is read with certainty books itself, if your mail server has verified its sender."
    " Otherwise everything waits for your review."
)

FOLDER_ROLES = {
    "inbox": _("inbox"),
    "all": _("all mail"),
    "archive": _("archive"),
    "sent": _("sent mail"),
    "drafts": _("drafts"),
    "junk": _("spam"),
    "trash": _("bin"),
}


class MailboxForm(forms.Form):
    label = forms.CharField(
        label=_("Name"), max_length=120, required=False, help_text=_("How it is called here.")
    )
    host = forms.CharField(
        label=_("IMAP server"),
        max_length=255,
        required=False,
        help_text=_("Known by itself for the great providers."),
        widget=forms.TextInput(attrs={"placeholder": "imap.example.org", "autocomplete": "off"}),
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    username = forms.CharField(
        label=_("E-mail address or user name"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("Many providers want an app password here. It is kept encrypted."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    ca_certificate = forms.CharField(
        label=_("Certificate authority"),
        required=False,
        help_text=_("Only for a server of your own: the PEM of the authority that signed it."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    is_watched = forms.BooleanField(
        label=_("Read new mail at once"),
        required=False,
        help_text=_("A connection is held on which the server tells of new mail (IMAP IDLE)."),
    )
    is_own = forms.BooleanField(label=OWN_LABEL, help_text=OWN_MAILBOX_HELP, required=False)

    field_order = ("username", "password", "host", "port", "label")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        preset = preset_for(cleaned.get("username", ""))
        if not cleaned.get("host") and preset is not None:
            cleaned["host"] = preset.host
        elif not cleaned.get("host") and "username" in cleaned:
            self.add_error("host", _("This provider is not known: name its IMAP server."))
        return cleaned

    @property
    def account_fields(self) -> dict[str, Any]:
        """What a ConnectedAccount is made of; `password` and `is_own` are not among it."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in {"password", "is_own"}
        }


class MailboxChangeForm(MailboxForm):
    """The password stays unless a new one is given: it is not shown back."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].required = False
        self.fields["password"].help_text = _("Leave it empty to keep the one that is stored.")


class FoldersForm(forms.Form):
    """Which folders of a mailbox are read; none are the usual ones."""

    folders = forms.MultipleChoiceField(
        label=_("Folders"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, available: Iterable[Folder], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["folders"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(folder.name, _said(folder)) for folder in available]


def _said(folder: Folder) -> str:
    role = FOLDER_ROLES.get(folder.role)
    return f"{folder.label} ({role})" if role else folder.label


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("An mbox, a message (.eml), a zip of messages, or Gmail's export (Takeout)."),
        widget=forms.ClearableFileInput(attrs={"accept": ".mbox,.eml,.zip,.tgz,.gz"}),
    )
    is_own = forms.BooleanField(
        label=_("This archive is mine, and complete"), help_text=OWN_HELP, required=False
    )


class DeleteForm(forms.Form):
    confirm = forms.CharField(label=_("Type its name to confirm"), max_length=120)


class MailRuleForm(forms.ModelForm):  # type: ignore[type-arg] # generic in the stubs alone
    action = forms.ChoiceField(
        label=_("What to do"), choices=RuleAction.choices, initial=RuleAction.EXCLUDE
    )

    class Meta:
        model = MailRule
        fields = ("action", "sender", "subject", "folder")
        labels = {
            "sender": _("Sender"),
            "subject": _("Subject contains"),
            "folder": _("Folder"),
        }
        help_texts = {
            "sender": _("An address, or a domain with those below it."),
            "subject": _("A part of the subject."),
            "folder": _("The whole name of a folder."),
        }

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if not any(said.get(name) for name in ("sender", "subject", "folder")):
            raise forms.ValidationError(
                _("Name a sender, a part of the subject or a folder: else it takes everything."),
                code="empty_rule",
            )
        return said


class MailPolicyForm(forms.ModelForm):  # type: ignore[type-arg] # generic in the stubs alone
    class Meta:
        model = MailPolicy
        fields = ("keeps_unfinancial", "keep_days", "forgets_evidence")
        labels = {
            "keeps_unfinancial": _("Keep messages that are not about money"),
            "keep_days": _("Days that a message is kept whole"),
            "forgets_evidence": _("Forget also what transactions were read from"),
        }
        help_texts = {
            "keeps_unfinancial": _("Otherwise only their headers stay, and why."),
            "keep_days": _("Then only its headers stay. Empty: for ever."),
            "forgets_evidence": _("Their values stay; the words they were read from do not."),
        }
