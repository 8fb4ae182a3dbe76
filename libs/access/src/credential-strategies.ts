import passport from 'passport';
import { Strategy as BearerStrategy } from 'passport-http-bearer';
import { decodeBasic, type BasicCredentials, type Scheme } from './authorization-header.js';
import type { CredentialChecker, Verified } from './credential-checker.js';
import { malformedCredentials } from './refusals.js';

/** All that a strategy sees of a request: a token in a query or a body is never looked at. */
interface CredentialRequest {
  readonly headers: { readonly authorization: string };
  readonly address: string;
}

type Done = (error: unknown, verified?: Verified) => void;
type BasicCheck = (credentials: BasicCredentials, address: string) => Promise<Verified>;

/**
 * Basic for passport. The strategy of passport-http ends the password at its second colon and cannot take an empty user name before a
 * token, so the header is decoded by our own reader.
 */
class BasicStrategy extends passport.Strategy {
  override readonly name = 'basic';

  constructor(private readonly check: BasicCheck) {
    super();
  }

  override authenticate(request: unknown): void {
    const { headers, address } = request as CredentialRequest;
    void report(this.run(headers.authorization.slice('basic '.length), address), (error, verified) =>
      verified ? this.success(verified) : this.error(error),
    );
  }

  private async run(value: string, address: string): Promise<Verified> {
    return this.check(decodeBasic(value), address);
  }
}

/** Runs passport's strategies on one header, as a promise and without sessions or a response. */
export class CredentialStrategies {
  private readonly passport = new passport.Passport();

  constructor(checker: CredentialChecker) {
    this.passport.use(
      new BasicStrategy((credentials, address) => checker.basic(credentials.name, credentials.password, address)),
    );
    this.passport.use(
      new BearerStrategy({ passReqToCallback: true }, (request: unknown, secret: string, done: Done) => {
        void report(checker.bearer(secret, (request as CredentialRequest).address), done);
      }),
    );
  }

  /** @throws what the checker throws; invalid-credentials when the strategy cannot read the header. */
  verify(scheme: Scheme, value: string, address: string): Promise<Verified> {
    const request: CredentialRequest = { headers: { authorization: `${scheme} ${value}` }, address };
    return new Promise((resolve, reject) => {
      const finish = (error: unknown, verified?: Verified | false): void => {
        if (error) reject(error as Error);
        else if (verified) resolve(verified);
        else reject(malformedCredentials());
      };
      const run = this.passport.authenticate(scheme, { session: false }, finish) as (
        request: unknown,
        response: unknown,
        next: (error: unknown) => void,
      ) => void;
      run(request, {}, reject);
    });
  }
}

/** Passport's strategies speak in callbacks. */
async function report(check: Promise<Verified>, done: Done): Promise<void> {
  let verified: Verified;
  try {
    verified = await check;
  } catch (error) {
    done(error);
    return;
  }
  done(null, verified);
}
