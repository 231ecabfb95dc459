/** Container images on disk: an OCI layout (folder or tar) and the archive of `docker save`. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StateEntry } from '@redoubt/model';
import { extract } from 'tar-stream';
import type { CollectOptions } from '../collector.ts';
import { entryOf, ImageError, type ImageFacts } from './entry.ts';
import { cleanPath, type Layer, overlay, readLayer } from './layers.ts';

/** Largest manifest or index, and all of them together. */
const maxDocument = 4 * 1024 * 1024;
const maxDocuments = 64 * 1024 * 1024;

/** Named pieces of an image. */
interface Store {
  document(name: string): Promise<unknown>;
  /** Hands each of the named pieces to `read`, in the order in which they come. */
  each(names: ReadonlySet<string>, read: (name: string, source: Readable) => Promise<void>): Promise<void>;
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ImageError(`${name} is no JSON`);
  }
}

function folderStore(folder: string): Store {
  return {
    async document(name) {
      const path = join(folder, name);
      const { size } = await stat(path).catch(() => {
        throw new ImageError(`${name} is missing`);
      });
      if (size > maxDocument) throw new ImageError(`${name} is too large`);
      return parsed(name, await readFile(path, 'utf8'));
    },
    async each(names, read) {
      for (const name of names) await read(name, createReadStream(join(folder, name)));
    },
  };
}

/** Walks the files of a tar; `read` must consume what it is given. */
async function walk(
  file: string,
  read: (name: string, size: number, source: Readable) => Promise<void>,
): Promise<void> {
  const archive = extract();
  archive.on('entry', (header, stream, next) => {
    const name = cleanPath(header.name)?.slice(1);
    let ended = false;
    stream.on('end', () => {
      ended = true;
    });
    const isWanted = header.type === 'file' && name !== undefined;
    const done = isWanted ? read(name, header.size ?? 0, Readable.from(stream)) : Promise.resolve();
    done.then(
      () => {
        if (ended) next();
        else stream.on('end', next).resume();
      },
      error => archive.destroy(error as Error),
    );
  });
  try {
    await pipeline(createReadStream(file), archive);
  } catch (error) {
    throw error instanceof ImageError
      ? error
      : new ImageError(`the archive cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function archiveStore(file: string): Promise<Store> {
  const documents = new Map<string, string>();
  let total = 0;
  await walk(file, async (name, size, source) => {
    if (size > maxDocument) return;
    const pieces: Buffer[] = [];
    for await (const piece of source) pieces.push(piece as Buffer);
    const bytes = Buffer.concat(pieces);
    if (bytes[0] !== 0x7b && bytes[0] !== 0x5b) return; // neither { nor [
    total += bytes.length;
    if (total > maxDocuments) throw new ImageError('too many documents');
    documents.set(name, bytes.toString());
  });
  return {
    async document(name) {
      const text = documents.get(name);
      if (text === undefined) throw new ImageError(`${name} is missing`);
      return parsed(name, text);
    },
    each: (names, read) =>
      walk(file, async (name, _size, source) => {
        if (names.has(name)) await read(name, source);
      }),
  };
}

interface Descriptor {
  readonly digest?: unknown;
  readonly mediaType?: unknown;
  readonly platform?: { readonly architecture?: unknown };
}

function blobOf(descriptor: Descriptor | undefined): string {
  const match = /^sha256:([0-9a-f]{64})$/.exec(String(descriptor?.digest));
  if (match === null) throw new ImageError('a part is named by something else than a SHA-256 digest');
  return `blobs/sha256/${match[1]}`;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Names of the layers, lowest first. */
async function layersOf(store: Store): Promise<string[]> {
  const index = (await store.document('index.json').catch(() => undefined)) as
    | { manifests?: Descriptor[] }
    | undefined;
  if (index === undefined) {
    const [image] = (await store.document('manifest.json')) as { Layers?: unknown }[];
    if (!Array.isArray(image?.Layers)) throw new ImageError('manifest.json names no layers');
    return image.Layers.map(name => cleanPath(String(name))?.slice(1) ?? '');
  }
  let manifests = index.manifests ?? [];
  for (let depth = 0; depth < 4; depth++) {
    const own = architectures[process.arch];
    const chosen = manifests.find(one => one.platform?.architecture === own) ?? manifests[0];
    const document = (await store.document(blobOf(chosen))) as {
      layers?: Descriptor[];
      manifests?: Descriptor[];
    };
    if (Array.isArray(document.layers)) return document.layers.map(blobOf);
    manifests = document.manifests ?? [];
  }
  throw new ImageError('the index leads to no manifest');
}

/** Passes bytes through and compares their SHA-256 with the name of the piece, where it is one. */
function checked(name: string): Transform {
  const hash = createHash('sha256');
  const wanted = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
  return new Transform({
    transform(piece, _encoding, done) {
      hash.update(piece);
      done(null, piece);
    },
    flush(done) {
      const digest = hash.digest('hex');
      done(
        wanted === undefined || wanted === digest
          ? null
          : new ImageError(`${name} has other content than its digest says`),
      );
    },
  });
}

async function readChecked(name: string, source: Readable): Promise<Layer> {
  const whole = new PassThrough();
  const [, layer] = await Promise.all([
    pipeline(source, checked(name), whole),
    readLayer(whole).then(async read => {
      // What follows the end of the archive belongs to the digest as well.
      whole.resume();
      return read;
    }),
  ]);
  return layer;
}

/**
 * The state of a container image. Nothing is unpacked to disk; names that lead out of the image go to `onTrouble`.
 * @throws ImageError when it is none, is torn, or a layer is not what its digest says
 */
export async function* collectContainer(
  path: string,
  options: Omit<CollectOptions, 'root'> = {},
): AsyncGenerator<StateEntry> {
  const store = (await stat(path)).isDirectory() ? folderStore(path) : await archiveStore(path);
  const names = await layersOf(store);
  const layers = new Map<string, Layer>();
  await store.each(new Set(names), async (name, source) => {
    options.signal?.throwIfAborted();
    const layer = await readChecked(name, source);
    layers.set(name, layer);
    options.onProgress?.(layers.size, names.length);
    for (const refused of layer.refused) {
      options.onTrouble?.({
        key: refused,
        text: { en: 'its name leads out of the image', zh: '名称指向镜像之外' },
      });
    }
  });
  const state = new Map<string, ImageFacts>();
  for (const name of names) {
    const layer = layers.get(name);
    if (layer === undefined) throw new ImageError(`the layer ${name} is missing`);
    overlay(state, layer);
  }
  for (const [file, facts] of state) yield entryOf(file, facts);
}
