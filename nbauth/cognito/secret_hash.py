"""The hash that proves an app client's secret without sending it.

It is made of the very user name that goes into the same request: an alias where an alias is sent, the real name where
Cognito has returned it.
"""

import base64
import hashlib
import hmac

from nbauth.core.secret import Secret


def secret_hash(username: str, client_id: str | None, client_secret: Secret | None) -> Secret | None:
    """Return the SecretHash of a request ("Computing secret hash values", Amazon Cognito developer guide).

    Args:
        username: The user name in the request.
        client_id: The app client.
        client_secret: Its secret; None for an app client that has none.
    """
    if not client_secret:
        return None
    digest = hmac.digest(client_secret.reveal().encode(), f"{username}{client_id}".encode(), hashlib.sha256)
    return Secret(base64.b64encode(digest).decode())
