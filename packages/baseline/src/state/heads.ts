/**
 * The newest signed state of each collector, noted beside the states and by the agent: who deletes the newest state,
 * so that an older one counts again, is noticed.
 */
import { readFile } from 'node:fs/promises';
import { StateError } from './error.ts';
import { torn } from './format.ts';
import { writeWhole } from './write-whole.ts';

/** A noted state. */
export interface Head {
  readonly generation: number;
  readonly sha256: string;
}

/** A file of heads. */
export class Heads {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** @throws StateError `torn` */
  async all(): Promise<Record<string, Head>> {
    const text = await readFile(this.file, 'utf8').catch(error => {
      if (error.code === 'ENOENT') return '{}';
      throw error;
    });
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null) return value as Record<string, Head>;
    } catch (error) {
      throw torn(this.file, 'it is no JSON', '不是 JSON', error);
    }
    throw torn(this.file, 'it is no JSON object', '不是 JSON 对象');
  }

  async of(collector: string): Promise<Head | undefined> {
    return (await this.all())[collector];
  }

  /** Notes a state as the newest. @returns whether it was not noted yet. @throws StateError `write` */
  async note(collector: string, head: Head): Promise<boolean> {
    const all = await this.all();
    const before = all[collector];
    if (before?.generation === head.generation && before.sha256 === head.sha256) return false;
    await writeWhole(this.file, `${JSON.stringify({ ...all, [collector]: head })}\n`);
    return true;
  }

  /**
   * Refuses a state that is not the newest that was noted.
   * @param state the newest that is there; undefined when there is none
   * @throws StateError `missing` when a newer one is gone, `digest` when another stands in its place
   */
  async require(collector: string, state: Head | undefined): Promise<void> {
    const head = await this.of(collector);
    if (head === undefined || (state !== undefined && state.generation > head.generation)) return;
    if (state === undefined || state.generation < head.generation)
      throw new StateError('missing', {
        en: `the newest golden state of ${collector} is gone: number ${head.generation}, ${head.sha256}, noted in ${this.file}; an older one does not count. Bring it back, or make one anew: redoubt baseline create ${collector}`,
        zh: `${collector} 的最新黄金状态已消失：第 ${head.generation} 代，${head.sha256}（记录于 ${this.file}）；较旧的状态无效。请找回它，或重新创建：redoubt baseline create ${collector}`,
      });
    if (state.sha256 !== head.sha256)
      throw new StateError('digest', {
        en: `golden state number ${head.generation} of ${collector} is not the one noted in ${this.file}`,
        zh: `${collector} 的第 ${head.generation} 代黄金状态与 ${this.file} 中的记录不符`,
      });
  }
}
