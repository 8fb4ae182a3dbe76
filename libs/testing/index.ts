export { createTestDatabase, createBareTestDatabase, type TestDatabase } from './src/test-database.js';
export { describeWithClient, isInstalled } from './src/clients.js';
