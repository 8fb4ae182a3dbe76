import { adminPassword, requireOk } from './larder-process.js';

const basic = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`;

/** The administrator as npm and docker know him: with an access token, and with the short-lived tokens of the image protocol. */
export class LarderAccount {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** As `npm login --auth-type=legacy` does. */
  static async signIn(url: string): Promise<LarderAccount> {
    const response = await fetch(`${url}/repository/npm-hosted/-/user/org.couchdb.user:admin`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'admin', password: adminPassword }),
    });
    const { token } = (await (await requireOk(response)).json()) as { token: string };
    return new LarderAccount(url, token);
  }

  /** Base URL of the npm repository, with a slash at its end. */
  get npmUrl(): string {
    return `${this.url}/repository/npm-hosted/`;
  }

  /** Base URL of an image. */
  imageUrl(image: string): string {
    return `${this.url}/v2/docker-hosted/${image}`;
  }

  get bearer(): { Authorization: string } {
    return { Authorization: `Bearer ${this.token}` };
  }

  /** As `docker push` gets it from the token service; it holds for five minutes. */
  async imageBearer(image: string): Promise<{ Authorization: string }> {
    const query = new URLSearchParams({
      service: new URL(this.url).host,
      scope: `repository:docker-hosted/${image}:pull,push`,
    });
    const response = await fetch(`${this.url}/v2/_token?${query.toString()}`, { headers: { Authorization: basic } });
    const { token } = (await (await requireOk(response)).json()) as { token: string };
    return { Authorization: `Bearer ${token}` };
  }
}
