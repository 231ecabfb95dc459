/** Watching directories through inotify, for hosts where the kernel sensor cannot run. */
import { existsSync, type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { join, matchesGlob } from 'node:path';

/** Directories whose changes matter to a judgement: configuration, persistence, and places for droppers. */
export const watchedPatterns: readonly string[] = [
  '/etc',
  '/etc/cron.d',
  '/etc/cron.hourly',
  '/etc/cron.daily',
  '/etc/init.d',
  '/etc/pam.d',
  '/etc/profile.d',
  '/etc/ssh',
  '/etc/sudoers.d',
  '/etc/systemd/system',
  '/etc/ld.so.conf.d',
  '/var/spool/cron',
  '/var/spool/cron/crontabs',
  '/usr/local/bin',
  '/root',
  '/root/.ssh',
  '/home/*',
  '/home/*/.ssh',
  '/tmp',
  '/var/tmp',
  '/dev/shm',
];

/** Most directories that are watched. */
const directoriesLimit = 1024;

/** What happened to a path. */
export type PathChange = 'file.create' | 'file.write' | 'file.unlink';

/** Watches directories, and finds new ones that match its patterns. */
export class PathWatcher {
  readonly #patterns: readonly string[];
  readonly #onChange: (change: PathChange, path: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #known = new Set<string>();
  /** Directories that could not be watched, or that are beyond the bound. */
  refused = 0;

  /** @param onChange told of each change, directly after it */
  constructor(onChange: (change: PathChange, path: string) => void, patterns = watchedPatterns) {
    this.#onChange = onChange;
    this.#patterns = patterns;
  }

  /** Directories that are watched now. */
  get size(): number {
    return this.#watchers.size;
  }

  /** Begins to watch what exists and is not watched yet; call again from time to time. */
  refresh(): void {
    for (const pattern of this.#patterns) {
      for (const directory of directoriesOf(pattern)) {
        if (!this.#watchers.has(directory)) this.#add(directory);
      }
    }
  }

  /** Stops watching. */
  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#known.clear();
  }

  #add(directory: string): void {
    if (this.#watchers.size >= directoriesLimit) {
      this.refused++;
      return;
    }
    try {
      const watcher = watch(directory, (event, name) => {
        if (name !== null) this.#changed(event, join(directory, name));
      });
      watcher.on('error', () => this.#drop(directory));
      this.#watchers.set(directory, watcher);
      for (const name of readdirSync(directory)) this.#known.add(join(directory, name));
    } catch {
      this.refused++;
    }
  }

  #drop(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }

  /** inotify's creation, removal and renames all come as "rename"; only a look at the path tells them apart. */
  #changed(event: string, path: string): void {
    const exists = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    if (!exists) {
      if (this.#known.delete(path)) this.#onChange('file.unlink', path);
      this.#drop(path);
      return;
    }
    const isNew = !this.#known.has(path);
    this.#known.add(path);
    if (event === 'change' && !isNew) this.#onChange('file.write', path);
    else this.#onChange('file.create', path);
  }
}

/** Existing directories that a pattern with stars in single components names. */
function directoriesOf(pattern: string): string[] {
  const star = pattern.indexOf('*');
  if (star < 0) return existsSync(pattern) ? [pattern] : [];
  const base = pattern.slice(0, pattern.lastIndexOf('/', star));
  const rest = pattern.slice(base.length + 1).split('/');
  const [component = '', ...below] = rest;
  try {
    return readdirSync(base)
      .filter(name => matchesGlob(name, component))
      .map(name => join(base, name, ...below))
      .filter(path => existsSync(path));
  } catch {
    return [];
  }
}
