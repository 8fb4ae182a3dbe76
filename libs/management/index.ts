export { ManagementModule } from './src/management.module.js';
