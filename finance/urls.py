from django.urls import path

from finance.views import accounts, transactions

urlpatterns = [
    path("transactions/", transactions.transactions, name="transactions"),
    path("transactions/new/", transactions.new, name="transaction_new"),
    path("transactions/<uuid:transaction_id>/", transactions.transaction, name="transaction"),
    path("transactions/<uuid:transaction_id>/void/", transactions.void, name="transaction_void"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.new, name="account_new"),
    path("accounts/<uuid:account_id>/", accounts.account, name="account"),
]
