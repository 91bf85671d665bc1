// Starts telegram-test-api (npm) on 127.0.0.1: node telegram_test_api.cjs PORT, with NODE_PATH naming its node_modules.
const TelegramServer = require('telegram-test-api');

new TelegramServer({ host: '127.0.0.1', port: Number(process.argv[2]), storeTimeout: 600 }).start();
