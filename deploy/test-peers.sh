#!/usr/bin/env bash
# Walks the order journey and payments against what other people wrote: messengers, a voice assistant, a shop and a payment provider: `make test-peers`.
#
# They are installed by name, apart from the project, under .nochannel/peers (PEERS_DIR for another folder), and listen on
# 127.0.0.1 only. What cannot be installed here (no network, no npm) is skipped and said so; REQUIRE=all makes that an error.
set -euo pipefail
cd "$(dirname "$0")/.."

PEERS_DIR=${PEERS_DIR:-.nochannel/peers}
REQUIRE=${REQUIRE:-what-is-here}
# Where vendors' published API descriptions lie (facebook/openapi, twilio/twilio-oai): not part of the project.
VENDOR_APIS=${VENDOR_APIS:-../shared/vendor-apis}
PYTHON_PEERS=(telemelya==0.2.2 "moto[server,s3]>=5,<6" "httpx<1" behave pillow "localstripe>=1.15,<2" ask-sdk-webservice-support==1.3.3 "pywa>=4.5,<5")
NPM_PEERS=(telegram-test-api@4.2.1 virtual-alexa@0.7.8 @stoplight/prism-cli@5.14.2)
# @vendure/create brings the sample goods; the override is what keeps Vendure's own pin from a broken release.
VENDURE='{
  "private": true,
  "dependencies": {"@vendure/core": "3.7.3", "@vendure/create": "3.7.3", "sql.js": "1.13.0"},
  "overrides": {"@graphql-tools/batch-execute": "10.2.0"}
}'
UV=$(command -v uv || echo .nochannel/tools/bin/uv)
skipped=()

skip() { # what, why
  skipped+=("$1: $2")
}

install_python_peers() {
  local installed="$PEERS_DIR/venv/.installed"
  [[ "$(cat "$installed" 2> /dev/null)" == "${PYTHON_PEERS[*]}" ]] && return
  command -v "$UV" > /dev/null || { echo "there is no uv; \`make train\` installs one" && return 1; }
  rm -rf "$PEERS_DIR/venv"
  "$UV" venv --quiet --python .venv/bin/python "$PEERS_DIR/venv" &&
    "$UV" pip install --quiet --python "$PEERS_DIR/venv/bin/python" "${PYTHON_PEERS[@]}" &&
    echo "${PYTHON_PEERS[*]}" > "$installed"
}

install_npm_peers() {
  local installed="$PEERS_DIR/npm/.installed"
  [[ "$(cat "$installed" 2> /dev/null)" == "${NPM_PEERS[*]}" ]] && return
  command -v npm > /dev/null || { echo "there is no npm" && return 1; }
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$PEERS_DIR/npm" "${NPM_PEERS[@]}" &&
    echo "${NPM_PEERS[*]}" > "$installed"
}

install_vendure() {
  local installed="$PEERS_DIR/vendure/.installed"
  [[ "$(cat "$installed" 2> /dev/null)" == "$VENDURE" ]] && return
  command -v npm > /dev/null || { echo "there is no npm" && return 1; }
  mkdir -p "$PEERS_DIR/vendure"
  echo "$VENDURE" > "$PEERS_DIR/vendure/package.json"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$PEERS_DIR/vendure" ||
    { echo "npm could not install it; is its registry reachable?" && return 1; }
  echo "$VENDURE" > "$installed"
}

mkdir -p "$PEERS_DIR"
log="$PEERS_DIR/install.log"
tests=()
if install_python_peers > "$log" 2>&1; then
  tests+=(tests/peers/test_telemelya.py tests/peers/test_localstripe.py tests/peers/test_alexa_oracle.py tests/peers/test_pywa.py)
else
  skip "Telegram by webhook (telemelya), WhatsApp (pywa), payments (localstripe) and Alexa's signatures (ask-sdk-webservice-support)" "$(tail -n 1 "$log")"
fi
if install_npm_peers > "$log" 2>&1; then
  tests+=(tests/peers/test_telegram_test_api.py tests/peers/test_virtual_alexa.py)
  for document in meta-business-messaging-v23.yaml twilio-api-v2010.json; do
    [[ -f "$VENDOR_APIS/$document" ]] || skip "calls held against $document (Prism)" "it is not in VENDOR_APIS ($VENDOR_APIS)"
  done
  tests+=(tests/peers/test_prism.py)
else
  skip "Telegram by polling (telegram-test-api), a device for Alexa (virtual-alexa) and the vendors' documents (Prism)" "$(tail -n 1 "$log")"
fi
if install_vendure > "$log" 2>&1; then
  tests+=(tests/peers/test_vendure.py tests/peers/test_vendure_conversation.py)
else
  skip "orders in a real shop (Vendure)" "$(tail -n 1 "$log")"
fi

status=0
if ((${#tests[@]})); then
  PEERS_DIR="$PEERS_DIR" VENDOR_APIS="$VENDOR_APIS" .venv/bin/python -m pytest -n 0 -rs "${tests[@]}" || status=$?
fi
for line in "${skipped[@]}"; do
  echo "skipped: $line"
done
((${#skipped[@]})) && [[ "$REQUIRE" == all ]] && status=1
exit "$status"
