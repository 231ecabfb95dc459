/** Steps of the story in words: who, from where, did what, on which asset. */
import type { Bilingual, Event } from '@redoubt/model';
import { valueAt } from '@redoubt/model';
import { addressOf } from '../correlate/address.ts';
import type { Names } from '../correlate/directory.ts';
import { isPrivileged } from '../correlate/identity.ts';
import type { Facts } from './facts.ts';

/** Objects named in one sentence. */
const objectLimit = 6;
const longestObject = 160;

interface Deed {
  readonly en: string;
  readonly zh: string;
}

const deeds: Readonly<Record<string, Deed>> = {
  'process.exec': { en: 'started', zh: '启动了' },
  'file.create': { en: 'created', zh: '创建了' },
  'file.read': { en: 'read', zh: '读取了' },
  'file.write': { en: 'changed', zh: '修改了' },
  'file.truncate': { en: 'emptied', zh: '清空了' },
  'file.unlink': { en: 'deleted', zh: '删除了' },
  'file.rename': { en: 'renamed', zh: '重命名了' },
  'file.chmod': { en: 'changed the permissions of', zh: '更改了权限：' },
  'file.chown': { en: 'changed the owner of', zh: '更改了属主：' },
  'file.link': { en: 'linked', zh: '链接了' },
  'file.symlink': { en: 'linked', zh: '链接了' },
  'file.mount': { en: 'mounted', zh: '挂载了' },
  'network.connect': { en: 'connected to', zh: '连接到' },
  'network.accept': { en: 'was connected to by', zh: '接受了来自以下地址的连接：' },
  'network.udp_send': { en: 'sent to', zh: '发送数据到' },
  'network.traffic': { en: 'exchanged data with', zh: '通信对端为' },
  'dns.query': { en: 'asked for the name', zh: '查询了域名' },
  'dns.answer': { en: 'resolved the name', zh: '解析了域名' },
  'auth.logon': { en: 'logged on', zh: '登录' },
  'auth.ticket': { en: 'asked for a Kerberos ticket', zh: '请求了 Kerberos 票据' },
  'auth.service_ticket': {
    en: 'asked for Kerberos tickets of the services',
    zh: '请求了以下服务的 Kerberos 票据：',
  },
  'script.run': { en: 'ran a script', zh: '运行了脚本' },
  'job.create': { en: 'created the scheduled job', zh: '创建了计划任务' },
  'kernel.module_load': { en: 'loaded the kernel module', zh: '加载了内核模块' },
  'http.request': { en: 'requested', zh: '请求了' },
  'account.create': { en: 'created an account', zh: '创建了账号' },
  'log.clear': { en: 'cleared a log', zh: '清除了日志' },
};

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longestObject ? `${line.slice(0, longestObject)}…` : line;
}

/** What was done to, as one finding has it. */
export function objectOf(kind: string, facts: Facts, event: unknown): string | undefined {
  const at = (path: string): string | undefined => {
    const value = valueAt(event, path);
    return typeof value === 'string' || typeof value === 'number' ? cut(String(value)) : undefined;
  };
  if (kind === 'process.exec') return cut(facts.commandLine || facts.program || '') || undefined;
  if (kind.startsWith('file.') || kind.startsWith('kernel.module'))
    return at('file.path') ?? at('driver.file.path');
  if (kind.startsWith('dns.')) return at('query.hostname');
  if (kind === 'auth.service_ticket') return at('service.name');
  if (kind === 'job.create') return at('job.name');
  if (kind === 'http.request') return at('http_request.url.path') ?? at('http_request.url.url_string');
  if (kind === 'network.accept') return addressOf(at('src_endpoint.ip')) ?? at('src_endpoint.ip');
  if (kind.startsWith('network.')) {
    const ip = at('dst_endpoint.ip');
    const port = at('dst_endpoint.port');
    return ip === undefined ? undefined : port === undefined ? ip : `${ip}:${port}`;
  }
  return undefined;
}

function listed(objects: readonly string[]): Bilingual {
  const shown = objects.slice(0, objectLimit);
  const more = objects.length - shown.length;
  return {
    en: shown.join(', ') + (more > 0 ? ` and ${more} more` : ''),
    zh: shown.join('、') + (more > 0 ? ` 等 ${objects.length} 项` : ''),
  };
}

