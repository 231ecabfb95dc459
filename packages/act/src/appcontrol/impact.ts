/** What application control would have denied in a past period, grouped by program and owner, with a rule for each. */
import { closeSync, constants, openSync } from 'node:fs';
import type { Impact, ImpactGroup } from '@redoubt/model';
import type { Period } from '../ladder/protection.ts';
import { type AppDecision, type JudgeSources, judgeProgram } from './judge.ts';
import type { AppControlSettings, AppRule } from './settings.ts';

/** Groups that are told; the rest is counted. */
const groupsTold = 500;
/** Different programs that are looked at in one period; further ones are counted as not judged. */
const programsJudged = 20_000;

interface Group {
  readonly path: string;
  readonly decision: AppDecision | undefined;
  count: number;
  first: number;
  last: number;
  sequence: number;
}

/**
 * Goes through the recorded starts of programs. Each program is judged as it lies on the disk now: the record has the
 * path of every start, but not always its content.
 */
export async function appControlImpact(
  settings: AppControlSettings,
  { reader, from, to, signal, onProgress }: Period,
  sources: JudgeSources,
): Promise<Impact> {
  const groups = new Map<string, Group>();
  let examined = 0;
  let gone = 0;
  let unreadable = 0;
  let elsewhere = 0;
  const events = reader.events({
    from,
    to,
    kinds: ['process.exec'],
    signal,
    onDamage: ({ count }) => {
      unreadable += count;
    },
  });
  for await (const event of events) {
    examined++;
    if (examined % 1000 === 0) onProgress(examined);
    const path = event.get('process.file.path');
    if (typeof path !== 'string' || event.get('process.container.uid') !== undefined) {
      elsewhere++;
      continue;
    }
    let group = groups.get(path);
    if (group === undefined) {
      if (groups.size >= programsJudged) {
        elsewhere++;
        continue;
      }
      const decision = await judgedNow(path, settings, sources);
      const { time, sequence } = event;
      group = { path, decision, count: 0, first: time, last: time, sequence };
      groups.set(path, group);
    }
    group.count++;
    group.last = event.time;
    if (group.decision === undefined) gone++;
  }
  const denied = [...groups.values()]
    .filter(({ decision }) => decision?.allow === false)
    .sort((a, b) => b.count - a.count);
  return {
    from,
    to,
    examined,
    blocked: denied.reduce((sum, { count }) => sum + count, 0),
    groups: denied.slice(0, groupsTold).map(groupOf),
    more_groups: Math.max(denied.length - groupsTold, 0),
    unreadable,
    limits: [
      {
        en: `programs were judged as they lie on the disk now; ${gone} starts of programs that are gone or cannot be read, and ${elsewhere} starts in containers or beyond what is looked at, were not judged`,
        zh: `程序按磁盘上的现状判断；已不存在或无法读取的程序的 ${gone} 次启动，以及容器内或超出范围的 ${elsewhere} 次启动未作判断`,
      },
      {
        en: 'a script that is handed to an interpreter as an argument is not seen: only the interpreter is judged',
        zh: '以参数形式交给解释器的脚本不可见：只判断解释器本身',
      },
    ],
  };
}

async function judgedNow(
  path: string,
  settings: AppControlSettings,
  sources: JudgeSources,
): Promise<AppDecision | undefined> {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
  try {
    return await judgeProgram(fd, path, settings, sources);
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

function groupOf({ path, decision, count, first, last, sequence }: Group): ImpactGroup {
  const { owner = 0, text, sha256 = '' } = decision ?? {};
  return {
    key: `${owner} ${path}`,
    subject: {
      en: `${path} (owner ${owner}): ${text?.en ?? ''}`,
      zh: `${path}（所有者 ${owner}）：${text?.zh ?? ''}`,
    },
    count,
    first_time: first,
    last_time: last,
    sequence,
    ...proposed(path, owner, sha256),
  };
}

/** Root's programs by place, since packages and administrators change them; anybody else's by content. */
export function proposed(
  path: string,
  owner: number,
  sha256: string,
): Required<Pick<ImpactGroup, 'proposal' | 'rule'>> {
  const rule: AppRule = owner === 0 ? { action: 'allow', path, owner } : { action: 'allow', path, sha256 };
  return {
    rule,
    proposal:
      owner === 0
        ? { en: `allow ${path} while root owns it`, zh: `在 root 拥有时允许 ${path}` }
        : {
            en: `allow ${path} with this content (${sha256.slice(0, 16)}…)`,
            zh: `仅允许当前内容的 ${path}（${sha256.slice(0, 16)}…）`,
          },
  };
}
