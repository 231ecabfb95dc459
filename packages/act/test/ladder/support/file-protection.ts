/** A protection whose whole effect is a file, so that a test can see what is in force, also after a crash. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Health, Policy } from '@redoubt/model';
import { LadderError, type Protection } from '../../../src/index.ts';

export interface Names {
  readonly names: readonly string[];
}

/** What a test may make go wrong. */
export interface Troubles {
  apply?: ((policy: Policy) => void) | undefined;
  health?: (() => Health) | undefined;
  /** Called between the two halves of an apply. */
  half?: (() => void) | undefined;
}

/** The file says what is blocked: first line the rung, then the names. Absent means nothing is in force. */
export function fileProtection(folder: string, troubles: Troubles = {}): Protection<Names> {
  const path = join(folder, 'in-force');
  return {
    name: 'names',
    title: { en: 'Names', zh: '名称' },
    describe: () => ({ en: 'Blocks names.', zh: '阻断名称。' }),
    defaults: { names: [] },
    parse(settings) {
      const { names } = settings as { names?: unknown };
      if (!Array.isArray(names) || !names.every(name => typeof name === 'string'))
        throw new LadderError('bad_settings', { en: '"names" must be a list', zh: '“names”应为列表' });
      return { names };
    },
    async plan({ settings }) {
      return settings.names.map(name => ({ kind: 'add', text: { en: `block ${name}`, zh: `阻断 ${name}` } }));
    },
    async wouldBlock({ names }, { reader, from, to }) {
      let examined = 0;
      let blocked = 0;
      for await (const event of reader.events({ from, to })) {
        examined++;
        if (names.includes(String(event.get('process.name')))) blocked++;
      }
      return { from, to, examined, blocked, groups: [], more_groups: 0, unreadable: 0, limits: [] };
    },
    async apply(policy) {
      troubles.apply?.(policy);
      if (policy.rung === 'observe') {
        rmSync(path, { force: true });
        return;
      }
      writeFileSync(path, `${policy.rung}\n`);
      troubles.half?.();
      writeFileSync(path, `${policy.rung}\n${policy.settings.names.join('\n')}\n`);
    },
    health: async () => troubles.health?.() ?? { healthy: true, reasons: [] },
    async undo() {
      rmSync(path, { force: true });
    },
  };
}

/** What is in force: the rung and the names. */
export function inForce(folder: string): string {
  const path = join(folder, 'in-force');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').join(' ') : 'observe';
}
