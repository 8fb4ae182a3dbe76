export * from './src/content-path.js';
