/** `redoubt evidence search`. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import {
  indicatorsOfIncident,
  parseIndicators,
  recordedIncident,
  type SearchHit,
  searchHost,
} from '@redoubt/prove/evidence';
import { flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { timeOption } from '../options.ts';
import { fileFailure, writeNew } from '../output/new-file.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { dateTime } from '../output/values.ts';
import { explained } from './failures.ts';
import { recordFolder, requireRecord } from './plan.ts';

const week = 7 * 86_400_000;
const folders = ['/tmp', '/var/tmp', '/dev/shm', '/usr/local', '/opt'];

function wantedOf(invocation: Invocation) {
  const incident = textOption(invocation.options, 'incident');
  const file = textOption(invocation.options, 'indicators');
  if ((incident === undefined) === (file === undefined)) {
    throw new CommandError(ExitCode.usage, {
      en: 'Say what to search for: --incident UID or --indicators FILE',
      zh: '请指定搜索内容：--incident 编号 或 --indicators 文件',
    });
  }
  if (incident !== undefined)
    return indicatorsOfIncident(recordedIncident(requireRecord(invocation), incident));
  let text: string;
  try {
    text = readFileSync(file ?? '', 'utf8');
  } catch (error) {
    throw fileFailure(file ?? '', error);
  }
  return parseIndicators(text, file ?? '');
}

/** Searches this host. Exits with 1 when something was found. */
export async function search(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  return explained(async () => {
    const wanted = wantedOf(invocation);
    const file = textOption(options, 'export');
    if (file !== undefined) writeNew(file, `${JSON.stringify(wanted, undefined, 1)}\n`);
    const named = textOptions(options, 'path');
    const record = recordFolder(invocation);
    const troubles: { place: string; why: string }[] = [];
    const hits: SearchHit[] = [];
    const found = searchHost(wanted, {
      ...(record !== undefined && { record }),
      from: timeOption(options, 'since', Date.now()) ?? Date.now() - week,
      folders: named.length > 0 ? named : folders,
      onTrouble: (place, why) => troubles.push({ place, why }),
      onProgress: (place, count) => count % 256 === 0 && output.status(`${safe(place)}  ${count}`),
    });
    for await (const hit of found) hits.push(hit);
    output.status('');
    if (flag(options, 'json')) output.json({ host: hostname(), indicators: wanted, hits, troubles });
    else {
      for (const { place, why } of troubles.slice(0, 20))
        output.remark({ en: `${safe(place)}: ${safe(why)}`, zh: `${safe(place)}：${safe(why)}` });
      if (hits.length === 0) output.print(output.say({ en: 'Nothing was found.', zh: '未发现。' }));
      else {
        const headings = output
          .say({ en: 'WHERE|TIME|INDICATOR|WHAT', zh: '位置|时间|指标|内容' })
          .split('|');
        output.print(
          ...table(
            headings.map((heading, at) => ({ heading, ...(at === 3 && { elastic: true as const }) })),
            hits.map(({ where, time, indicator, subject }) => [
              where,
              time === undefined ? '' : dateTime(time),
              safe(indicator),
              safe(subject),
            ]),
            output.columns,
          ),
        );
      }
    }
    return hits.length > 0 ? ExitCode.failed : ExitCode.ok;
  });
}
