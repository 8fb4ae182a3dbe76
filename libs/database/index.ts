export * from './src/contract.js';
export * from './src/database.js';
export * from './src/migrate.js';
export * from './src/connection.js';
export { EmbeddedPostgres } from './src/embedded/embedded-postgres.js';
