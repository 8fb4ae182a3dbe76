import { rm } from 'node:fs/promises';
import { stopSharedServer } from './global-setup.js';

export default async function globalTeardown(): Promise<void> {
  const shared = await stopSharedServer();
  if (shared) await rm(shared.folder, { recursive: true, force: true });
}
