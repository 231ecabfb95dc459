/**
 * Layers of container images, read as streams and laid over each other without unpacking anything. Source: OCI image
 * specification 1.1, layer.md (whiteouts `.wh.NAME`, opaque folders `.wh..wh..opq`).
 */
import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { ImageError, type ImageFacts, maxEntries } from './entry.ts';

/** Bounds of one layer. */
export const layerLimits = { bytes: 64 * 1024 ** 3, depth: 256, pathBytes: 4096 } as const;

/** A file of a layer; `hardLink` names the path whose content it shares. */
export type LayerEntry = ImageFacts & { readonly hardLink?: string };

/** One layer. */
export interface Layer {
  readonly entries: Map<string, LayerEntry>;
  /** Paths that it takes away. */
  readonly removed: Set<string>;
  /** Folders whose content in lower layers it hides. */
  readonly opaque: Set<string>;
  /** Names that lead out of the image, or are too long: left out. */
  readonly refused: string[];
}

/** A path of an archive as an absolute one; undefined when it leads out of the root or has no end. */
export function cleanPath(name: string): string | undefined {
  const parts = name.split('/').filter(part => part !== '' && part !== '.');
  if (
    parts.includes('..') ||
    parts.length > layerLimits.depth ||
    name.length > layerLimits.pathBytes ||
    name.includes('\0')
  )
    return undefined;
  return `/${parts.join('/')}`;
}

const types: Readonly<Record<string, ImageFacts['type']>> = {
  file: 'file',
  'contiguous-file': 'file',
  link: 'file',
  directory: 'directory',
  symlink: 'link',
  fifo: 'fifo',
  'character-device': 'device',
  'block-device': 'device',
};

/** Decompresses by what the bytes begin with: gzip, zstd, or plain. */
async function decompressed(source: Readable): Promise<Readable> {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 4) {
    const { value, done } = await iterator.next();
    if (done) break;
    head = Buffer.concat([head, value as Buffer]);
  }
  const whole = new PassThrough();
  void (async () => {
    try {
      if (head.length > 0) whole.write(head);
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        if (!whole.write(next.value)) await new Promise(resolve => whole.once('drain', resolve));
      }
      whole.end();
    } catch (error) {
      whole.destroy(error as Error);
    }
  })();
  const through =
    head[0] === 0x1f && head[1] === 0x8b
      ? createGunzip()
      : head.readUInt32LE?.(0) === 0xfd2fb528
        ? createZstdDecompress()
        : undefined;
  if (through === undefined) return whole;
  void pipeline(whole, through).catch(error => through.destroy(error));
  return through;
}

function take(layer: Layer, path: string, header: Header, sha256: string): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const folder = path.slice(0, path.lastIndexOf('/'));
  if (name === '.wh..wh..opq') layer.opaque.add(folder);
  else if (name.startsWith('.wh..wh.'))
    return; // aufs bookkeeping
  else if (name.startsWith('.wh.')) layer.removed.add(`${folder}/${name.slice(4)}`);
  else if (path !== '/') {
    const type = types[header.type ?? 'file'] ?? 'device';
    const { mode = 0, uid = 0, gid = 0, size = 0, linkname } = header;
    const hardLink = header.type === 'link' ? cleanPath(linkname ?? '') : undefined;
    const target = header.type === 'symlink' ? (linkname ?? '') : '';
    layer.entries.set(path, {
      type,
      mode: mode & 0o7777,
      uid,
      gid,
      size,
      sha256,
      target: target.replaceAll('\\', '\\\\'),
      ...(hardLink !== undefined && { hardLink }),
    });
  }
  if (layer.entries.size > maxEntries) throw new ImageError(`a layer of more than ${maxEntries} files`);
}

/** Reads a layer. @throws ImageError when it is torn or beyond the bounds */
export async function readLayer(source: Readable): Promise<Layer> {
  const layer: Layer = { entries: new Map(), removed: new Set(), opaque: new Set(), refused: [] };
  const archive = extract();
  let bytes = 0;
  archive.on('entry', (header, stream, next) => {
    const hash = createHash('sha256');
    stream.on('data', data => {
      const piece = data as Buffer;
      bytes += piece.length;
      if (bytes > layerLimits.bytes) archive.destroy(new ImageError('a layer that unpacks to too much'));
      hash.update(piece);
    });
    stream.on('end', () => {
      const path = cleanPath(header.name);
      if (path === undefined) {
        if (layer.refused.length < 1000) layer.refused.push(header.name.slice(0, 256));
      } else {
        try {
          take(layer, path.replaceAll('\\', '\\\\'), header, hash.digest('hex'));
        } catch (error) {
          archive.destroy(error as Error);
          return;
        }
      }
      next();
    });
  });
  try {
    await pipeline(await decompressed(source), archive);
  } catch (error) {
    throw error instanceof ImageError
      ? error
      : new ImageError(`a layer cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return layer;
}

/** Lays a layer over what is there already. */
export function overlay(state: Map<string, ImageFacts>, layer: Layer): void {
  const hidden = (path: string): boolean => {
    for (let at = path.lastIndexOf('/'); at >= 0; at = at === 0 ? -1 : path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      if (layer.opaque.has(folder) || layer.removed.has(folder)) return true;
      // A file, or a link, in the place of a folder hides what was below it.
      const above = layer.entries.get(folder);
      if (above !== undefined && above.type !== 'directory') return true;
    }
    return layer.removed.has(path);
  };
  const shared = new Map<string, ImageFacts>();
  for (const { hardLink } of layer.entries.values()) {
    const content = hardLink === undefined ? undefined : state.get(hardLink);
    if (hardLink !== undefined && content !== undefined) shared.set(hardLink, content);
  }
  if (layer.opaque.size + layer.removed.size + layer.entries.size > 0) {
    for (const path of state.keys()) if (hidden(path)) state.delete(path);
  }
  for (const [path, { hardLink, ...facts }] of layer.entries) {
    const content =
      hardLink === undefined ? undefined : (layer.entries.get(hardLink) ?? shared.get(hardLink));
    state.set(
      path,
      content === undefined
        ? facts
        : {
            ...facts,
            type: content.type,
            size: content.size,
            sha256: content.sha256,
            target: content.target,
          },
    );
  }
  if (state.size > maxEntries) throw new ImageError(`an image of more than ${maxEntries} files`);
}
