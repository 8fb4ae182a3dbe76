import type { Logger } from '#kernel';
import type { Uploads } from '#registry';

export interface BackgroundParts {
  readonly uploads: Uploads;
  sweepStaging(): Promise<number>;
  readonly logger: Logger;
}

const everyMs = 10 * 60_000;

/** Small housekeeping that needs no schedule: uploads that nobody continued and staging files of processes that were killed. Safe to run on several nodes. */
export function startBackgroundWork(parts: BackgroundParts): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      const expired = await parts.uploads.expire();
      const swept = await parts.sweepStaging();
      if (expired + swept > 0) parts.logger.info({ expired, swept }, 'removed abandoned uploads and staging files');
    } catch (error) {
      parts.logger.warn({ err: error }, 'housekeeping failed; it is tried again later');
    }
  };
  running = run();
  const timer = setInterval(() => {
    running = run();
  }, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
