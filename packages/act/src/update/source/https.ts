/** A repository on an HTTPS server. */
import { UpdateRefused } from '../refusal.ts';
import { endless, type UpdateSource } from './source.ts';

/** No byte for so long ends a download: a server may not hold an update back by being slow. */
const silenceLimit = 30_000;

/** Reads a repository from a server. Redirections are not followed: metadata names what there is. */
export class HttpsSource implements UpdateSource {
  readonly place: string;
  readonly #fetch: typeof fetch;

  /** @param fetcher replaces the system's, for a server with a certificate of its own */
  constructor(address: string, fetcher: typeof fetch = fetch) {
    this.place = address.endsWith('/') ? address : `${address}/`;
    this.#fetch = fetcher;
  }

  async fetch(path: string, most: number): Promise<Buffer | undefined> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), silenceLimit);
    try {
      const answer = await this.#fetch(new URL(path, this.place), {
        signal: silence.signal,
        redirect: 'error',
      });
      if (answer.status === 404) return undefined;
      if (!answer.ok || answer.body === null) throw new Error(`HTTP ${answer.status}`);
      const parts: Uint8Array[] = [];
      let bytes = 0;
      for await (const part of answer.body) {
        bytes += part.length;
        if (bytes > most) throw endless(path, most);
        parts.push(part);
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), silenceLimit);
      }
      return Buffer.concat(parts);
    } catch (error) {
      if (error instanceof UpdateRefused) throw error;
      const words = silence.signal.aborted ? `no answer for ${silenceLimit / 1000} s` : causeOf(error);
      throw new UpdateRefused('unreachable', path, words, `无法获取：${words}`, { cause: error });
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }

  async close(): Promise<void> {}
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
