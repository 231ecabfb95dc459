/** Taking a segment apart: decrypted, decompressed, each member's hash compared with the segment's own list. */
import { createHash } from 'node:crypto';
import { pipeline, type Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type { Bilingual } from '@redoubt/model';
import { extract } from 'tar-stream';
import { decrypted } from './container/age.ts';
import type { ContainerReader, Placed } from './container/reader.ts';
import { EvidenceError, wordsOf } from './error.ts';
import type { Member } from './members.ts';
import { listName, type StepResult } from './segment.ts';

/** Something inside a segment that untouched evidence does not have. */
export interface InnerFault {
  readonly kind: 'member' | 'segment';
  readonly text: Bilingual;
}

/** What is done with the members of a segment. */
export interface UnpackOptions {
  readonly identities: readonly string[];
  /** Called for each member; what it returns takes the member's bytes in order, and `end` closes it. */
  readonly onMember?: (name: string, bytes: number) => MemberTarget | undefined;
  readonly signal?: AbortSignal;
}

/** Where a member's content goes. */
export interface MemberTarget {
  write(bytes: Buffer): Promise<void>;
  end(): Promise<void>;
}

/** The list of a segment, bytes. */
const listLimit = 512 << 20;

interface Seen {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Reads a segment whose own hash holds.
 * @returns what differs from its list of members
 * @throws EvidenceError `key` when it is encrypted and no identity opens it
 */
export async function readSegment(
  reader: ContainerReader,
  placed: Placed,
  step: StepResult,
  options: UnpackOptions,
): Promise<InnerFault[]> {
  const faults: InnerFault[] = [];
  const seen = new Map<string, Seen>();
  let list: Buffer | undefined;
  const plain = await opened(reader, placed, options.identities);
  const zstd = createZstdDecompress({ chunkSize: 256 << 10 });
  const tar = extract();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const end = (error?: Error | null) => {
    if (!error) return;
    failed.reject(error);
    tar.destroy(error);
  };
  pipeline(plain, zstd, tar as unknown as NodeJS.WritableStream, end);
  // The list itself is not counted in the manifest; beyond both nothing may come, however well it compresses.
  let left = step.content_bytes + listLimit;
  try {
    for await (const entry of tar) {
      options.signal?.throwIfAborted();
      const { name, size = 0, type } = entry.header;
      left -= size;
      if (type !== 'file' || left < 0 || (name === listName && size > listLimit))
        throw new Error(`${name} is not what the manifest lets expect`);
      const parts: Buffer[] = [];
      const target = name === listName ? undefined : options.onMember?.(name, size);
      const hash = createHash('sha256');
      for await (const part of entry as AsyncIterable<Buffer>) {
        hash.update(part);
        if (name === listName) parts.push(part);
        await target?.write(part);
      }
      await target?.end();
      if (name === listName) list = Buffer.concat(parts);
      else seen.set(name, { bytes: size, sha256: hash.digest('hex') });
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof EvidenceError) throw error;
    const words = wordsOf(error);
    faults.push({
      kind: 'segment',
      text: { en: `${placed.name} cannot be taken apart: ${words}`, zh: `${placed.name} 无法解开：${words}` },
    });
    return faults;
  } finally {
    plain.destroy();
    zstd.destroy();
  }
  if (list === undefined || createHash('sha256').update(list).digest('hex') !== step.list_sha256) {
    faults.push({
      kind: 'segment',
      text: {
        en: `${placed.name}: its list of members is not the one in the manifest`,
        zh: `${placed.name}：成员列表与清单不符`,
      },
    });
    return faults;
  }
  faults.push(...differences(placed.name, membersIn(list), seen));
  return faults;
}

/** The lines of a list of members. */
export function membersIn(list: Buffer): Member[] {
  return list
    .toString('utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Member);
}

function differences(segment: string, members: readonly Member[], seen: Map<string, Seen>): InnerFault[] {
  const faults: InnerFault[] = [];
  const fault = (en: string, zh: string) => {
    faults.push({ kind: 'member', text: { en: `${segment}: ${en}`, zh: `${segment}：${zh}` } });
  };
  for (const { name, bytes, sha256 } of members) {
    const found = seen.get(name);
    seen.delete(name);
    if (found === undefined) fault(`${name} is missing`, `缺少 ${name}`);
    else if (found.sha256 !== sha256 || found.bytes !== bytes)
      fault(`${name} has the SHA-256 ${found.sha256}, not ${sha256}`, `${name} 的 SHA-256 不符`);
  }
  for (const name of seen.keys()) fault(`${name} is not in the list`, `${name} 不在列表中`);
  return faults;
}

async function opened(
  reader: ContainerReader,
  placed: Placed,
  identities: readonly string[],
): Promise<Readable> {
  const content = reader.content(placed);
  if (!placed.name.endsWith('.age')) return content;
  if (identities.length === 0) {
    content.destroy();
    throw new EvidenceError('key', {
      en: `${placed.name} is encrypted; name the file of your age identity: --identity FILE`,
      zh: `${placed.name} 已加密；请用 --identity 指定 age 身份密钥文件`,
    });
  }
  return decrypted(content, identities);
}
