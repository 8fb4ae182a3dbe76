import { isLarderError, type Logger } from '#kernel';

const patienceMs = 30_000;
const pauseMs = 500;

/**
 * Repeats a step of the start while the database is too busy to answer it. Requests are refused after a second, because their clients repeat; a start that
 * gave up so soon would fail on a machine that is merely slow for a moment.
 * @throws what the step throws: at once, or `unavailable` after half a minute
 */
export async function patiently<T>(step: () => Promise<T>, logger: Logger, waitMs = patienceMs): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!isLarderError(error, 'unavailable') || performance.now() > deadline) throw error;
      logger.warn({ err: error.cause ?? error }, 'the database does not answer yet; the start waits for it');
      await new Promise(resolve => setTimeout(resolve, pauseMs));
    }
  }
}
