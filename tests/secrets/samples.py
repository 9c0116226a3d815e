"""A line for every rule of the secrets check, assembled at run time: no credential stands here in one piece."""

from __future__ import annotations

import base64
import json

from support import HEX, noise


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
JWT = ".".join((_segment({"alg": "HS256", "typ": "JWT"}), _segment({"sub": "1234567890", "name": "x"}), noise(43)))
AUTH = "_auth" + "Token"
BEGIN = "-----BEGIN {0} PRIVATE KEY-----"

# detect-secrets drops every value without a letter, so that its plug-in for addresses finds nothing by default.
SILENT = {"secrets/public-ip": "host = 133.142.151.160"}

# By rule: a line that an engine must see, and one like it that none may.
SAMPLES: dict[str, tuple[str, str]] = {
    "secrets/artifactory-credentials": (f'artifactory: "AKC{noise(24)}"', 'artifactory: "AKC"'),
    "secrets/aws-access-key": (f'key_id = "AKIA{noise(16, UPPER)}"', 'key_id = "AKIA"'),
    "secrets/azure-storage-key": (f"x=AccountKey={noise(86)}==", "x=AccountKey=${KEY}"),
    "secrets/base64-entropy": (f'blob = "{noise(48)}"', 'blob = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'),
    "secrets/cloudant-credentials": (f'cloudant_password = "{noise(64, HEX)}"', 'cloudant_password = ""'),
    "secrets/discord-token": (f'bot = "M{noise(23)}.{noise(6)}.{noise(27)}"', 'bot = "M.a.b"'),
    "secrets/github-token": (f'gh = "ghp_{noise(36)}"', 'gh = "ghp_example"'),
    "secrets/gitlab-token": (f'gl = "glpat-{noise(20)}"', 'gl = "glpat-example"'),
    "secrets/hard-coded-password": (f'password = "{noise(14)}"', 'password = "${PASSWORD}"'),
    "secrets/hex-entropy": (f'digest = "{noise(40, HEX)}"', 'digest = "0000000000000000000000000000000000000000"'),
    "secrets/ibm-cloud-key": (f'ibm_cloud_iam_key = "{noise(44)}"', 'ibm_cloud_iam_key = ""'),
    "secrets/ibm-cos-hmac": (f'cos_hmac_secret_access_key = "{noise(48, HEX)}"', 'cos_hmac_secret_access_key = ""'),
    "secrets/json-web-token": (f"header: {JWT}", "header: eyJhbGci.example.token"),
    "secrets/mailchimp-key": (f'mc = "{noise(32, HEX)}-us12"', 'mc = "example-us12"'),
    "secrets/npm-token": (f"//index.example/:{AUTH}=npm_{noise(36)}", f"//index.example/:{AUTH}=${{NPM_TOKEN}}"),
    "secrets/openai-key": (f'ai = "sk-{noise(20)}T3BlbkFJ{noise(20, seed=8)}"', 'ai = "sk-example"'),
    "secrets/package-index-token": (f'up = "pypi-{"AgEIcHlwaS5" + "vcmc"}{noise(80)}"', 'up = "pypi-example"'),
    "secrets/private-key": (f"{BEGIN.format('RSA')}\n{noise(64)}\n{noise(64, seed=9)}\n", "see BEGIN PUBLIC KEY"),
    "secrets/sendgrid-key": (f'sg = "SG.{noise(22)}.{noise(43)}"', 'sg = "SG.a.b"'),
    "secrets/slack-token": (
        f'slack = "xoxb-{noise(12, "123456789")}-{noise(12, "123456789", 8)}-{noise(24)}"',
        "xoxb-",
    ),
    "secrets/softlayer-credentials": (f'softlayer_api_key = "{noise(64, HEX)}"', 'softlayer_api_key = ""'),
    "secrets/square-secret": (f'sq = "sq0csp-{noise(43)}"', 'sq = "sq0csp-example"'),
    "secrets/stripe-key": (f'st = "sk_live_{noise(24)}"', 'st = "sk_live_example"'),
    "secrets/telegram-token": (f"{noise(9, '123456789')}:AA{noise(33)}", "123:AA"),
    "secrets/twilio-key": (f'tw = "SK{noise(32, HEX)}"', 'tw = "SKexample"'),
    "secrets/url-password": (f'db = "postgres://bob:{noise(12)}@db.internal/app"', 'db = "postgres://bob@db.internal"'),
}
