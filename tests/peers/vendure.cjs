// A Vendure on 127.0.0.1 with its own sample goods, set up as docs/own_backend.md says:
//   node vendure.cjs populate|serve PORT DATABASE   with NODE_PATH, and SUPERADMIN_PASSWORD for its staff.
const path = require('path');
const { bootstrap, DefaultJobQueuePlugin, dummyPaymentHandler, JobQueueService } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');

const [, , deed, port, database] = process.argv;
const samples = path.join(process.env.NODE_PATH, '@vendure', 'create', 'assets');

const config = {
    apiOptions: {
        hostname: '127.0.0.1',
        port: Number(port),
        adminApiPath: 'admin-api',
        shopApiPath: 'shop-api',
        cors: false,
    },
    authOptions: {
        tokenMethod: ['bearer'],
        requireVerification: false,
        superadminCredentials: { identifier: 'superadmin', password: process.env.SUPERADMIN_PASSWORD },
    },
    customFields: { Order: [{ name: 'nochannelKey', type: 'string', nullable: true, unique: true }] },
    dbConnectionOptions: { type: 'sqljs', synchronize: true, autoSave: true, location: database },
    paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
    plugins: [DefaultJobQueuePlugin],
};

const deeds = {
    populate: async () => {
        const goods = require(path.join(samples, 'initial-data.json'));
        const app = await populate(() => bootstrap(config), goods, path.join(samples, 'products.csv'));
        await app.close();
        process.exit(0);
    },
    serve: async () => (await bootstrap(config)).get(JobQueueService).start(),
};

deeds[deed]().catch(error => {
    console.error(error);
    process.exit(1);
});
