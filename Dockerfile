# One image for every part of an installation:
#   docker run … nochannel                        gateway, workers, and whatever is not given by REDIS_URL and SHOP_URL
#   docker run … nochannel run --workers 0        a gateway
#   docker run … nochannel run --no-gateway       workers
#   docker run --entrypoint python … nochannel -m shop serve --host 0.0.0.0
# compose.yaml puts them together; docs/operating.md says how to run them.

FROM python:3.11-slim-bookworm AS builder
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON=/usr/local/bin/python3.11 \
    UV_PYTHON_DOWNLOADS=never \
    RASA_TELEMETRY_ENABLED=false
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev
# What the model is made from; a change anywhere else does not train again.
COPY config.yml domain.yml ./
COPY data data
COPY bot bot
RUN .venv/bin/python -m bot train
# TensorFlow is more than half of the environment, and only Rasa's own training imports it unless the model needs it.
RUN --mount=type=cache,target=/root/.cache/uv .venv/bin/python -c "import sys; from bot import training as t; \
from bot.dialogue.tensorflow_stub import model_needs_tensorflow as needs; sys.exit(not needs(t.newest_model(t.Path('models'))))" \
    || uv sync --locked --no-dev --no-install-package tensorflow-cpu
COPY actions actions
COPY shop shop
RUN .venv/bin/python -m compileall -q bot actions shop

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Nochannel" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    RASA_TELEMETRY_ENABLED=false \
    DATA_DIR=/data \
    HOST=0.0.0.0
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin nochannel \
    && install --directory --owner nochannel --mode 700 /data
WORKDIR /app
COPY LICENSE ./
COPY --from=builder /app/.venv .venv
COPY --from=builder /app/models models
COPY --from=builder /app/shop shop
COPY --from=builder /app/bot bot
COPY --from=builder /app/actions actions
USER 10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-c", "import http.client, os, sys; gateway = http.client.HTTPConnection('127.0.0.1', int(os.getenv('PORT', '8080')), timeout=4); gateway.request('GET', '/health/ready'); sys.exit(gateway.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
