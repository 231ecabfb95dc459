/** The journal: append-only, hash-chained, signed. What it says cannot be changed later without being noticed. */
import type { KeyObject } from 'node:crypto';
import { mkdirSync, truncateSync } from 'node:fs';
import { appendFile, type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalEntry, JournalSink } from '@redoubt/model';
import { KeyFile } from './key-file.ts';
import { type Content, type Head, hashOf, lineLimit, makeLine, parseLine, rawOf, start } from './line.ts';
import { readSegment, segmentBytes, segmentName, segmentsIn } from './segments.ts';

/** A key signs no longer than this, milliseconds. */
const keyLife = 86_400_000;

/** The folder of the journal below a state directory. */
export function journalFolder(stateDirectory: string): string {
  return join(stateDirectory, 'journal');
}

/** Writes a journal. One writer a folder: the agent that holds the recorder's lock. */
export class Journal implements JournalSink {
  readonly folder: string;
  readonly #keys: KeyFile;
  #key: KeyObject;
  #keySince = 0;
  #head: Head;
  #segment: { name: string; bytes: number };
  #file: FileHandle | undefined;
  #waiting: { entry: JournalEntry; done: () => void; failed: (error: unknown) => void }[] = [];
  #writing: Promise<void> | undefined;

  private constructor(folder: string, keys: KeyFile, key: KeyObject, { head, segment }: End) {
    this.folder = folder;
    this.#keys = keys;
    this.#key = key;
    this.#head = head;
    this.#segment = segment;
  }

  /**
   * Opens the journal of a folder, or begins one. A line that a killed writer left half written is put aside and
   * told of; a chain without its key goes on with a new one, which verification shows.
   * @throws the system's error
   */
  static async open(folder: string): Promise<Journal> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const keys = new KeyFile(folder);
    const end = await endOf(folder);
    const next = keys.readNext();
    // A change of keys that was cut short after the journal had named the new key is made whole.
    if (next !== undefined && end.lastKey === rawOf(next)) keys.adopt();
    const isNew = end.head.seq === 0 || !keys.exists;
    const journal = new Journal(folder, keys, isNew ? keys.makeNext() : keys.read(), end);
    if (isNew) {
      await journal.#write([{ key: rawOf(journal.#key) }]);
      keys.adopt();
    }
    await journal.#changeKey();
    if (end.torn > 0) await journal.append(recovered(end.torn));
    return journal;
  }

  append(entry: JournalEntry): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ entry, done: resolve, failed: reject });
    this.#writing ??= this.#drain();
    return promise;
  }

  /** Where the chain is now. */
  get head(): Head {
    return this.#head;
  }

  /** Signs a statement, such as a checkpoint, with the key of now. */
  get signingKey(): KeyObject {
    return this.#key;
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Writes what has come together meanwhile: entries that arrive at once share one wait for the disk. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (Date.now() - this.#keySince > keyLife) await this.#changeKey();
        await this.#write(batch.map(({ entry }) => ({ entry })));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = undefined;
  }

  async #changeKey(): Promise<void> {
    const next = this.#keys.makeNext();
    await this.#write([{ key: rawOf(next) }]);
    this.#keys.adopt();
    this.#key = next;
    this.#keySince = Date.now();
  }

  /** Appends lines, on disk when this resolves. A failure leaves the chain as it was. */
  async #write(contents: readonly Content[]): Promise<void> {
    let head = this.#head;
    let text = '';
    for (const content of contents) {
      const made = makeLine(head, content, this.#key);
      if (made.text.length > lineLimit) throw new Error('a journal entry is longer than 1 MiB');
      head = made.head;
      text += `${made.text}\n`;
    }
    if (this.#segment.bytes > segmentBytes) await this.#nextSegment();
    const path = join(this.folder, this.#segment.name);
    this.#file ??= await open(path, 'a', 0o600);
    try {
      await appendFile(this.#file, text);
      await this.#file.datasync();
    } catch (error) {
      // A full disk may have taken half of it: the next line must not follow that half.
      truncateSync(path, this.#segment.bytes);
      throw error;
    }
    this.#segment.bytes += Buffer.byteLength(text);
    this.#head = head;
  }

  async #nextSegment(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    this.#segment = { name: segmentName(this.#head.seq + 1), bytes: 0 };
  }
}

interface End {
  readonly head: Head;
  readonly segment: { name: string; bytes: number };
  /** The key that the last line brings, if it brings one. */
  readonly lastKey: string | undefined;
  /** Bytes of a line that was half written, now put aside. */
  readonly torn: number;
}

/** Where a journal ends. Only its last segment is read. */
async function endOf(folder: string): Promise<End> {
  const name = segmentsIn(folder).at(-1);
  if (name === undefined) {
    return { head: start, segment: { name: segmentName(1), bytes: 0 }, lastKey: undefined, torn: 0 };
  }
  let head: Head = { ...start, seq: Number(/\d+/.exec(name)?.[0]) - 1 };
  let lastKey: string | undefined;
  let bytes = 0;
  let torn = 0;
  for await (const { text, offset, ended } of readSegment(folder, name)) {
    if (!ended) {
      torn = Buffer.byteLength(text);
      await appendFile(join(folder, 'journal.torn'), `${text}\n`, { mode: 0o600 });
      truncateSync(join(folder, name), offset);
      break;
    }
    bytes = offset + Buffer.byteLength(text) + 1;
    const parsed = parseLine(text);
    if (parsed === undefined) continue;
    head = { seq: parsed.line.seq, hash: hashOf(parsed.json) };
    lastKey = 'key' in parsed.line ? parsed.line.key : undefined;
  }
  return { head, segment: { name, bytes }, lastKey, torn };
}

function recovered(bytes: number): JournalEntry {
  return {
    time: Date.now(),
    actor: 'redoubt',
    action: 'journal.recovered',
    subject: 'journal',
    outcome: 'done',
    text: {
      en: `The last entry was half written when the writer ended; its ${bytes} bytes stand in journal.torn`,
      zh: `写入进程结束时最后一条记录未写完；其 ${bytes} 字节保存在 journal.torn 中`,
    },
  };
}
