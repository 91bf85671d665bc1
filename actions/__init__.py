"""Custom actions: one file per customer goal. Rasa imports every module below here, so nothing acts on import."""


async def close() -> None:
    """Ends the connections that actions opened in this process."""
    from actions.base import shop  # not on import: whoever only asks for the package needs no settings

    if shop.cache_info().currsize:
        await shop().close()
