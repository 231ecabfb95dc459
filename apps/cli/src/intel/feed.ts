/** Where a feed is: a file, or an address that is fetched into one first. */
import {
  closeSync,
  createWriteStream,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Bilingual } from '@redoubt/model';
import { CommandError, ExitCode } from '../exit.ts';

/** Formats that a feed may have. */
export const feedFormats = ['stix', 'misp', 'csv', 'plain', 'hosts', 'taxii'] as const;
export type FeedFormat = (typeof feedFormats)[number];

/** A feed that is at hand as a file. */
export interface Feed {
  /** Absolute path. */
  readonly path: string;
  /** Removes what was fetched. */
  dispose(): void;
}

/** Largest feed that is fetched, bytes. */
const largestFeed = 8 * 1024 ** 3;
/** A server that says nothing for this long ends the fetching, milliseconds. */
const silence = 60_000;
/** Bytes of a file that tell its format. */
const looked = 65_536;

/** Whether the words name a feed on the network. */
export function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/** A file of this host. @throws CommandError if there is none */
export function localFeed(place: string): Feed {
  const path = resolve(place);
  if (!existsSync(path) || !statSync(path).isFile())
    throw usage(`There is no file ${path}`, `没有文件 ${path}`);
  return { path, dispose: () => undefined };
}

/**
 * Fetches a feed into a temporary file.
 * @param authorization value of the header, sent to the address's own origin only
 * @param onProgress told of the bytes that have come
 * @throws CommandError `unavailable` if it cannot be had
 */
export async function fetchedFeed(
  address: string,
  authorization: string | undefined,
  onProgress: (bytes: number) => void,
): Promise<Feed> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-feed-'));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  const stop = new AbortController();
  const quiet = setTimeout(() => stop.abort(new Error(`no answer for ${silence / 1000} s`)), silence);
  try {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await fetch(address, { headers, signal: stop.signal });
    if (!answer.ok || answer.body === null) throw new Error(`HTTP status ${answer.status}`);
    let size = 0;
    const counted = new Transform({
      transform(part: Uint8Array, _, done) {
        size += part.length;
        quiet.refresh();
        onProgress(size);
        done(size > largestFeed ? new Error(`longer than ${largestFeed} bytes`) : null, part);
      },
    });
    const path = join(folder, basename(new URL(address).pathname) || 'feed');
    await pipeline(answer.body, counted, createWriteStream(path, { mode: 0o600 }), { signal: stop.signal });
    return { path, dispose };
  } catch (error) {
    dispose();
    const words = reasonOf(stop.signal.aborted ? stop.signal.reason : error);
    throw new CommandError(ExitCode.unavailable, {
      en: `${address} cannot be fetched: ${words}`,
      zh: `无法获取 ${address}：${words}`,
    });
  } finally {
    clearTimeout(quiet);
  }
}

/** `fetch` puts what went wrong in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/**
 * The format of a feed by its name and beginning.
 * @throws CommandError if neither tells
 */
export function formatOf(path: string): Exclude<FeedFormat, 'taxii'> {
  const name = basename(path).toLowerCase();
  if (/\.(csv|tsv)$/.test(name)) return 'csv';
  if (/^hosts|\.hosts$/.test(name)) return 'hosts';
  const start = beginning(path);
  if (/^\s*[[{]/.test(start)) {
    if (/"type"\s*:\s*"bundle"|"spec_version"\s*:/.test(start)) return 'stix';
    if (/"Event"\s*:|"Attribute"\s*:/.test(start)) return 'misp';
  } else if (/\.(txt|list|ipset|netset)$/.test(name)) return 'plain';
  throw usage(
    `The format of ${path} is not clear; name it with --format ${feedFormats.join('|')}`,
    `无法判断 ${path} 的格式；请用 --format ${feedFormats.join('|')} 指明`,
  );
}

/** The address of a TAXII collection. */
export function isCollection(place: string): boolean {
  return isAddress(place) && /\/collections\/[^/]+\/?$/.test(place);
}

function beginning(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(looked);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function usage(en: string, zh: string): CommandError {
  const text: Bilingual = { en, zh };
  return new CommandError(ExitCode.usage, text);
}
