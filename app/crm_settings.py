"""The settings of live connections to a CRM; all of them are off until set."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, SecretStr


class CrmSettings(BaseModel):
    """How CRMs are reached, how often, and what may be written to them."""

    pull_minutes: int = Field(
        0, ge=0, le=10_080, description="Every how many minutes the server pulls from connected CRMs; 0: never."
    )
    salesforce_url: str = Field("", description="My Domain address of Salesforce: `https://….my.salesforce.com`.")
    salesforce_client_id: str = Field("", description="Consumer key of the connected app.")
    salesforce_client_secret: SecretStr = Field(SecretStr(""), description="Consumer secret of the connected app.")
    salesforce_client_secret_file: Path | None = Field(None, description="File that holds the consumer secret instead.")
    salesforce_link_field: str = Field("", description="Field that gets the address of a deal's entry.")
    salesforce_reasons_field: str = Field("", description="Field that gets the codes of a deal's reasons.")
    hubspot_url: str = Field("https://api.hubapi.com", description="Address of HubSpot's API.")
    hubspot_token: SecretStr = Field(SecretStr(""), description="Access token of the private app in HubSpot.")
    hubspot_token_file: Path | None = Field(None, description="File that holds the access token instead.")
    hubspot_link_field: str = Field("", description="Property that gets the address of a deal's entry.")
    hubspot_reasons_field: str = Field("", description="Property that gets the codes of a deal's reasons.")
    kintone_url: str = Field("", description="Address of kintone: `https://….cybozu.com`.")
    kintone_app: str = Field("", pattern=r"^\d*$", description="Number of the app with the deals.")
    kintone_token: SecretStr = Field(SecretStr(""), description="API token of the app, with the right to view records.")
    kintone_token_file: Path | None = Field(None, description="File that holds the API token instead.")
    kintone_link_field: str = Field("", description="Code of the field that gets the address of a deal's entry.")
    kintone_reasons_field: str = Field("", description="Code of the field that gets the codes of a deal's reasons.")
