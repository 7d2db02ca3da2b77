"""Where the bytes of documents lie: in the data folder, or in an S3-compatible store.

Read by the settings, before there is an application. Why so: docs/adr/0085.
"""

from importlib.util import find_spec
from typing import Any, Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

ON_DISK = "django.core.files.storage.FileSystemStorage"
IN_S3 = "psa.core.documents.s3.PrivateS3Storage"


class S3(BaseSettings):
    """A bucket and how to reach it; without a bucket, documents lie on the disk."""

    model_config = SettingsConfigDict(env_prefix="PSA_S3_", extra="ignore")

    bucket: str = ""
    # For others than Amazon: https://minio.example:9000.
    endpoint: str = ""
    region: str = ""
    # Empty: the role of the machine, as Amazon's own libraries find it.
    access_key: str = ""
    secret_key: str = ""
    addressing: Literal["auto", "path", "virtual"] = "auto"
    # What the store encrypts with; "none" for one that encrypts everything or nothing by itself.
    encryption: Literal["AES256", "aws:kms", "none"] = "AES256"
    kms_key: str = ""


def storage_of(s3: S3) -> dict[str, Any]:
    """The default entry of Django's STORAGES.

    Raises  RuntimeError with what to do when the libraries are not installed or a setting is half.
    """
    if not s3.bucket:
        return {"BACKEND": ON_DISK}
    if not all(find_spec(library) for library in ("boto3", "storages")):
        raise RuntimeError(
            "PSA_S3_BUCKET is set, but the libraries for it are not installed. Install "
            "requirements/s3.txt, or build the image with --build-arg PSA_S3=1."
        )
    if bool(s3.access_key) != bool(s3.secret_key):
        raise RuntimeError("Set both PSA_S3_ACCESS_KEY and PSA_S3_SECRET_KEY, or neither.")
    if s3.kms_key and s3.encryption != "aws:kms":
        raise RuntimeError("PSA_S3_KMS_KEY needs PSA_S3_ENCRYPTION=aws:kms.")
    return {
        "BACKEND": IN_S3,
        "OPTIONS": {
            "bucket_name": s3.bucket,
            "endpoint_url": s3.endpoint or None,
            "region_name": s3.region or None,
            "access_key": s3.access_key or None,
            "secret_key": s3.secret_key or None,
            "addressing_style": s3.addressing,
            "object_parameters": _encrypted(s3),
        },
    }


def _encrypted(s3: S3) -> dict[str, str]:
    if s3.encryption == "none":
        return {}
    parameters: dict[str, str] = {"ServerSideEncryption": s3.encryption}
    if s3.kms_key:
        parameters["SSEKMSKeyId"] = s3.kms_key
    return parameters
