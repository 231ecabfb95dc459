/**
 * Explaining changes by RPM packages. rpm has no log of its own: each package knows when it was installed and in which
 * transaction (INSTALLTIME, INSTALLTID), and the digest and mode of each of its files. A change is explained when its
 * file is what the package says; a removal when rpm worked, and the package that owned the file has gone or was replaced.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { ExplainOptions, Explanation } from '../../collector.ts';
import { unescapeKey } from '../../state/key.ts';
import { ownerOf, partsOf } from '../entry.ts';
import { formOf, keysOf, md5Of, timeOfFolder } from './facts.ts';
import { askRpm, rpmDatabases } from './rpm-database.ts';

/** What rpm does after it has noted the last package of a transaction: scripts and triggers. */
const slackMilliseconds = 120_000;
/** PGPHASHALGO_SHA256, RFC 4880 9.4. */
const sha256Algorithm = '8';

/** What a package says of a path. */
interface OwnedPath {
  readonly package: string;
  /** Hexadecimal; empty for folders, links and files that the package does not vouch for. */
  readonly digest: string;
  readonly algorithm: string;
  readonly mode: number;
}

/** A time in which rpm worked, milliseconds since the Unix epoch. */
interface Span {
  readonly start: number;
  end: number;
}

/** What rpm has installed since a time. */
interface Installed {
  readonly spans: readonly Span[];
  readonly owned: ReadonlyMap<string, OwnedPath>;
  /** Every package that is installed, with version and architecture. */
  readonly all: ReadonlySet<string>;
}

const nothing: Installed = { spans: [], owned: new Map(), all: new Set() };

/** Times of `Erase:` and the like, which no package remembers (dnf's /var/log/dnf.rpm.log). */
function erasures(root: string, since: number): Span[] {
  let text = '';
  try {
    text = readFileSync(join(root, 'var/log/dnf.rpm.log'), 'latin1');
  } catch {
    return [];
  }
  return [...text.matchAll(/^(\d{4}-\S+) \S+ (?:Erase|Erased|Removed|Cleanup)/gm)]
    .map(([, time = '']) => Date.parse(time))
    .filter(time => time >= since)
    .map(time => ({ start: time, end: time }));
}

/** Asks rpm; nothing when it is not there. @throws Error when rpm complains */
async function installedSince(root: string, since: number): Promise<Installed> {
  const list = await askRpm(root, '-qa', '--qf', '%{INSTALLTIME}\\t%{INSTALLTID}\\t%{NVRA}\\n');
  const spans = new Map<string, Span>();
  const fresh: string[] = [];
  const all = new Set<string>();
  for (const line of list.split('\n')) {
    const [time = '', transaction = '', name] = line.split('\t');
    const installed = Number(time) * 1000;
    if (name !== undefined) all.add(name);
    if (name === undefined || !(installed >= since - 1000)) continue;
    fresh.push(name);
    const start = Math.min(Number(transaction) * 1000 || installed, installed);
    const span = spans.get(transaction);
    if (span === undefined) spans.set(transaction, { start, end: installed });
    else span.end = Math.max(span.end, installed);
  }
  const owned = new Map<string, OwnedPath>();
  const format = '[%{=NVRA}\\t%{FILEDIGESTS}\\t%{=FILEDIGESTALGO}\\t%{FILEMODES:octal}\\t%{FILENAMES}\\n]';
  for (let at = 0; at < fresh.length; at += 200)
    for (const line of (await askRpm(root, '-q', '--qf', format, ...fresh.slice(at, at + 200))).split('\n')) {
      const [name = '', digest = '', algorithm = '', mode = '', ...path] = line.split('\t');
      const known = { package: name, digest, algorithm, mode: Number.parseInt(mode, 8) };
      if (path.length > 0) for (const one of keysOf(path.join('\t'))) owned.set(one, known);
    }
  return { spans: [...spans.values(), ...erasures(root, since)], owned, all };
}

/** Explains changes by what rpm did. What it knows is read anew when the database has changed since. */
export class RpmWitness {
  readonly #options: ExplainOptions;
  #form = '';
  #installed: Promise<Installed> = Promise.resolve(nothing);

  constructor(options: ExplainOptions) {
    this.#options = options;
  }

  /** @returns undefined when no package explains the change */
  async explain(change: StateChange): Promise<Explanation | undefined> {
    const { spans, owned, all } = await this.#known();
    if (spans.length === 0) return undefined;
    const within = (time: number): boolean =>
      spans.some(({ start, end }) => time >= start - 1000 && time <= end + slackMilliseconds);
    if (change.kind === 'removed')
      return owned.has(change.key) ? undefined : this.#removal(change.key, change.before, within, all);
    const owner = owned.get(change.key);
    const changed = Number(partsOf(String(change.after.facts['stat'])).changed) * 1000;
    return owner !== undefined && within(changed) ? this.#presence(change.after, owner) : undefined;
  }

  #known(): Promise<Installed> {
    const { root, since } = this.#options;
    const present = rpmDatabases(root);
    if (present.length === 0) return Promise.resolve(nothing);
    const form = present.map(formOf).join(' ');
    if (form !== this.#form) {
      this.#form = form;
      // Without rpm(8) nothing can be explained, and unexplained is what the changes stay.
      this.#installed = installedSince(root, since).catch(() => nothing);
    }
    return this.#installed;
  }

  #removal(
    key: string,
    before: StateEntry,
    within: (time: number) => boolean,
    all: ReadonlySet<string>,
  ): Explanation | undefined {
    const time = timeOfFolder(`${this.#options.root}/${key}`.replaceAll('//', '/'));
    if (time === undefined || !within(time)) return undefined;
    const owner = ownerOf(before);
    // Everything that was in a folder is told by itself: one that is gone means nothing more.
    if (owner === undefined && before.facts['type'] !== 'folder') return undefined;
    // A package that is still installed as it was has taken nothing away.
    if (owner !== undefined && all.has(owner)) return undefined;
    return {
      by: owner === undefined ? 'rpm' : `rpm: ${owner}`,
      text: {
        en: `rpm was at work when its folder was last changed, and ${owner ?? 'no package'} no longer has it`,
        zh: `所在目录的最后变更发生在 rpm 执行期间，且${owner ?? '没有软件包'}现已不再包含它`,
      },
    };
  }

  async #presence({ key, facts }: StateEntry, owner: OwnedPath): Promise<Explanation | undefined> {
    const by = `rpm: ${owner.package}`;
    if (facts['type'] !== 'file')
      return {
        by,
        text: {
          en: `it belongs to ${owner.package}, which rpm installed at that time`,
          zh: `属于 rpm 当时安装的软件包 ${owner.package}`,
        },
      };
    const path = Buffer.concat([Buffer.from(this.#options.root), unescapeKey(key)]);
    const digest = owner.algorithm === sha256Algorithm ? facts['sha256'] : await md5Of(path);
    const mode = Number.parseInt(String(facts['mode']), 8);
    if (owner.digest === '' || digest !== owner.digest || mode !== (owner.mode & 0o7777)) return undefined;
    return {
      by,
      text: {
        en: `rpm installed ${owner.package} at that time, and content and mode are what the package says`,
        zh: `rpm 当时安装了 ${owner.package}，内容与权限同软件包记录一致`,
      },
    };
  }
}
