"""The webhook's promises for a vendor that sends forms in the place of JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.lines import Webhook
from tests.contracts.twilio_api import form
from tests.contracts.webhook import WebhookContract, post, shared, with_body


class FormWebhookContract(WebhookContract):
    """As the others, with junk in a form's fields."""

    @shared
    @given(data=st.data())
    async def test_a_call_with_junk_anywhere_never_makes_the_gateway_fail(
        self, webhook: Webhook, data: st.DataObject
    ) -> None:
        fields = json.loads(webhook.genuine)  # type: ignore[attr-defined]
        name = data.draw(st.sampled_from(sorted(fields)))
        spoiled = {**fields, name: data.draw(st.text(max_size=300) | st.binary(max_size=50))}
        response = await post(webhook, with_body(webhook, form(spoiled)))
        assert response.status < 500
