/** A ladder that is climbed in the stand-in: preview, step, confirm, undo, as the agent answers them. */
import type { ServerResponse } from 'node:http';
import type {
  PreviewMessage,
  ProtectionItem,
  ProtectionsAnswer,
  StepBody,
  StepPreview,
} from '@redoubt/agent/page';

const steps = ['observe', 'audit', 'enforce'] as const;

/** What a step of the stand-in would do: three groups of ten thousand events. */
export function previewOf(
  item: ProtectionItem,
  rung: StepPreview['policy']['rung'],
  now: number,
): StepPreview {
  const group = (key: string, count: number, en: string, zh: string) => ({
    key,
    subject: { en: `${en} ${key}`, zh: `${zh} ${key}` },
    count,
    first_time: now - 86_000_000,
    last_time: now - 600_000,
    proposal: { en: `allow ${key}`, zh: `允许 ${key}` },
  });
  return {
    id: 'preview-1',
    protection: item.name,
    policy: { rung, settings: {} },
    revision: item.revision,
    made: now,
    changes: [
      { kind: 'add', text: { en: 'a gate before /, /srv and /tmp', zh: '在 /、/srv 与 /tmp 前设置关卡' } },
      { kind: 'keep', text: { en: 'two signed catalogs', zh: '两个签名目录' } },
    ],
    impact: {
      from: now - 86_400_000,
      to: now,
      examined: 10_000,
      blocked: 43,
      groups: [
        group('/usr/local/bin/backup-to-the-other-data-centre', 41, 'runs of', '运行'),
        group('/tmp/installer', 2, 'runs of', '运行'),
      ],
      more_groups: 1,
      unreadable: 0,
      limits: [{ en: 'Libraries that programs load are not judged.', zh: '不判断程序加载的库。' }],
    },
  };
}

/** The protections of one stand-in, which can be stepped. */
export class StandInLadder {
  #items: ProtectionItem[];

  constructor({ items }: ProtectionsAnswer) {
    this.#items = items;
  }

  get answer(): ProtectionsAnswer {
    return { items: this.#items };
  }

  /** Does what a request asks; undefined for what is not here. */
  change(name: string, what: string, body: StepBody): ProtectionItem | undefined {
    const item = this.#items.find(one => one.name === name);
    if (item === undefined) return undefined;
    const { trial, previous, fell, ...kept } = item;
    const next: Record<string, () => ProtectionItem> = {
      step: () => ({
        ...kept,
        policy: { ...item.policy, rung: body.rung },
        previous: item.policy,
        ...(body.confirm_within !== undefined && {
          trial: { deadline: Date.now() + body.confirm_within * 1000, back: item.policy },
        }),
      }),
      confirm: () => ({ ...kept, ...(previous && { previous }) }),
      undo: () => ({ ...kept, policy: previous ?? item.policy }),
    };
    const changed = next[what]?.();
    if (changed === undefined) return undefined;
    const told = { ...changed, revision: item.revision + 1, since: Date.now(), by: 'console' };
    this.#items = this.#items.map(one => (one === item ? told : one));
    return told;
  }

  /** Streams a preview, line by line. */
  preview(name: string, rung: (typeof steps)[number], response: ServerResponse): void {
    const item = this.#items.find(one => one.name === name);
    response.writeHead(200, { 'content-type': 'application/jsonl', 'cache-control': 'no-store' });
    const send = (message: PreviewMessage): unknown => response.write(`${JSON.stringify(message)}\n`);
    for (const events of [2_000, 6_000, 10_000]) send({ progress: { events } });
    if (item) send({ preview: previewOf(item, rung, Date.now()) });
    response.end();
  }
}
