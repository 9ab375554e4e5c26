"""Amazon Cognito behind the ports of `nbauth.ports`."""
