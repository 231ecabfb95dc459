/** Files that are followed as they grow. */
import { stat } from 'node:fs/promises';
import type { ClockSkew, FollowPosition } from '@redoubt/observe/log';
import type { FileSourceConfig } from '../config/types.ts';
import { FollowedFile, type Taken } from '../followed-file.ts';
import type { ClockOfSource, LogSource, SourceContext } from '../source.ts';

/** Small batches keep the time in one go and the memory small. */
const batchBytes = 32 * 1024;
/** Silence after which records that wait for more lines are taken as whole, milliseconds. */
const silence = 1_000;

/** A file source. */
export class FileSource implements LogSource {
  readonly config: FileSourceConfig;
  readonly #rescanMilliseconds: number | undefined;
  readonly #files = new Map<string, FollowedFile>();
  #clocks: ClockSkew | undefined;

  /** @param rescanMilliseconds how often to look for new files; the follower's own pace when left out */
  constructor(config: FileSourceConfig, rescanMilliseconds?: number) {
    this.config = config;
    this.#rescanMilliseconds = rescanMilliseconds;
  }

  async run(context: SourceContext): Promise<void> {
    const { signal, counters, intake, positions, recorded } = context;
    const { name, paths: patterns } = this.config;
    const log = await import('@redoubt/observe/log');
    this.#clocks ??= new log.ClockSkew();
    this.#files.clear();
    const known = await this.#begin(context, log);
    for (const { ahead = [] } of positions.of(name).values()) {
      for (const identity of ahead) recorded.expect(name, identity);
    }
    const onDamage = counters.damage.bind(counters);
    const keep = (path: string, { entries, place }: Taken): void => {
      intake.take(name, entries, counters);
      positions.set(name, path, place);
      for (const { record, event } of entries) {
        if (!record.timeIsReceiveTime) this.#clocks?.note(name, record.time, event.metadata.logged_time ?? 0);
      }
    };
    let idle: NodeJS.Timeout | undefined;
    const lookForSilence = (): void => {
      idle = undefined;
      for (const [path, file] of this.#files) {
        const taken = file.idle(silence);
        if (taken !== undefined) keep(path, taken);
        if (file.waits) idle ??= setTimeout(lookForSilence, silence / 2);
      }
    };
    try {
      context.running();
      const rescanMilliseconds = this.#rescanMilliseconds;
      const batches = log.followGlob({
        patterns,
        positions: known,
        batchBytes,
        onDamage,
        signal,
        ...(rescanMilliseconds !== undefined && { rescanMilliseconds }),
      });
      for await (const batch of batches) {
        const { path } = batch;
        let file = this.#files.get(path);
        if (file === undefined) {
          const { type: _, name: __, paths: ___, from: ____, ...reading } = this.config;
          const followed = new log.FollowedLog({ ...reading, name: path, onDamage });
          file = new FollowedFile(followed, name, known.get(path));
          if (this.config.format === 'zeek' && batch.offset > 0) await file.readHeader(path, batch);
          this.#files.set(path, file);
        }
        keep(path, file.take(batch));
        idle ??= setTimeout(lookForSilence, silence);
        await intake.room(signal);
      }
    } finally {
      clearTimeout(idle);
    }
  }

  places(): string[] {
    return this.#files.size === 0 ? [...this.config.paths] : [...this.#files.keys()];
  }

  clocks(): ClockOfSource[] {
    const clock = this.#clocks?.clock(this.config.name);
    return clock === undefined ? [] : [{ of: this.config.name, clock }];
  }

  /**
   * The positions to go on from, saved before anything is read: what comes next must not be missed, though the agent
   * were killed at once and the file rotated. A file that is new to us begins at its end, or as `from` says.
   */
  async #begin(
    { positions }: SourceContext,
    log: typeof import('@redoubt/observe/log'),
  ): Promise<Map<string, FollowPosition>> {
    const { name, paths, from } = this.config;
    const known = new Map<string, FollowPosition>();
    for (const [path, { follow }] of positions.of(name)) if (follow !== undefined) known.set(path, follow);
    const lastRun = known.size > 0 ? positions.lastRun : undefined;
    const named = paths.filter(path => !/[*?[{]/.test(path));
    for (const path of new Set([...named, ...(await new log.LogSearch(paths).find())])) {
      if (known.has(path)) continue;
      // A log that was begun while no agent ran is read from its start.
      const atStart = from === 'start' || (lastRun !== undefined && (await bornAt(path)) > lastRun);
      const end = atStart ? undefined : await log.positionAtEnd(path);
      const follow = end ?? { version: 1, path, since: Date.now(), files: [] };
      known.set(path, follow);
      positions.set(name, path, { follow });
    }
    await positions.save();
    return known;
  }
}

/** When a file was made, milliseconds since the Unix epoch; now, when it is yet to come. */
async function bornAt(path: string): Promise<number> {
  try {
    return (await stat(path)).birthtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Date.now();
    throw error;
  }
}
