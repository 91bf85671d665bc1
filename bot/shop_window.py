"""What the demo page shows of the shop: products with prices in words, and pictures that vendors can load."""

from typing import Any

from aiohttp import ClientSession, ClientTimeout, UnixConnector
from babel.numbers import format_currency
from pydantic import SecretStr

from bot.settings import Settings

_LOCALE = {"de": "de_DE", "en": "en_GB"}
_FROM = {"de": "ab {}", "en": "from {}"}
_MONTHLY = {"de": "ab {} im Monat", "en": "from {} a month"}


class ShopWindow:
    """Reads the shop's catalog over its API (docs/port.md). `unix:///path` names a socket."""

    def __init__(self, shop_url: str, token: SecretStr, own_url: str) -> None:
        self._socket = shop_url.removeprefix("unix://") if shop_url.startswith("unix://") else None
        self.base_url = "http://shop" if self._socket else shop_url.rstrip("/")
        self._token = token
        self._own_url = own_url
        self._opened: ClientSession | None = None

    def session(self) -> ClientSession:
        """Opened at first use, in the loop that uses it."""
        if self._opened is None:
            connector = UnixConnector(self._socket) if self._socket else None
            self._opened = ClientSession(connector=connector, timeout=ClientTimeout(total=5))
        return self._opened

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def answers(self) -> None:
        """Raises ClientError or OSError when the shop is not well."""
        async with self.session().get(f"{self.base_url}/v1/health", raise_for_status=True):
            return

    async def products(self, language: str) -> list[dict[str, Any]]:
        return [_tile(product, language) for product in await self.catalog()]

    async def catalog(self) -> list[dict[str, Any]]:
        """All products, as the shop's API has them."""
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        async with self.session().get(f"{self.base_url}/v1/products", headers=headers, raise_for_status=True) as found:
            products: list[dict[str, Any]] = (await found.json())["items"]
            return products

    async def customers_with_email(self, email: str) -> list[str]:
        """Ids of those whose address it is known to be: at most two. Raises ClientError, OSError."""
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        url, query = f"{self.base_url}/v1/customers", {"email": email}
        async with self.session().get(url, params=query, headers=headers) as found:
            if found.status == 400:  # nothing that can be an address
                return []
            found.raise_for_status()
            return [str(customer["id"]) for customer in (await found.json())["items"]]

    async def picture(self, url: str) -> bytes | str:
        """A picture or paper of ours as bytes when only we can reach it, else its address."""
        if not self._is_private(url):
            return url
        path = url.removeprefix(self._own_url)
        async with self.session().get(self.base_url + path, raise_for_status=True) as found:
            return await found.read()

    def _is_private(self, url: str) -> bool:
        is_ours = url.startswith(("/", self._own_url))
        return is_ours and not self._own_url.startswith("https://")


class NoWindow(ShopWindow):
    """For a shop of another kind (SHOP_KIND), which only the actions speak to: no goods on the page, pictures by address."""

    def __init__(self, own_url: str) -> None:
        super().__init__("http://shop.invalid", SecretStr(""), own_url)

    async def answers(self) -> None:
        """Whether that shop is well is for its own operators to watch."""

    async def catalog(self) -> list[dict[str, Any]]:
        return []

    async def customers_with_email(self, email: str) -> list[str]:
        return []

    async def picture(self, url: str) -> bytes | str:
        return url


def shop_window(settings: Settings) -> ShopWindow:
    """Raises ValueError unless the shop's address and token are known by now."""
    if settings.shop_kind != "port":
        return NoWindow(settings.own_url)
    if settings.shop_url is None or settings.shop_token is None:
        raise ValueError("SHOP_URL and SHOP_TOKEN must be known by now")
    return ShopWindow(settings.shop_url, settings.shop_token, settings.own_url)


def _tile(product: dict[str, Any], language: str) -> dict[str, Any]:
    return {
        "id": product["id"],
        "name": product["name"],
        "tagline": product["tagline"][language],
        "image": f"/images/{product['id']}.svg",
        "price": _FROM[language].format(_lowest(product, "price", language)),
        "monthly": _MONTHLY[language].format(_lowest(product, "monthly_price", language)),
    }


def _lowest(product: dict[str, Any], field: str, language: str) -> str:
    lowest = min((variant[field] for variant in product["variants"]), key=lambda money: money["amount"])
    return str(format_currency(lowest["amount"] / 100, lowest["currency"], locale=_LOCALE[language]))
