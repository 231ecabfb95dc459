/**
 * Explaining changes by RPM packages. rpm has no log of its own: each package knows when it was installed and in which
 * transaction (INSTALLTIME, INSTALLTID), and the digest and mode of each of its files. A change is explained when its
 * file is what the package says, or when something went away while rpm worked.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { ExplainOptions, Explanation } from '../../collector.ts';
import { unescapeKey } from '../../state/key.ts';
import { partsOf } from '../entry.ts';
import { formOf, md5Of, namesOf, timeOfFolder } from './facts.ts';

const run = promisify(execFile);

/**
 * Where rpm keeps its database: the old place, and that of Fedora and SUSE. Where none is, rpm must not be asked: it
 * would make an empty one.
 */
const databases = ['var/lib/rpm', 'usr/lib/sysimage/rpm'].flatMap(folder =>
  ['rpmdb.sqlite', 'Packages.db', 'Packages'].map(name => `${folder}/${name}`),
);
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
}

const nothing: Installed = { spans: [], owned: new Map() };

/** Asks the database that is there: the program's own idea of the place may be another. */
async function ask(root: string, ...words: string[]): Promise<string> {
  const folder = databases.find(path => existsSync(join(root, path))) ?? databases[0] ?? '';
  const { stdout } = await run('rpm', ['--root', root, '--dbpath', `/${dirname(folder)}`, ...words], {
    timeout: 120_000,
    maxBuffer: 256 << 20,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  return stdout;
}

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
  const list = await ask(root, '-qa', '--qf', '%{INSTALLTIME}\\t%{INSTALLTID}\\t%{NVRA}\\n');
  const spans = new Map<string, Span>();
  const fresh: string[] = [];
  for (const line of list.split('\n')) {
    const [time = '', transaction = '', name] = line.split('\t');
    const installed = Number(time) * 1000;
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
    for (const line of (await ask(root, '-q', '--qf', format, ...fresh.slice(at, at + 200))).split('\n')) {
      const [name = '', digest = '', algorithm = '', mode = '', ...path] = line.split('\t');
      const known = { package: name, digest, algorithm, mode: Number.parseInt(mode, 8) };
      if (path.length > 0) for (const one of namesOf(path.join('\t'))) owned.set(one, known);
    }
  return { spans: [...spans.values(), ...erasures(root, since)], owned };
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
    const { spans, owned } = await this.#known();
    if (spans.length === 0) return undefined;
    const within = (time: number): boolean =>
      spans.some(({ start, end }) => time >= start - 1000 && time <= end + slackMilliseconds);
    if (change.kind === 'removed') return this.#removal(change.key, within);
    const owner = owned.get(change.key);
    const changed = Number(partsOf(String(change.after.facts['stat'])).changed) * 1000;
    return owner !== undefined && within(changed) ? this.#presence(change.after, owner) : undefined;
  }

  #known(): Promise<Installed> {
    const { root, since } = this.#options;
    const present = databases.map(path => join(root, path)).filter(path => existsSync(path));
    if (present.length === 0) return Promise.resolve(nothing);
    const form = present.map(formOf).join(' ');
    if (form !== this.#form) {
      this.#form = form;
      // Without rpm(8) nothing can be explained, and unexplained is what the changes stay.
      this.#installed = installedSince(root, since).catch(() => nothing);
    }
    return this.#installed;
  }

  #removal(key: string, within: (time: number) => boolean): Explanation | undefined {
    const time = timeOfFolder(`${this.#options.root}/${key}`.replaceAll('//', '/'));
    if (time === undefined || !within(time)) return undefined;
    return {
      by: 'rpm',
      text: {
        en: 'its folder was last changed while rpm worked',
        zh: '所在目录的最后变更发生在 rpm 执行期间',
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
