"""Log lines for people or for collectors. They carry ids and durations; Rasa's own may quote customers, so they are kept out."""

import json
import logging
import sys

_QUIET = ("py.warnings", "rasa", "rasa_sdk", "aiohttp.access", "httpx", "apscheduler", "telegram")


def configure(level: str, form: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_AsJson() if form == "json" else logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    _quieten_structlog()


def _quieten_structlog() -> None:
    """Rasa's structlog events hold messages' texts at any level; only errors pass."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


class _AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)
