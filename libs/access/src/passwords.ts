import { hash, verify } from '@node-rs/argon2';
import { LarderError } from '#kernel';
import { checkNewPassword, hasPasswordLength } from './password-policy.js';

/** An argon2id hash in PHC form, as the user's row keeps it. */
export type PasswordHash = string & { readonly __passwordHash: true };

/** OWASP's first choice for argon2id (19 MiB, two passes, one lane): about 25 ms of one core. The library's default variant is argon2id. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

const mostRunning = 2;
const mostWaiting = 64;

/** A hash that no password opens, made with the same cost: the work done for a user who does not exist. */
const nobody = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/**
 * Password hashing, at most 2 at a time with 64 waiting in each process: a flood of log-ins cannot take the processor or the memory from
 * the transfers.
 */
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /**
   * Checks the policy and hashes. Call before the transaction that stores the hash.
   * @throws invalid-request when the policy refuses it, unavailable when too many hashes wait.
   */
  async hash(password: string, userName: string): Promise<PasswordHash> {
    checkNewPassword(password, userName);
    return this.hashUnchecked(password);
  }

  /** Hashes what the operator of the server chose in the settings, which only the length limits there bind. */
  async hashUnchecked(password: string): Promise<PasswordHash> {
    return (await this.inTurn(() => hash(password, cost))) as PasswordHash;
  }

  /**
   * True when the password opens the hash. Without a hash the same work is done and the answer is false, so that the time does not tell
   * which users exist. A text that cannot be anybody's password (length) is refused without work, for every user alike.
   * @throws unavailable when too many checks wait.
   */
  async verify(stored: string | null, password: string): Promise<boolean> {
    if (!hasPasswordLength(password)) return false;
    const opened = await this.inTurn(() => verify(stored ?? nobody, password));
    return opened && stored !== null;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= mostRunning) {
      if (this.waiting.length >= mostWaiting) {
        throw new LarderError(
          'unavailable',
          'Too many log-ins are being checked; try again in a few seconds, or use an access token.',
          {
            retryAfterSeconds: 3,
          },
        );
      }
      await new Promise<void>(resolve => this.waiting.push(resolve));
    } else {
      this.running++;
    }
    try {
      return await work();
    } finally {
      // The turn passes on without being given back, so that a newcomer cannot overtake.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
