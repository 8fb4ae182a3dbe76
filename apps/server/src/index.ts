export { startServer, type RunningServer, type ServerOptions } from './boot.js';
export { formats } from './formats.js';
