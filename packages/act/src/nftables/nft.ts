/**
 * The kernel's packet filter through `nft`. Everything stands in tables of our own, `inet redoubt_*`: rules of others
 * (Docker, firewalld, ufw) are never read into a change, touched or reordered. A script is one transaction: the kernel
 * takes all of it or nothing (nft(8), "-f").
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Bilingual } from '@redoubt/model';

/** That the packet filter refused something, or cannot be used. */
export class NftError extends Error {
  override readonly name = 'NftError';
  readonly code: 'absent' | 'refused';
  readonly text: Bilingual;

  constructor(code: NftError['code'], text: Bilingual) {
    super(text.en);
    this.code = code;
    this.text = text;
  }
}

/** Where `nft` stands where PATH does not have it. */
const places = ['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft'];

/** Bytes of its answer that are taken at the most. */
const answerLimit = 256 * 1024 * 1024;

/** A network namespace's packet filter. */
export interface PacketFilter {
  /** Runs a script as one transaction. @throws NftError with the line that nft complained about */
  run(script: string): Promise<void>;
  /** A table of ours as nft's JSON objects; undefined when there is none. */
  table(name: TableName): Promise<readonly NftObject[] | undefined>;
  /**
   * The same without the elements of its sets, which may be many. (nft reads them all the same before it leaves them
   * out, but does not print them.)
   */
  outline(name: TableName): Promise<readonly NftObject[] | undefined>;
  /** Removes a table of ours, with everything in it; nothing when there is none. */
  drop(name: TableName): Promise<void>;
}

/** Only tables with such a name are ever touched. */
export type TableName = `redoubt_${string}`;

/** One object of `nft --json`: a key that says what it is, and its members (libnftables-json(5)). */
export type NftObject = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * The packet filter of this network namespace, or of another.
 * @param namespace name below /run/netns, for tests and for containers
 */
export function packetFilter(namespace?: string): PacketFilter {
  const command = commandOf(namespace);
  const listed = async (name: TableName, options: readonly string[]) => {
    const answer = await call([...command, '--json', 'list', 'tables', 'inet'], '');
    if (!objectsOf(answer).some(({ table }) => table?.['name'] === name)) return undefined;
    return objectsOf(await call([...command, ...options, '--json', 'list', 'table', 'inet', name], ''));
  };
  const filter: PacketFilter = {
    async run(script) {
      await call([...command, '-f', '-'], script);
    },
    table: name => listed(name, []),
    outline: name => listed(name, ['--terse']),
    async drop(name) {
      // Adding what is there changes nothing, so that the removal never fails for want of a table.
      await filter.run(`add table inet ${name}\ndelete table inet ${name}\n`);
    },
  };
  return filter;
}

/**
 * Packets of each named counter of a table of ours, without reading its sets.
 * @throws NftError when there is no such table
 */
export async function packetCounters(
  name: TableName,
  namespace?: string,
): Promise<ReadonlyMap<string, number>> {
  const words = ['--json', 'list', 'counters', 'table', 'inet', name];
  const answer = await call([...commandOf(namespace), ...words], '');
  return new Map(
    objectsOf(answer).flatMap(({ counter }) =>
      counter === undefined ? [] : [[String(counter['name']), Number(counter['packets'])] as const],
    ),
  );
}

function commandOf(namespace: string | undefined): readonly string[] {
  const nft = places.find(existsSync) ?? 'nft';
  return namespace === undefined ? [nft] : ['ip', 'netns', 'exec', namespace, nft];
}

/** Whether the packet filter can be used here; the reason where it cannot. */
export async function filterTrouble(filter: PacketFilter): Promise<Bilingual | undefined> {
  try {
    await filter.table('redoubt_probe');
    return undefined;
  } catch (error) {
    if (error instanceof NftError) return error.text;
    throw error;
  }
}

function objectsOf(answer: string): readonly NftObject[] {
  const { nftables } = JSON.parse(answer) as { nftables: NftObject[] };
  return nftables.filter(object => object['metainfo'] === undefined);
}

async function call([program = '', ...words]: readonly string[], input: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let bytes = 0;
  const parts: Buffer[] = [];
  let complaint = '';
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes <= answerLimit) parts.push(part);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 4_000);
  });
  child.once('error', (error: NodeJS.ErrnoException) => {
    reject(error.code === 'ENOENT' ? absent() : error);
  });
  child.once('close', code => {
    if (code === 0 && bytes <= answerLimit) resolve(Buffer.concat(parts).toString('utf8'));
    else reject(refused(complaint || `nft ended with status ${code}`));
  });
  // A child that is gone before it has read everything says why on its standard error.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return promise;
}

function absent(): NftError {
  return new NftError('absent', {
    en: 'nft is not installed; Debian package nftables',
    zh: '未安装 nft；请安装 Debian 软件包 nftables',
  });
}

function refused(complaint: string): NftError {
  const words = complaint.trim();
  return new NftError('refused', {
    en: `the packet filter refused it: ${words}`,
    zh: `包过滤器拒绝了该操作：${words}`,
  });
}
