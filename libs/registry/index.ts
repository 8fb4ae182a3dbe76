export * from './src/format.js';
export * from './src/context.js';
export * from './src/trace.js';
export * from './src/draft.js';
