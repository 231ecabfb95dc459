/** How the script judge says what it saw, in both languages. */
import type { Bilingual, Reason } from '@redoubt/model';
import type { PlacedFlow } from './judge.ts';
import type { Danger } from './tables/table.ts';
import { namedByRequest } from './taint/calls.ts';
import type { Step } from './taint/value.ts';

const dangers: Readonly<Record<Danger, Bilingual>> = {
  code: { en: 'runs it as code', zh: '将其作为代码执行' },
  command: { en: 'runs it as a system command', zh: '将其作为系统命令执行' },
  load: { en: 'loads and runs the file it names', zh: '加载并执行其指定的文件' },
  call: { en: 'calls the function it names', zh: '调用其指定的函数' },
  objects: { en: 'rebuilds objects from it', zh: '用其还原对象（反序列化）' },
  write: { en: 'writes it into a file that can be run', zh: '将其写入可执行的文件' },
};

const ways: Readonly<Record<string, Bilingual>> = {
  joined: { en: 'put together from pieces', zh: '由片段拼接' },
  replace: { en: 'made by replacing', zh: '经替换得到' },
  reverse: { en: 'written backwards', zh: '反向书写' },
  xor: { en: 'xored', zh: '异或' },
  complement: { en: 'inverted bit by bit', zh: '按位取反' },
  chr: { en: 'made of character codes', zh: '由字符编码组成' },
  cipher: { en: 'encrypted', zh: '加密' },
};

/** What a dangerous call does with what it is given. */
export function dangerWords(danger: Danger): Bilingual {
  return dangers[danger];
}

/** Ways of hiding, in words. */
export function wayWords(names: readonly string[]): Bilingual {
  const listed = names.map(name => ways[name] ?? { en: name, zh: name });
  return { en: listed.map(one => one.en).join(', '), zh: listed.map(one => one.zh).join('、') };
}

/** Text of a script is one character a byte; people read what the bytes say. */
function shown(name: string): string {
  return Buffer.from(name, 'latin1').toString('utf8').slice(0, 80);
}

function callName(call: string): Bilingual {
  return call === namedByRequest
    ? { en: 'a function that the request names', zh: '由请求指定名称的函数' }
    : { en: `${shown(call)}()`, zh: `${shown(call)}()` };
}

function stepWords({ kind, name, line }: Step): Bilingual {
  const what = shown(name);
  switch (kind) {
    case 'assigned':
      return { en: `${what} (line ${line})`, zh: `${what}（第 ${line} 行）` };
    case 'passed':
      return { en: `parameter ${what} (line ${line})`, zh: `参数 ${what}（第 ${line} 行）` };
    case 'decoded': {
      const way = wayWords([name]);
      return { en: `decoded: ${way.en} (line ${line})`, zh: `解码：${way.zh}（第 ${line} 行）` };
    }
    case 'given back':
      return { en: `returned by ${what} (line ${line})`, zh: `由 ${what} 返回（第 ${line} 行）` };
  }
}

/** Where a flow stands when it was found in a text that the script carries. */
function layerWords(layer: number): Bilingual {
  if (layer === 0) return { en: '', zh: '' };
  return { en: ` of the code it carries, layer ${layer}`, zh: `（所携带代码的第 ${layer} 层）` };
}

/** The one reason of a flow: its path, from the request to the call, by lines. */
export function reasonOf(flow: PlacedFlow): Reason {
  const where = layerWords(flow.layer);
  const call = callName(flow.call);
  if (flow.kind === 'carried code') {
    const way = wayWords(flow.ways);
    return {
      field: 'script.carried_code',
      value: flow.ways.join(' '),
      text: {
        en: `line ${flow.line}${where.en}: ${call.en} runs a text that the script carries encoded (${way.en})`,
        zh: `第 ${flow.line} 行${where.zh}：${call.zh} 执行脚本中编码隐藏的文本（${way.zh}）`,
      },
    };
  }
  if (flow.kind === 'concealed call') {
    const way = wayWords(flow.ways);
    return {
      field: 'script.concealed_call',
      value: flow.call,
      text: {
        en: `line ${flow.line}${where.en}: the name of ${call.en} is hidden (${way.en})`,
        zh: `第 ${flow.line} 行${where.zh}：${call.zh} 的名称被隐藏（${way.zh}）`,
      },
    };
  }
  const { source, steps } = flow.taint;
  const danger = dangerWords(flow.danger);
  const start = {
    en: `${shown(source.name)} (${source.words.en}, line ${source.line})`,
    zh: `${shown(source.name)}（${source.words.zh}，第 ${source.line} 行）`,
  };
  const told = steps.map(stepWords);
  const path = (language: 'en' | 'zh'): string =>
    [start[language], ...told.map(one => one[language]), `${call[language]} (${flow.line})`].join(' → ');
  return {
    field: 'script.path',
    value: `${shown(source.name)}:${source.line} → ${flow.call}:${flow.line}`,
    text: {
      en: `${path('en')}${where.en}: ${danger.en}`,
      zh: `${path('zh')}${where.zh}：${danger.zh}`,
    },
  };
}
