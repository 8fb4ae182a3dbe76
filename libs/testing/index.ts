export { createTestDatabase, createBareTestDatabase, type TestDatabase } from './src/test-database.js';
export { describeWithClient, isInstalled } from './src/clients.js';
export {
  startTestServer,
  TestServer,
  type TestGrant,
  type TestServerOptions,
  type TestUser,
} from './src/test-server.js';
