export { describeApi } from './src/openapi/describe-api.js';
