/** All log sources of the agent. */
import type { Bilingual } from '@redoubt/model';
import type { Reader } from '@redoubt/store';
import type { LogsAnswer, SensorStatus } from '../api/contract.ts';
import type { WarningChange } from '../state/warnings.ts';
import { effectiveSources, LogsConfigError, logsConfigPath, readLogsConfig } from './config/file.ts';
import type { LogSourceConfig } from './config/types.ts';
import { drillLogSource, drillRescanMilliseconds, drillSource, prepareDrillLogs } from './drill-logs.ts';
import { type IntakeParts, LogIntake } from './intake.ts';
import { LogPositions } from './positions.ts';
import { expectRecorded, RecordedBefore } from './recorded.ts';
import type { LogSource } from './source.ts';
import { FileSource } from './sources/file.ts';
import { JournalSource } from './sources/journal.ts';
import { SyslogSource } from './sources/syslog.ts';
import { WindowsSource } from './sources/windows.ts';
import { type SharedContext, SupervisedSource } from './supervised.ts';

/** What the logs are wired to. */
export interface LogsParts extends Omit<IntakeParts, 'recorded'> {
  readonly stateDirectory: string;
  readonly reader: Reader;
  readonly onWarning: (warning: WarningChange) => void;
}

/** Follows the logs that `logs.yml` names, or those that are found on this host. */
export class Logs {
  readonly #parts: LogsParts;
  readonly #positions: LogPositions;
  readonly #shared: SharedContext;
  readonly #sources = new Map<string, { key: string; supervised: SupervisedSource }>();
  #problem: Bilingual | undefined;
  /** Losses of sources that are gone. */
  #lostBefore = 0;

  private constructor(parts: LogsParts, positions: LogPositions, recorded: RecordedBefore) {
    this.#parts = parts;
    this.#positions = positions;
    this.#shared = { intake: new LogIntake({ ...parts, recorded }), positions, recorded };
  }

  /** Goes on where the last run left off, and starts the sources. A bad configuration is a warning, no failure. */
  static async start(parts: LogsParts): Promise<Logs> {
    const recorded = new RecordedBefore();
    const positions = new LogPositions(parts.stateDirectory, parts.recorder, () => recorded.isAwaiting);
    try {
      const from = await positions.load();
      if (from !== undefined) await expectRecorded(parts.reader, from, recorded);
    } catch (error) {
      parts.onWarning(positionsLost(error));
    }
    prepareDrillLogs(parts.stateDirectory);
    positions.forget(drillSource);
    const logs = new Logs(parts, positions, recorded);
    await logs.reload();
    return logs;
  }

  /**
   * Reads the configuration again: sources that changed are stopped and started, the others go on undisturbed.
   * With a bad configuration everything stays as it is, and at the start the logs found on this host are followed.
   */
  async reload(): Promise<void> {
    const { stateDirectory, onWarning } = this.#parts;
    let wanted: LogSourceConfig[];
    try {
      wanted = effectiveSources(readLogsConfig(stateDirectory));
      this.#problem = undefined;
    } catch (error) {
      this.#problem = wordsOf(error);
      if (this.#sources.size > 0) {
        onWarning(configWarning(this.#problem));
        return;
      }
      wanted = effectiveSources({ defaults: true, except: [], sources: [] });
    }
    onWarning(configWarning(this.#problem));
    wanted = [...wanted.filter(({ name }) => name !== drillSource), drillLogSource(stateDirectory)];
    const keys = new Map(wanted.map(config => [config.name, JSON.stringify(config)]));
    for (const [name, { key, supervised }] of this.#sources) {
      if (keys.get(name) === key) continue;
      this.#sources.delete(name);
      await supervised.stop();
      this.#lostBefore += supervised.counters.lost;
      if (!keys.has(name)) this.#positions.forget(name);
    }
    for (const config of wanted) {
      if (this.#sources.has(config.name)) continue;
      const supervised = new SupervisedSource(sourceOf(config), this.#shared);
      this.#sources.set(config.name, { key: JSON.stringify(config), supervised });
    }
  }

  /** Stops everything and saves how far each log was read. */
  async stop(): Promise<void> {
    await Promise.all([...this.#sources.values()].map(({ supervised }) => supervised.stop()));
    this.#sources.clear();
    await this.#positions.close();
  }

  /** Every source, for the API. */
  answer(): LogsAnswer {
    return {
      config: logsConfigPath(this.#parts.stateDirectory),
      ...(this.#problem !== undefined && { problem: this.#problem }),
      items: [...this.#sources]
        .filter(([name]) => name !== drillSource)
        .map(([, { supervised }]) => supervised.status()),
    };
  }

  /** Every source as a sensor, for the summary. */
  sensors(): SensorStatus[] {
    return this.answer().items.map(({ name, state, failure, records, damaged, lost, clocks }) => {
      const [clock] = clocks;
      const facts = [
        ...(failure === undefined ? [] : [failure]),
        `${records} records`,
        ...(damaged > 0 ? [`${damaged} damaged`] : []),
        ...(lost > 0 ? [`${lost} lost`] : []),
        ...(clock !== undefined && clock.offset_ms > 2_000
          ? [`clock of ${clock.of} ${Math.round(clock.offset_ms / 1000)} s ahead`]
          : []),
      ];
      const shown = state === 'failed' ? 'failed' : 'running';
      return { name: `log:${name}`, state: shown, detail: facts.join(', '), hooks: [] };
    });
  }

  /** Records known to be lost since the start. */
  get lost(): number {
    let lost = this.#lostBefore;
    for (const { supervised } of this.#sources.values()) lost += supervised.counters.lost;
    return lost;
  }
}

function sourceOf(config: LogSourceConfig): LogSource {
  if (config.type === 'file') {
    return new FileSource(config, config.name === drillSource ? drillRescanMilliseconds : undefined);
  }
  if (config.type === 'journal') return new JournalSource(config);
  if (config.type === 'syslog') return new SyslogSource(config);
  return new WindowsSource(config);
}

function wordsOf(error: unknown): Bilingual {
  if (error instanceof LogsConfigError) return error.text;
  const words = error instanceof Error ? error.message : String(error);
  return { en: words, zh: words };
}

function configWarning(problem: Bilingual | undefined): WarningChange {
  return {
    code: 'logs-config',
    active: problem !== undefined,
    text: {
      en: `The configuration of logs cannot be used: ${problem?.en ?? ''}`,
      zh: `日志配置无法使用：${problem?.zh ?? ''}`,
    },
  };
}

function positionsLost(error: unknown): WarningChange {
  const words = error instanceof Error ? error.message : String(error);
  return {
    code: 'log-positions-lost',
    active: true,
    text: {
      en: `How far logs had been read is not known, so they are followed from their end on: ${words}`,
      zh: `日志读取位置已丢失，将从各日志末尾开始跟踪：${words}`,
    },
  };
}
