"""The lake as a Dagster resource. What it can do is `lake.s3`'s; nothing else here knows Dagster.

https://docs.dagster.io/guides/build/external-resources
"""

from typing import TYPE_CHECKING, Any

from botocore.handlers import disable_signing
from dagster_aws.s3 import S3Resource
from pydantic import Field, PrivateAttr

from lake_assets.lake.s3 import Lake
from lake_assets.lake.s3_client import make_client

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class LakeResource(S3Resource):
    """The bucket whose folders are sources and whose subfolders are tables.

    Keys, region and endpoint come from the environment as boto3 reads them (`AWS_*`); leave the fields for
    them empty, for Dagster shows a resource's configuration in its UI.

    Example::

        LakeResource(bucket="company-lake", prefix="dms")
    """

    bucket: str = Field(description="Name of the S3 bucket that the lake is in.")
    prefix: str = Field(
        default="", description="Folders above the sources' folders, such as `dms/prod`; empty for none."
    )
    _client: Any = PrivateAttr(default=None)

    def get_client(self) -> "S3Client":
        """Return the S3 client, made once for this resource and safe to share between threads."""
        if self._client is None:
            self._client = self._make_client()
        client: S3Client = self._client
        return client

    def lake(self) -> Lake:
        """Return the lake to list and read from."""
        return Lake(self.get_client(), self.bucket, self.prefix)

    def _make_client(self) -> "S3Client":
        client = make_client(
            profile=self.profile_name,
            attempts=self.max_attempts,
            region_name=self.region_name,
            endpoint_url=self.endpoint_url,
            use_ssl=self.use_ssl,
            verify=self.verify,
            aws_access_key_id=self.aws_access_key_id,
            aws_secret_access_key=self.aws_secret_access_key,
            aws_session_token=self.aws_session_token,
        )
        if self.use_unsigned_session:
            client.meta.events.register("choose-signer.s3.*", disable_signing)
        return client
