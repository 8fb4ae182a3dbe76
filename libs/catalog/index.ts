export * from './src/rows.js';
