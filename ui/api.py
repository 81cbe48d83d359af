"""The shop page's HTTP API: one reply as server-sent events, history, cart, feedback, identity.

Knows HTTP, cookies and limits; what is said is the assistant's business. Every refusal is
`{"error": "one sentence"}` with a 4xx status; an error nobody foresaw is logged under a reference
that the shopper is given instead of a traceback.
"""

# No `from __future__ import annotations` here: FastAPI has to see the types of nested handlers.

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field, StringConstraints

from shop.errors import NotAllowed, NotFound, RegularsError
from shop.store.interactions import ADDED
from ui.auth import SHOPPER_AGE_S, SHOPPER_COOKIE, Auth, Visitor
from ui.components import placeholder_svg
from ui.shopper import MAX_QUANTITY, ShopPage, kept_cart
from ui.streaming import Replies

if TYPE_CHECKING:
    from assistant.chat import Assistant

MAX_MESSAGE_CHARS = 2000

Id = Annotated[str, StringConstraints(max_length=200)]


class ChatIn(BaseModel):
    """One message of a shopper."""

    message: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MESSAGE_CHARS)
    ]


class FeedbackIn(BaseModel):
    """A vote on one turn: 1, -1, or 0 to take it back."""

    turn_id: Id
    vote: Literal[-1, 0, 1]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class CartIn(BaseModel):
    """How many of a product the cart shall hold; 0 takes it out."""

    product_id: Id
    quantity: int = Field(ge=0, le=MAX_QUANTITY)


class IdentityIn(BaseModel):
    """Who the visitor of a demo wants to be; '' is a guest."""

    customer_id: Id = ""


class ShopApi:
    """The handlers, with what they share."""

    def __init__(self, assistant: "Assistant", auth: Auth) -> None:
        self.assistant, self.auth, self.page = assistant, auth, ShopPage(assistant)
        self.replies = Replies(assistant)

    def visitor(self, request: Request) -> Visitor:
        """Who asks, by cookie; a conversation that is gone or another's counts as none."""
        visitor = self.auth.read_visitor(request.cookies)
        if not visitor.conversation_id:
            return visitor
        owner = self.assistant.store.conversation_customer(visitor.conversation_id)
        return visitor if owner == visitor.customer_id else Visitor("", visitor.customer_id)

    def with_conversation(self, visitor: Visitor) -> Visitor:
        """`visitor`, with a conversation begun if there is none yet."""
        if visitor.conversation_id:
            return visitor
        return Visitor(self.assistant.start_conversation(visitor.customer_id), visitor.customer_id)

    def keep(self, request: Request, response: Response, visitor: Visitor) -> None:
        """Set the shopper's cookie."""
        response.set_cookie(
            SHOPPER_COOKIE,
            self.auth.write_visitor(visitor),
            max_age=SHOPPER_AGE_S,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )

    def session(self, visitor: Visitor) -> dict[str, Any]:
        """The page's data for a visitor."""
        return self.page.session(visitor, may_pick=self.auth.is_demo)

    def become(self, was: Visitor, customer_id: str) -> Visitor:
        """A new conversation for `customer_id`, who must exist."""
        if customer_id and self.assistant.store.customer(customer_id) is None:
            raise NotFound(f"there is no customer {customer_id!r}; choose one of the list")
        now = Visitor(self.assistant.start_conversation(customer_id), customer_id)
        if was.conversation_id:
            cart = kept_cart(self.assistant.store.cart(was.conversation_id), was, customer_id)
            self.assistant.store.put_cart(now.conversation_id, dict(cart))
        return now


def refuse(status: int, sentence: str) -> JSONResponse:
    """A refusal: one sentence."""
    return JSONResponse({"error": sentence[:1].upper() + sentence[1:]}, status_code=status)


def refuse_error(error: RegularsError) -> JSONResponse:
    """The refusal that an error of ours amounts to."""
    status = 404 if isinstance(error, NotFound) else 403 if isinstance(error, NotAllowed) else 503
    return refuse(status, str(error))


def make_router(api: ShopApi) -> APIRouter:
    """The routes under /api that shoppers' browsers call."""
    router = APIRouter(prefix="/api")
    _add_talk(router, api)
    _add_identity(router, api)
    _add_cart(router, api)
    return router


def _add_talk(router: APIRouter, api: ShopApi) -> None:
    Who = Annotated[Visitor, Depends(api.visitor)]

    @router.get("/session")
    def get_session(who: Who) -> dict[str, Any]:
        return api.session(who)

    @router.get("/history")
    def get_history(who: Who) -> dict[str, Any]:
        return {"turns": api.page.history(who.conversation_id)}

    @router.post("/chat")
    def post_chat(body: ChatIn, who: Who, request: Request) -> Response:
        who = api.with_conversation(who)
        address = request.client.host if request.client else ""
        if not api.replies.within_limits(who.conversation_id, address):
            return refuse(429, "that was a lot of messages; wait a minute and go on")
        running = api.replies.begin(who.conversation_id)
        if running is None:
            return refuse(409, "the last answer is still being written; wait for it or stop it")
        response = StreamingResponse(
            api.replies.stream(running, who, body.message),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        api.keep(request, response, who)
        return response

    @router.post("/feedback")
    def post_feedback(body: FeedbackIn, who: Who) -> dict[str, Any]:
        turn = api.assistant.store.turn(body.turn_id)
        if turn is None or turn.conversation_id != who.conversation_id:
            raise NotFound("this answer is not part of your conversation; reload the page")
        api.assistant.give_feedback(body.turn_id, body.vote, body.reason)
        return {"turn_id": body.turn_id, "vote": body.vote}


def _add_identity(router: APIRouter, api: ShopApi) -> None:
    Who = Annotated[Visitor, Depends(api.visitor)]

    @router.post("/conversation")
    def post_conversation(who: Who, request: Request, response: Response) -> dict[str, Any]:
        now = api.become(who, who.customer_id)
        api.keep(request, response, now)
        return api.session(now)

    @router.post("/identity")
    def post_identity(body: IdentityIn, who: Who, request: Request, response: Response) -> dict[str, Any]:
        if not api.auth.is_demo:
            raise NotAllowed("only a demo lets you choose who you are; sign in on the shop's page")
        now = api.become(who, body.customer_id)
        api.keep(request, response, now)
        return api.session(now)


def _add_cart(router: APIRouter, api: ShopApi) -> None:
    Who = Annotated[Visitor, Depends(api.visitor)]

    @router.get("/cart")
    def get_cart(who: Who) -> dict[str, Any]:
        return api.page.cart(who.conversation_id)

    @router.post("/cart")
    def post_cart(body: CartIn, who: Who, request: Request, response: Response) -> dict[str, Any]:
        now = api.with_conversation(who)
        before = api.assistant.store.cart(now.conversation_id).get(body.product_id, 0)
        cart = api.page.put_in_cart(now.conversation_id, body.product_id, body.quantity)
        if body.quantity > before:
            who_did = {"customer_id": now.customer_id, "conversation_id": now.conversation_id}
            with suppress(NotFound):  # taken out of the shop since: more of it can be wanted, not learnt from
                api.assistant.deeds.note(ADDED, body.product_id, **who_did)
        if now != who:
            api.keep(request, response, now)
        return cart

    @router.get("/picture")
    def get_picture(id: Id) -> Response:
        product = api.assistant.store.product(id)
        drawing = (
            placeholder_svg(product.title, product.category, product.colour)
            if product
            else placeholder_svg("")
        )
        return Response(drawing, media_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"})
