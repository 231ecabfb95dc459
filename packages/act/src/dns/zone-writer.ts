/** Lists as one response policy zone, for unbound, BIND and others that take them. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type ListFormat, type ListTroubles, listName, readList } from './list-file.ts';

/** What was written. */
export interface WrittenZone {
  readonly path: string;
  readonly names: number;
  readonly skipped: number;
  readonly samples: ListTroubles['samples'];
}

const chunk = 1 << 16;

/**
 * Writes a zone, as a whole or not at all. Names that are allowed pass; each name stands once.
 * @param onProgress told of the names written so far
 * @throws the system's error, or one naming the list that cannot be read
 */
export async function writeZone(
  path: string,
  lists: readonly { readonly path: string; readonly format: ListFormat }[],
  allow: readonly string[],
  onProgress: (names: number) => void = () => undefined,
  serial = Math.floor(Date.now() / 1000),
): Promise<WrittenZone> {
  const troubles: ListTroubles = { total: 0, samples: [] };
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o644);
  const seen = new Set<string>();
  let names = 0;
  try {
    let text = `$TTL 60\n@ IN SOA localhost. root.localhost. ${serial} 3600 600 86400 60\n@ IN NS localhost.\n`;
    const put = (owner: string, target: string): void => {
      if (seen.has(owner)) return;
      seen.add(owner);
      text += `${owner} CNAME ${target}\n`;
      if (text.length < chunk) return;
      writeSync(file, text);
      text = '';
    };
    for (const one of allow) {
      const name = listName(one.replace(/^\*\./, ''));
      if (name === undefined) continue;
      if (!one.startsWith('*.')) put(name, 'rpz-passthru.');
      put(`*.${name}`, 'rpz-passthru.');
    }
    const allowed = new Set(seen);
    const passes = (name: string): boolean => allowed.size > 0 && allowedBy(allowed, name);
    for (const { path: list, format } of lists) {
      for await (const { name, kind, action } of readList(list, format, troubles)) {
        if (passes(name)) continue;
        const target = {
          nxdomain: '.',
          nodata: '*.',
          pass: 'rpz-passthru.',
          drop: 'rpz-drop.',
          tcp: 'rpz-tcp-only.',
          local: '.',
        }[action];
        if (kind !== 'below') put(name, target);
        if (kind !== 'exact') put(`*.${name}`, target);
        if (++names % 10_000 === 0) onProgress(names);
      }
    }
    writeSync(file, text);
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(temporary, path);
  return { path, names, skipped: troubles.total, samples: troubles.samples };
}

function allowedBy(allowed: ReadonlySet<string>, name: string): boolean {
  if (allowed.has(name)) return true;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
    if (allowed.has(`*.${name.slice(dot + 1)}`)) return true;
  return false;
}
