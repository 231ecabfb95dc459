/** `redoubt doctor`: what works on this host, and what each missing thing costs. */
import { existsSync } from 'node:fs';
import { type Command, flag, type Invocation } from '../command.ts';
import { examine } from '../doctor/all.ts';
import type { CheckResult, CheckState } from '../doctor/check.ts';
import { ExitCode } from '../exit.ts';
import { commonOptions } from '../options.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { pad, width } from '../output/width.ts';

const marks: Record<CheckState, { sign: string; style: 'green' | 'yellow' | 'red' | 'dim' }> = {
  ok: { sign: '✓', style: 'green' },
  limited: { sign: '!', style: 'yellow' },
  missing: { sign: '✗', style: 'red' },
  info: { sign: '·', style: 'dim' },
};

function resultLines(result: CheckResult, widest: number, output: Output): string[] {
  const { sign, style } = marks[result.state];
  const indent = ' '.repeat(widest + 4);
  const lines = [
    `${output.style(style, sign)} ${pad(output.say(result.name), widest)}  ${safe(output.say(result.found))}`,
  ];
  if (result.cost) lines.push(`${indent}${safe(output.say(result.cost))}`);
  if (result.remedy) lines.push(`${indent}→ ${safe(output.say(result.remedy))}`);
  return lines;
}

async function run({ options, output }: Invocation): Promise<number> {
  const results = await examine(existsSync('/var/lib/redoubt') ? '/var/lib/redoubt' : '/');
  const missing = results.filter(result => result.state === 'missing').length;
  const limited = results.filter(result => result.state === 'limited').length;
  if (flag(options, 'json')) output.json({ missing, limited, checks: results });
  else {
    const widest = Math.max(...results.map(result => width(output.say(result.name))));
    for (const result of results) output.print(...resultLines(result, widest, output));
    output.print(
      '',
      output.say({
        en: `${missing} missing, ${limited} limited, of ${results.length} checks`,
        zh: `共 ${results.length} 项检查：缺失 ${missing}，受限 ${limited}`,
      }),
    );
  }
  return missing > 0 ? ExitCode.failed : ExitCode.ok;
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary: { en: 'what works on this host, and what is missing', zh: '本机哪些功能可用，缺少什么' },
  usage: ['doctor [--json]'],
  details: {
    en: 'Looks, and changes nothing. Exits with 1 if the kernel sensor cannot run here.',
    zh: '只检查，不做更改。若内核传感器无法在此运行，则以 1 退出。',
  },
  options: commonOptions,
  examples: [{ line: 'doctor --lang zh', text: { en: 'in Chinese', zh: '以中文显示' } }],
  run,
};
