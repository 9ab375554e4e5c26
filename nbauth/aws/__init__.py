"""Ways for AWS clients to get credentials from a `CredentialSource`."""

from nbauth.aws.session import boto3_session, botocore_session

__all__ = ["boto3_session", "botocore_session"]
