"""What a browser is asked to sign with a passkey, and whether its answer is right."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.signin.site import Site
from kb.people.errors import PasskeyRefusedError
from kb.people.passkeys import Passkey
from kb.people.person import Person

NAME = "Kachisuji"  # as browsers show it beside the host
MILLISECONDS = 300_000  # for a finger or a PIN
MOST_ANSWER = 20_000  # characters; with an attestation by a chip some 5,000
NEEDED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent back, read but not checked."""

    fields: dict[str, Any]
    challenge: str
    key_id: str
    user: str  # id of the person that the passkey was made for; empty if it does not say


def to_register(person: Person, site: Site, challenge: str, known: Iterable[Passkey]) -> str:
    """Return what a browser is asked to make a passkey; a device that holds one of the known makes no second."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=NAME,
        user_id=person.id.encode(),
        user_name=person.address or person.name,
        user_display_name=person.name,
        challenge=base64url_to_bytes(challenge),
        timeout=MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=NEEDED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in known],
    )
    return options_to_json(options)


def to_sign_in(site: Site, challenge: str) -> str:
    """Return what a browser is asked to sign in, with whichever passkey the person chooses."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=base64url_to_bytes(challenge),
            timeout=MILLISECONDS,
            user_verification=NEEDED,
        )
    )


def read_answer(text: str) -> Answer:
    """Return the answer of a browser. Raises PasskeyRefusedError."""
    try:
        if len(text) > MOST_ANSWER:
            raise ValueError("too long")
        fields = json.loads(text)
        client = json.loads(base64url_to_bytes(fields["response"]["clientDataJSON"]))
        challenge, key_id, user = client["challenge"], fields["id"], fields["response"].get("userHandle") or ""
        if not isinstance(challenge, str) or not isinstance(key_id, str):
            raise TypeError("challenge and id are texts")
        return Answer(fields, challenge, key_id, base64url_to_bytes(user).decode())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PasskeyRefusedError("unreadable") from error


def check_registration(answer: Answer, site: Site) -> tuple[str, bytes, int]:
    """Return id, public key and counter of a new passkey. Raises PasskeyRefusedError."""
    try:
        found = webauthn.verify_registration_response(
            credential=answer.fields,
            expected_challenge=base64url_to_bytes(answer.challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefusedError(_why(error)) from error
    return bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count


def check_sign_in(answer: Answer, site: Site, passkey: Passkey) -> int:
    """Return the new counter of a passkey that has signed in its own person. Raises PasskeyRefusedError."""
    if answer.user != passkey.person:
        raise PasskeyRefusedError("of somebody else")
    try:
        found = webauthn.verify_authentication_response(
            credential=answer.fields,
            expected_challenge=base64url_to_bytes(answer.challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.key,
            credential_current_sign_count=passkey.counter,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefusedError(_why(error)) from error
    return found.new_sign_count


def _why(error: Exception) -> str:
    """Return the reason for the audit log, without what the browser sent."""
    return "counter" if "sign count" in str(error) else type(error).__name__
