export * from './src/contract.js';
export * from './src/decisions.js';
export * from './src/events.js';
export * from './src/safe-text.js';
