/** The script judge as an engine of the scan. */
import type { Bilingual } from '@redoubt/model';
import { type Engine, type EngineFinding, EngineLimit } from '../engine.ts';
import type { Subject } from '../subject.ts';
import { type Judged, judgeLimits, judgeScript } from './judge.ts';
import { languageOf, type ScriptLanguage } from './language.ts';
import { type WeighedFlow, weighed } from './verdict.ts';
import { reasonOf } from './words.ts';

const name = 'script';
/** Grows with every change of tables or of weighing. */
const version = '1';
const shownReasons = 8;

const languageNames: Readonly<Record<ScriptLanguage, string>> = {
  php: 'PHP',
  javascript: 'JavaScript',
  python: 'Python',
  shell: 'Shell',
};

const techniques: Readonly<Record<string, readonly string[]>> = {
  'carried-code': ['attack.defense-evasion', 'attack.t1027'],
  'concealed-call': ['attack.defense-evasion', 'attack.t1027'],
};
const webShell = ['attack.persistence', 'attack.t1505.003'];

const stops: Readonly<Record<string, Bilingual>> = {
  characters: { en: 'it is too long', zh: '脚本过长' },
  nodes: { en: 'it has too many parts', zh: '语法成分过多' },
  depth: { en: 'it is nested too deeply', zh: '嵌套过深' },
  milliseconds: { en: 'reading it takes too long', zh: '解析耗时过长' },
  steps: { en: 'there is too much to follow in it', zh: '需跟踪的步骤过多' },
  layers: { en: 'it carries too many layers of code', zh: '携带代码的层数过多' },
};

/** Makes the engine. Grammars are loaded when the first script is met. */
export function makeScriptJudge(): Engine {
  return { name, version, wants: 'bytes', accepts: isScript, scan };
}

/** Whether the content may be a script that the judge reads. */
function isScript(subject: Subject): boolean {
  return languageFor(subject) !== undefined;
}

function languageFor(subject: Subject): ScriptLanguage | undefined {
  // A picture or an archive may carry PHP too: what is told from the bytes decides, not the kind.
  if (subject.kind === 'empty' || subject.kind === 'elf' || subject.kind === 'pe') return undefined;
  const start = subject.bytes().toString('latin1', 0, 65_536);
  const language = languageOf(subject.members.at(-1) ?? subject.path, start);
  // Three bytes such as `<?=` stand in any archive by chance.
  const readable = subject.kind === 'script' || subject.kind === 'text' || /<\?php\s/i.test(start);
  return readable ? language : undefined;
}

async function scan(subject: Subject): Promise<readonly EngineFinding[]> {
  const language = languageFor(subject);
  if (language === undefined) return [];
  const judged = await judgeScript(subject.bytes().toString('latin1'), language, judgeLimits);
  const findings = findingsOf(judged);
  const stop = judged.stopped;
  if (findings.length === 0 && stop !== undefined) {
    const words = `the script was not judged to its end: ${stops[stop]?.en ?? stop} (limit: ${stop})`;
    throw stop === 'milliseconds' ? new Error(words) : new EngineLimit(words);
  }
  return findings;
}

/** The findings of a judged script: one of each kind of path, the gravest first. */
export function findingsOf({ flows, language }: Judged): EngineFinding[] {
  const groups = Map.groupBy(
    flows.map(weighed).filter(one => one !== undefined),
    one => `${one.judgement} ${one.signature}`,
  );
  return Array.from(groups.values(), group => finding(group, language)).toSorted(
    (a, b) => (b.confidence ?? 0) - (a.confidence ?? 0),
  );
}

function finding(group: readonly WeighedFlow[], language: ScriptLanguage): EngineFinding {
  const [first] = group;
  const signature = first?.signature ?? '';
  return {
    engine: name,
    judgement: first?.judgement ?? 'suspicious',
    signature: `${language}.${signature}`,
    title: titleOf(signature, languageNames[language], first?.judgement === 'malicious'),
    reasons: group.slice(0, shownReasons).map(one => reasonOf(one.flow)),
    confidence: Math.max(...group.map(one => one.confidence)),
    tags: techniques[signature] ?? webShell,
  };
}

function titleOf(signature: string, language: string, certain: boolean): Bilingual {
  if (signature === 'carried-code')
    return {
      en: `${language} script runs code that it carries encoded`,
      zh: `${language} 脚本执行其编码携带的代码`,
    };
  if (signature === 'concealed-call')
    return { en: `${language} script hides which function it calls`, zh: `${language} 脚本隐藏所调用的函数` };
  return certain
    ? {
        en: `Web shell: ${language} script runs what a request tells it to`,
        zh: `Webshell：${language} 脚本执行请求所指定的内容`,
      }
    : {
        en: `${language} script lets a request into a dangerous call`,
        zh: `${language} 脚本让请求数据进入危险调用`,
      };
}
