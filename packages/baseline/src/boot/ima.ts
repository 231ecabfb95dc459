/**
 * The log of the Integrity Measurement Architecture and its replay into PCR 10. Source: Documentation/security/
 * IMA-templates.rst, security/integrity/ima/ima_template_lib.c; Linux shows it in
 * /sys/kernel/security/ima/ascii_runtime_measurements.
 */
import { createHash } from 'node:crypto';
import { type Bank, digestSize } from './algorithms.ts';
import { BootDataError } from './cursor.ts';
import { extended } from './event-log.ts';

/** One measured file. */
export interface ImaEntry {
  readonly pcr: number;
  /** SHA-1 over the template's data; zeros for a violation. */
  readonly templateHash: string;
  readonly template: 'ima' | 'ima-ng' | 'ima-sig';
  /** Algorithm and digest of the file. */
  readonly algorithm: string;
  readonly digest: string;
  readonly path: string;
  /** Signature in hexadecimal; empty without one. */
  readonly signature: string;
}

/** Entries that are read. */
export const maxImaEntries = 2_000_000;

const line = /^(\d{1,2}) ([0-9a-f]{40}) (ima|ima-ng|ima-sig) (?:([\w-]+):)?([0-9a-f]{32,128}) (.*)$/s;

/** Parses one line. @throws BootDataError when it is none */
export function parseImaLine(text: string): ImaEntry {
  const match = line.exec(text);
  if (match === null)
    throw new BootDataError(`not a line of an IMA log: ${JSON.stringify(text.slice(0, 80))}`);
  const [, pcr, templateHash = '', template, algorithm = 'sha1', digest = '', rest = ''] = match;
  const signed = template === 'ima-sig' ? /^(.*) ([0-9a-f]*)$/s.exec(rest) : null;
  return {
    pcr: Number(pcr),
    templateHash,
    template: template as ImaEntry['template'],
    algorithm,
    digest,
    path: signed?.[1] ?? rest,
    signature: signed?.[2] ?? '',
  };
}

/** Parses a log. @throws BootDataError with the number of the line */
export function parseIma(text: string): ImaEntry[] {
  const lines = text.split('\n').filter(one => one !== '');
  if (lines.length > maxImaEntries) throw new BootDataError(`more than ${maxImaEntries} entries`);
  return lines.map((one, index) => {
    try {
      return parseImaLine(one);
    } catch (error) {
      throw new BootDataError(`line ${index + 1}: ${(error as Error).message}`);
    }
  });
}

function field(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  return Buffer.concat([size, bytes]);
}

/** The template's data of ima-ng and ima-sig; undefined for "ima", which is hashed over fixed fields. */
export function templateData(entry: ImaEntry): Buffer | undefined {
  if (entry.template === 'ima') return undefined;
  const digest = Buffer.concat([Buffer.from(`${entry.algorithm}:\0`), Buffer.from(entry.digest, 'hex')]);
  const parts = [field(digest), field(Buffer.from(`${entry.path}\0`))];
  if (entry.template === 'ima-sig') parts.push(field(Buffer.from(entry.signature, 'hex')));
  return Buffer.concat(parts);
}

const violation = '0'.repeat(40);

/** What a replay came to. */
export interface ImaReplay {
  /** Value of PCR 10, hexadecimal. */
  readonly value: string;
  /** Lines (from 1) whose hash is not that of what they say: the log was changed. */
  readonly wrong: readonly number[];
  /** Lines that stand for a violation: a file was open for writing while it was measured. */
  readonly violations: readonly number[];
}

/**
 * Replays a log. Since Linux 5.8 each bank is extended with its own hash of the data; before, with the SHA-1 filled up
 * by zeros: `padded`.
 */
export function replayIma(entries: readonly ImaEntry[], bank: Bank, padded = false): ImaReplay {
  let value: Buffer = Buffer.alloc(digestSize[bank]);
  const wrong: number[] = [];
  const violations: number[] = [];
  for (const [index, entry] of entries.entries()) {
    const data = templateData(entry);
    let digest: Buffer;
    if (entry.templateHash === violation) {
      violations.push(index + 1);
      digest = Buffer.alloc(digestSize[bank], 0xff);
    } else {
      if (data !== undefined && createHash('sha1').update(data).digest('hex') !== entry.templateHash)
        wrong.push(index + 1);
      const own = bank === 'sha1' || padded || data === undefined;
      const sha1 = Buffer.from(entry.templateHash, 'hex');
      digest = own
        ? Buffer.concat([sha1, Buffer.alloc(digestSize[bank] - 20)])
        : createHash(bank).update(data).digest();
    }
    value = extended(bank, value, digest);
  }
  return { value: value.toString('hex'), wrong, violations };
}
