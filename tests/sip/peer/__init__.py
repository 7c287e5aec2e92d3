"""A small scripted SIP peer: phones, customers and carriers for tests, which read like the call flow they play.

    customer = await sip.customer()
    call = await customer.call("+18005550100")
    await call.answered()
    await call.hears(QUEUE)
"""

from peer.call import Call, talk
from peer.media import HOLD, QUEUE, RINGBACK
from peer.message import Address, Request, Response, Uri
from peer.peer import Peer

__all__ = ["HOLD", "QUEUE", "RINGBACK", "Address", "Call", "Peer", "Request", "Response", "Uri", "talk"]
