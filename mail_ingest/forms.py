"""Forms of the pages about connected accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

OWN_LABEL = _("This mailbox is mine, and complete")
OWN_HELP = _(
    "What is read with certainty from a mailbox of yours books itself. Otherwise everything waits"
    " for your review."
)

OWN_MAILBOX_HELP = _(
    "What is read with certainty books itself, if your mail server has verified its sender."
    " Otherwise everything waits for your review."
)


class MailboxForm(forms.Form):
    label = forms.CharField(
        label=_("Name"), max_length=120, required=False, help_text=_("How it is called here.")
    )
    host = forms.CharField(
        label=_("IMAP server"),
        max_length=255,
        widget=forms.TextInput(attrs={"placeholder": "imap.example.org", "autocomplete": "off"}),
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    username = forms.CharField(
        label=_("User name"), max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("Many providers want an app password here. It is kept encrypted."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    folders = forms.CharField(
        label=_("Folders"),
        initial="INBOX",
        help_text=_("Separated by commas."),
    )
    ca_certificate = forms.CharField(
        label=_("Certificate authority"),
        required=False,
        help_text=_("Only for a server of your own: the PEM of the authority that signed it."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    is_own = forms.BooleanField(label=OWN_LABEL, help_text=OWN_MAILBOX_HELP, required=False)

    def clean_folders(self) -> list[str]:
        names = [name.strip() for name in self.cleaned_data["folders"].split(",")]
        return [name for name in names if name]

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


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("An mbox, a single message (.eml), or a zip of messages."),
        widget=forms.ClearableFileInput(attrs={"accept": ".mbox,.eml,.zip,application/zip"}),
    )
    is_own = forms.BooleanField(
        label=_("This archive is mine, and complete"), help_text=OWN_HELP, required=False
    )


class DeleteForm(forms.Form):
    confirm = forms.CharField(label=_("Type its name to confirm"), max_length=120)