/** Who did it: the account, the program that it used, and where from. */
function subject(facts: Facts, kind: string, names: Names): Bilingual {
  const written = facts.accounts[0]?.name;
  const account = written === undefined ? undefined : (names.accountOf(written) ?? written);
  const name = facts.program
    ?.slice(facts.program.lastIndexOf('/') + 1)
    .slice(facts.program.lastIndexOf('\\') + 1);
  const program = kind === 'process.exec' ? undefined : name;
  const who = account ?? program;
  const address = kind.startsWith('network.') || kind.startsWith('dns.') ? undefined : facts.address;
  const from = addressOf(address) ?? address;
  const en = [
    who ?? 'Someone',
    account !== undefined && program ? `(${program})` : '',
    from ? `from ${from}` : '',
  ];
  const zh = [
    who ?? '有人',
    account !== undefined && program ? `（${program}）` : '',
    from ? `从 ${from}` : '',
  ];
  return { en: en.filter(Boolean).join(' '), zh: zh.filter(Boolean).join('') };
}

function place(facts: Facts): Bilingual {
  if (facts.hostname === undefined) return { en: '', zh: '' };
  const container = facts.container?.slice(0, 40);
  return {
    en: container ? ` in container ${container} on ${facts.hostname}` : ` on ${facts.hostname}`,
    zh: container ? `在 ${facts.hostname} 的容器 ${container} 中` : `在 ${facts.hostname} 上`,
  };
}

/**
 * The sentence of a step.
 * @param facts of its first finding
 * @param title of the rule
 * @param objects different things that it was done to
 * @param names for what the finding knows by numbers only
 */
export function sentenceOf(
  facts: Facts,
  title: Bilingual,
  objects: readonly string[],
  names: Names,
): Bilingual {
  const who = subject(facts, facts.kind, names);
  const where = place(facts);
  const deed = deeds[facts.kind];
  const what = listed(objects);
  if (deed === undefined) {
    const colon = who.en === 'Someone' ? { en: 'seen', zh: '发现' } : who;
    return {
      en: `${capital(colon.en)}${where.en}: ${title.en}`,
      zh: `${spaced(colon.zh + where.zh)}：${title.zh}`,
    };
  }
  const object =
    objects.length === 0
      ? { en: '', zh: '' }
      : { en: ` ${what.en}`, zh: deed.zh.endsWith('：') ? what.zh : ` ${what.zh}` };
  return {
    en: `${capital(who.en)}${where.en} ${deed.en}${object.en}: ${title.en}`,
    zh: `${spaced(who.zh + where.zh)}${deed.zh}${object.zh}：${title.zh}`,
  };
}

function capital(text: string): string {
  // A name is written as it is; only a word of ours begins a sentence.
  return text === 'seen' ? 'Seen' : text;
}

/** Chinese text sets a Latin word apart by a space. */
function spaced(text: string): string {
  return text.replace(/([\w$])(\p{Script=Han})/gu, '$1 $2');
}

/** The sentence of an event that no rule found remarkable, but that belongs to the story. */
export function sentenceOfEvent(event: Event): Bilingual {
  const kind = event.metadata.event_code;
  const host = event.device?.hostname;
  const onEn = host === undefined ? '' : ` on ${host}`;
  const onZh = host === undefined ? '' : `在 ${host} `;
  const ip = addressOf(event.src_endpoint?.ip) ?? event.src_endpoint?.ip;
  const fromEn = ip === undefined ? '' : ` from ${ip}`;
  const fromZh = ip === undefined ? '' : `从 ${ip} `;
  const user = event.user?.name ?? event.actor?.user?.name ?? event.actor?.process.user?.name;
  if (kind === 'auth.logon') {
    const failed = event.status_id === 2;
    const who = user ?? 'someone';
    return {
      en: `${who} ${failed ? 'failed to log on' : 'logged on'}${host === undefined ? '' : ` to ${host}`}${fromEn}`,
      zh: spaced(`${user ?? '有人'}${fromZh}${onZh}${failed ? '登录失败' : '登录'}`),
    };
  }
  const process = kind === 'process.exec' ? event.process : event.actor?.process;
  const program = process?.name ?? process?.file?.path ?? '';
  if (kind === 'network.accept') {
    return {
      en: `${program || 'A service'} took a connection${fromEn}${onEn}`,
      zh: `${program || '服务'}${onZh}接受了连接${ip === undefined ? '' : `，来自 ${ip}`}`,
    };
  }
  const command = cut(process?.cmd_line ?? program);
  const by = process?.user?.name ?? user ?? '';
  const note = isPrivileged(by, process?.user?.uid)
    ? { en: ' (privileged)', zh: '（特权账号）' }
    : { en: '', zh: '' };
  return {
    en: `${by === '' ? 'Someone' : by}${note.en}${onEn} started ${command}`,
    zh: spaced(`${by === '' ? '有人' : by}${note.zh}${onZh}启动了 ${command}`),
  };
}
