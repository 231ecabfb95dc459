/** Jails from YAML. Unknown keys and values out of range are refused with file, line and key. */
import type { EventKind } from '@redoubt/model';
import { parseNetwork } from '../../address/address.ts';
import { parseDuration } from '../../duration.ts';
import { YamlCursor } from '../../yaml/index.ts';
import type { EventFilter, Jail, LineFilter } from './jail.ts';

const jailKeys = [
  'name',
  'title',
  'enabled',
  'events',
  'lines',
  'find_time',
  'max_retries',
  'ban_time',
  'factor',
  'max_ban_time',
  'ports',
  'ignore',
  'count_by',
  'evidence',
] as const;
const eventKeys = [
  'kind',
  'status',
  'programs',
  'not_programs',
  'log',
  'codes',
  'paths',
  'not_messages',
  'once',
] as const;
const lineKeys = ['programs', 'files', 'match'] as const;

/** Kinds of events that name a stranger's address. */
const kinds = ['auth.logon', 'http.request', 'log.record', 'network.accept'] as const satisfies EventKind[];
const patternLimit = 2_000;
/** What `<ADDR>` stands for. What it catches must still be an address in full. */
const addressPattern = '(?<addr>[0-9A-Fa-f:.]{2,45})';

/**
 * Parses a jail.
 * @param file its name, for complaints
 * @throws YamlError with file, line and key
 */
export function parseJail(text: string, file: string): Jail {
  const top = YamlCursor.of(text, file);
  const keys = top.entries(jailKeys);
  const need = (name: (typeof jailKeys)[number]): YamlCursor =>
    keys.get(name) ?? top.fail(`the key "${name}" is missing`, `缺少键“${name}”`);
  const nameAt = need('name');
  const name = nameAt.text();
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name))
    nameAt.fail(
      `"${name}" must be lower-case letters, digits and hyphens, at most 31`,
      `“${name}”只能由小写字母、数字和连字符组成，最多 31 个字符`,
    );
  const titles = need('title').entries(['en', 'zh']);
  const en = (titles.get('en') ?? top.fail('the key "title.en" is missing', '缺少键“title.en”')).text();
  const events = keys.get('events')?.items().map(eventFilter) ?? [];
  const lines = keys.has('lines') ? lineFilter(need('lines')) : undefined;
  if (events.length === 0 && lines === undefined)
    top.fail('says neither "events" nor "lines"', '既没有“events”也没有“lines”');
  const banTime = duration(need('ban_time'));
  const maxAt = keys.get('max_ban_time');
  const maxBanTime = maxAt === undefined ? Math.max(banTime, 604_800_000) : duration(maxAt);
  if (maxBanTime < banTime) maxAt?.fail('is shorter than ban_time', '短于 ban_time');
  const countBy = keys.get('count_by')?.oneOf(['address', 'user'] as const) ?? 'address';
  return {
    name,
    title: { en, zh: titles.get('zh')?.text() ?? en },
    enabled: keys.get('enabled')?.boolean() ?? true,
    events,
    lines,
    findTime: duration(need('find_time')),
    maxRetries: need('max_retries').whole(1, 1_000),
    banTime,
    factor: keys.get('factor')?.whole(1, 100) ?? 1,
    maxBanTime,
    ports: portsOf(keys.get('ports')),
    ignore: (keys.get('ignore')?.items() ?? []).map(at => {
      const network = parseNetwork(at.text());
      return network ?? at.fail('is no address or network', '不是地址或网络');
    }),
    countBy,
    evidence: keys.get('evidence')?.boolean() ?? true,
    file,
  };
}

function eventFilter(at: YamlCursor): EventFilter {
  const keys = at.entries(eventKeys);
  const kind = (keys.get('kind') ?? at.fail('the key "kind" is missing', '缺少键“kind”')).oneOf(kinds);
  const status = keys.get('status')?.oneOf(['success', 'failure'] as const);
  const set = (name: (typeof eventKeys)[number]): ReadonlySet<string> | undefined => {
    const texts = keys.get(name)?.texts();
    return texts === undefined ? undefined : new Set(texts);
  };
  const programs = set('programs');
  const notPrograms = set('not_programs');
  const once = set('once');
  const log = keys.get('log')?.text();
  const codes = keys
    .get('codes')
    ?.items()
    .map(one => one.whole(100, 599));
  const paths = keys
    .get('paths')
    ?.items()
    .map(one => pattern(one, one.text()));
  const notMessages = keys.get('not_messages')?.texts();
  return {
    kind,
    ...(status !== undefined && { status: status === 'success' ? 1 : 2 }),
    ...(programs !== undefined && { programs }),
    ...(notPrograms !== undefined && { notPrograms }),
    ...(log !== undefined && { log }),
    ...(codes !== undefined && { codes: new Set(codes) }),
    ...(paths !== undefined && { paths }),
    ...(notMessages !== undefined && { notMessages }),
    ...(once !== undefined && { once }),
  };
}

function lineFilter(at: YamlCursor): LineFilter {
  const keys = at.entries(lineKeys);
  const match = keys.get('match') ?? at.fail('the key "match" is missing', '缺少键“match”');
  const programs = keys.get('programs')?.texts() ?? [];
  const files = keys.get('files')?.texts() ?? [];
  if (programs.length === 0 && files.length === 0)
    at.fail('says neither "programs" nor "files"', '既没有“programs”也没有“files”');
  const relative = files.find(file => !file.startsWith('/'));
  if (relative !== undefined)
    keys.get('files')?.fail(`"${relative}" must begin with /`, `“${relative}”必须以 / 开头`);
  return { programs: new Set(programs), files, patterns: match.items().map(linePattern) };
}

/** A line's pattern: anchored at both ends, so that what a client writes cannot stand in for the server's words. */
function linePattern(at: YamlCursor): RegExp {
  const text = at.text();
  if (!text.startsWith('^') || !text.endsWith('$') || text.endsWith('\\$'))
    at.fail('must begin with ^ and end with $', '必须以 ^ 开头、以 $ 结尾');
  if (text.split('<ADDR>').length !== 2) at.fail('must hold <ADDR> exactly once', '必须恰好包含一次 <ADDR>');
  return pattern(at, text.replace('<ADDR>', addressPattern));
}

function pattern(at: YamlCursor, source: string): RegExp {
  if (source.length > patternLimit)
    at.fail(`is longer than ${patternLimit} characters`, `超过 ${patternLimit} 个字符`);
  try {
    return new RegExp(source, 's');
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return at.fail(words, `正则表达式有误：${words}`);
  }
}

function duration(at: YamlCursor): number {
  const text = at.text();
  return (
    parseDuration(text) ??
    at.fail(`"${text}" is no time such as 10m, 1h, 7d`, `“${text}”不是 10m、1h、7d 这样的时长`)
  );
}

function portsOf(at: YamlCursor | undefined): readonly number[] | undefined {
  if (at === undefined) return undefined;
  const ports = at.items().map(one => one.whole(1, 65_535));
  if (ports.length === 0) at.fail('must not be empty', '不能为空');
  return [...new Set(ports)].sort((a, b) => a - b);
}
