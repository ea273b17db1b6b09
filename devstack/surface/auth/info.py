"""What anybody may know: that we are there, what is switched on, and with which key tokens are checked."""

from devstack.surface.auth.requests import Answer, Request
from devstack.surface.auth.service import Auth

SOCIAL = (
    "apple", "azure", "bitbucket", "discord", "facebook", "figma", "fly", "github", "gitlab", "google", "keycloak",
    "kakao", "linkedin", "linkedin_oidc", "notion", "spotify", "slack", "slack_oidc", "snapchat", "workos", "twitch",
    "twitter", "x", "phone", "zoom",
)  # fmt: skip


async def health(_auth: Auth, _request: Request) -> Answer:
    """Who answers here."""
    return Answer({
        "version": "parley-devstack", "name": "GoTrue",
        "description": "GoTrue is a user registration and authentication API",
    })  # fmt: skip


async def settings(auth: Auth, _request: Request) -> Answer:
    """What a log-in form needs to know."""
    return Answer({
        "external": {
            "anonymous_users": auth.config.allows_anonymous, **dict.fromkeys(SOCIAL, False),
            "email": True,
        },
        "disable_signup": not auth.config.allows_signup, "mailer_autoconfirm": not auth.config.confirms_email,
        "phone_autoconfirm": False, "sms_provider": "", "saml_enabled": False, "passkeys_enabled": False,
    })  # fmt: skip


async def jwks(auth: Auth, _request: Request) -> Answer:
    """The public key of access tokens."""
    return Answer(auth.identity.jwks(), 200, (("cache-control", "public, max-age=600"),))
