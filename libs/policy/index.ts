export * from './src/contract.js';
export * from './src/overwrite.js';
export * from './src/schemas.js';
export * from './src/tag-rules.js';
export * from './src/version-like.js';
