import type { LoggerService } from '@nestjs/common';
import type { Logger } from '#kernel';

/** Nest's own messages in our log; its account of every route is of interest to nobody at run time. */
export function nestLogger(logger: Logger): LoggerService {
  const text = (message: unknown): string => (typeof message === 'string' ? message : String(message));
  return {
    log: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
    warn: (message: unknown) => logger.warn({ source: 'nest' }, text(message)),
    error: (message: unknown, ...rest: unknown[]) => logger.error({ source: 'nest', stack: rest[0] }, text(message)),
    fatal: (message: unknown, ...rest: unknown[]) => logger.error({ source: 'nest', stack: rest[0] }, text(message)),
  };
}
