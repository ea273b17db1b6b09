"""Accounts with their numbers, what they may send, and how calls to them are signed."""

import base64
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any

from devstack.providers.limits import Buckets

Json = dict[str, Any]
BODY_MOST, MEDIA_MOST = 1600, 10
E164 = re.compile(r"\+[1-9]\d{6,14}")
STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START = {"START", "UNSTOP", "YES"}


class ApiError(Exception):
    """A refusal: {code, message, more_info, status}."""

    def __init__(self, code: int, message: str, status: int = 400, **headers: str) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.headers = code, message, status, headers

    def body(self) -> Json:
        """As Twilio writes it."""
        return {"code": self.code, "message": self.message, "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
                "status": self.status}  # fmt: skip


class Account:
    """One account with one number."""

    def __init__(self, sid: str, token: str, number: str, per_second: float, burst: int) -> None:
        self.sid, self.token, self.number = sid, token, number
        self.webhook = ""
        """Where messages to the number are told."""
        self.webhook_by = "POST"
        self.application = ""
        """The sid of a TwiML application that is asked in the place of the webhook."""
        self.number_sid = new_sid("PN")
        self.pool = ""
        """The sid of a messaging service the number belongs to."""
        self.status = "active"
        self.stopped: set[str] = set()
        """People who said STOP: the carrier lets nothing through to them."""
        self.landlines: set[str] = set()
        self.unreachable: dict[str, int] = {}
        """Person → the error code his messages end with after they were accepted."""
        self.turns = Buckets(per_second, burst)

    def check(self, given: Mapping[str, Any]) -> str:
        """The person a message is for, when it may be sent. Raises ApiError."""
        person, body = str(given.get("To") or ""), str(given.get("Body") or "")
        if not person:
            raise ApiError(21604, "A 'To' phone number is required.")
        if not E164.fullmatch(person):
            raise ApiError(21211, f"Invalid 'To' Phone Number: {person[:-4]}XXXX")
        if not body and not given.get("MediaUrl"):
            raise ApiError(21602, "Message body is required.")
        if len(body) > BODY_MOST:
            raise ApiError(21617, "The concatenated message body exceeds the 1600 character limit")
        if len(given.get("MediaUrl") or ()) > MEDIA_MOST:
            raise ApiError(21623, "Number of media files exceeds allowed limit")
        if given.get("MessagingServiceSid"):
            if given["MessagingServiceSid"] != self.pool:
                raise ApiError(21701, "The Messaging Service does not exist")
        elif given.get("From") != self.number:
            raise ApiError(21606, "The 'From' phone number provided is not a valid message-capable Twilio phone number")
        if person in self.landlines:
            raise ApiError(21614, "'To' number is not a valid mobile number")
        if person in self.stopped:
            raise ApiError(21610, "Attempt to send to unsubscribed recipient")
        if wait := self.turns.take("all"):
            raise ApiError(20429, "Too Many Requests", 429, Retry_After=str(max(1, round(wait))))
        return person

    def list_numbers(self, like: str) -> Json:
        """IncomingPhoneNumbers: those that contain the digits asked for, all when none are."""
        one = {"sid": self.number_sid, "account_sid": self.sid, "friendly_name": self.number,
               "phone_number": self.number, "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
               "sms_url": self.webhook, "sms_method": self.webhook_by, "sms_fallback_url": "",
               "sms_fallback_method": "POST", "sms_application_sid": self.application, "origin": "twilio",
               "status": "in-use", "api_version": "2010-04-01"}  # fmt: skip
        return {"incoming_phone_numbers": [one] if like.lstrip("+") in self.number else [], "page": 0, "page_size": 50,
                "start": 0, "end": 0, "next_page_uri": None, "previous_page_uri": None}  # fmt: skip

    def hear(self, person: str, text: str) -> str:
        """The word by which somebody ends or begins to get messages; empty when it is none."""
        word = text.strip().upper()
        if word in STOP:
            self.stopped.add(person)
            return "STOP"
        if word in START:
            self.stopped.discard(person)
            return "START"
        return ""


def new_sid(kind: str) -> str:
    """An id as Twilio makes them: two letters and 32 hex digits."""
    return kind + secrets.token_hex(16)


def signature(token: str, url: str, fields: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the address and every field by name."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), "sha1").digest()).decode()
