import { connect, type Socket } from 'node:net';
import type { JobResult, RequestsJob } from './jobs.js';

/** As an install does it: a handful of kept connections, one request after the other on each. */
const connections = 24;
const readBytes = 64 * 1024;

/**
 * Sends the same GET over and over and counts the answers. It knows only what the servers of this benchmark send: status 200 and a Content-Length. General clients
 * take as much processor time for an answer as the servers do, and with large bodies more: on a machine with two cores they would be what is measured.
 */
export async function requests(job: RequestsJob): Promise<JobResult> {
  const url = new URL(job.url);
  const fields = Object.entries({ Host: url.host, ...job.headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = Buffer.from(`GET ${url.pathname}${url.search} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1');
  const startedAt = performance.now();
  const until = startedAt + job.seconds * 1000;
  const counts = await Promise.all(Array.from({ length: connections }, () => repeat(url, request, until)));
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: counts.reduce((sum, count) => sum + count, 0) / seconds, medianMs: 0 };
}

/** One connection; resolves with the number of complete answers. */
function repeat(url: URL, request: Buffer, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answers = 0;
    const framing = new AnswerFraming();
    const take = (length: number, memory: Uint8Array): boolean => {
      try {
        if (!framing.take(Buffer.from(memory.buffer, memory.byteOffset, length))) return true;
      } catch (error) {
        socket.destroy(error as Error);
        return true;
      }
      answers++;
      if (performance.now() < until) socket.write(request);
      else socket.end();
      return true;
    };
    const socket: Socket = connect({
      host: url.hostname,
      port: Number(url.port),
      onread: { buffer: Buffer.alloc(readBytes), callback: take },
    });
    socket.setNoDelay(true);
    socket.once('connect', () => socket.write(request));
    socket.once('error', reject);
    socket.once('close', () =>
      performance.now() < until ? reject(new Error('the server closed a connection')) : resolve(answers),
    );
  });
}

/** Finds the end of one answer after the other. */
class AnswerFraming {
  private head: Buffer = Buffer.alloc(0);
  /** Bytes of the body that are still to come; undefined while the head is read. */
  private missing: number | undefined;

  /** True when an answer has become complete. @throws Error for an answer that is not 200 with a length */
  take(bytes: Buffer): boolean {
    if (this.missing === undefined) {
      this.head = this.head.length === 0 ? bytes : Buffer.concat([this.head, bytes]);
      const end = this.head.indexOf('\r\n\r\n');
      if (end === -1) {
        // The memory of the socket is used again.
        this.head = Buffer.from(this.head);
        return false;
      }
      this.missing = contentLength(this.head.toString('latin1', 0, end)) - (this.head.length - end - 4);
      this.head = Buffer.alloc(0);
    } else this.missing -= bytes.length;
    if (this.missing > 0) return false;
    this.missing = undefined;
    return true;
  }
}

function contentLength(head: string): number {
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`the server answered ${head.slice(0, 500)}`);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error('the answer has no Content-Length');
  return Number(length);
}
