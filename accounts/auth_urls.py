"""Addresses under /api/auth."""

from django.urls import path

from accounts import auth_api

urlpatterns = [
    path("register", auth_api.RegisterView.as_view(), name="auth-register"),
    path("login", auth_api.LoginView.as_view(), name="auth-login"),
    path("refresh", auth_api.RefreshView.as_view(), name="auth-refresh"),
    path("logout", auth_api.LogoutView.as_view(), name="auth-logout"),
    path("me", auth_api.MeView.as_view(), name="auth-me"),
    path("otp/request", auth_api.OtpRequestView.as_view(), name="auth-otp-request"),
    path("otp/verify", auth_api.OtpVerifyView.as_view(), name="auth-otp-verify"),
    path("password/reset-request", auth_api.ResetRequestView.as_view(), name="auth-reset-request"),
    path("password/reset", auth_api.ResetView.as_view(), name="auth-reset"),
    path("password/change", auth_api.ChangePasswordView.as_view(), name="auth-change-password"),
]
