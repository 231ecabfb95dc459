/** A sighting as a judgement, in words that a person can check. */
import type { Bilingual, Event, EventView, Reason } from '@redoubt/model';
import type { Match } from '../../finding/build.ts';
import type { Header, Level } from '../../sigma/ast.ts';
import type { IndicatorKind } from '../kinds.ts';
import type { Indicator } from '../set/indicator-set.ts';
import type { Sighting } from './sighter.ts';

interface KindWords {
  readonly title: Bilingual;
  readonly tactic: string;
  /** Clause of MLPS 2.0 level 3: intrusion prevention at the boundary, or malicious code on the host. */
  readonly clause: string;
}

const network = { tactic: 'command-and-control', clause: '8.1.3.3' };
const address: KindWords = {
  ...network,
  title: { en: 'Traffic with an address known to intelligence', zh: '与威胁情报中的地址通信' },
};
const domain: KindWords = {
  ...network,
  title: { en: 'Use of a domain known to intelligence', zh: '访问威胁情报中的域名' },
};
const fingerprint: KindWords = {
  ...network,
  title: { en: 'TLS client with a fingerprint known to intelligence', zh: 'TLS 客户端指纹命中威胁情报' },
};
const certificate: KindWords = {
  ...network,
  title: { en: 'TLS server with a certificate known to intelligence', zh: 'TLS 服务器证书命中威胁情报' },
};
const file: KindWords = {
  tactic: 'execution',
  clause: '8.1.4.5',
  title: { en: 'A file known to intelligence', zh: '文件命中威胁情报' },
};

const wordsByKind: Readonly<Record<IndicatorKind, KindWords>> = {
  md5: file,
  sha1: file,
  sha256: file,
  certificate_sha1: certificate,
  certificate_sha256: certificate,
  ipv4: address,
  ipv6: address,
  domain,
  domain_tree: domain,
  url: { ...network, title: { en: 'Request of a URL known to intelligence', zh: '请求威胁情报中的 URL' } },
  ja3: fingerprint,
  ja4: fingerprint,
};

const advice: Bilingual = {
  en: 'Look at the process that did it and at what started it. If the sighting is right, isolate the host and look for the same indicator on the others; if it is not, exclude the indicator at its source.',
  zh: '查看触发该行为的进程及其启动来源。若情况属实，请隔离主机并在其他主机上检索同一指标；若为误报，请在情报源处排除该指标。',
};
const falsePositives: Bilingual = {
  en: 'Shared hosting, content delivery networks and addresses that have changed hands since they were listed.',
  zh: '共享主机、内容分发网络，以及列入情报后已易主的地址。',
};

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** What tells one finding of an indicator from another: the indicator and the process, or the host it came from. */
export function dedupKeyOf(indicator: Indicator, view: EventView): string {
  const subject =
    view.get('actor.process.uid') ??
    view.get('process.uid') ??
    view.get('src_endpoint.ip') ??
    view.get('device.hostname') ??
    '';
  return `intelligence|${indicator.kind}|${indicator.value}|${String(subject)}`;
}

/** The analytic that findings of a source count under. */
export function ruleUidOf(indicator: Indicator): string {
  return `intelligence:${indicator.source}`;
}

/**
 * The match of sightings of one indicator in one event, which several sources may have listed.
 * @param sightings the most trusted first
 * @param event undefined when it is not at hand
 */
export function matchOf(
  sightings: readonly [Sighting, ...Sighting[]],
  event: Event | undefined,
  dedupKey: string,
): Match {
  const [{ indicator, time }] = sightings;
  return {
    rule: headerOf(indicator, sightings),
    event,
    reasons: sightings.map(reasonOf),
    dedupKey,
    firstSeen: time,
    lastSeen: time,
    events: 1,
    correlated: false,
  };
}

function headerOf(indicator: Indicator, sightings: readonly Sighting[]): Header {
  const { title, tactic, clause } = wordsByKind[indicator.kind];
  const labels = sightings.flatMap(sighting => sighting.indicator.labels);
  const tagged = [...new Set(labels.filter(label => /^attack\./.test(label)))];
  const said = indicator.description === '' ? '' : `: ${indicator.description}`;
  const named = `${indicator.value}${said}`;
  return {
    uid: ruleUidOf(indicator),
    title: title.en,
    description: `${indicator.source} lists ${named}`,
    level: levelOf(indicator),
    tags: tagged.length > 0 ? tagged : [`attack.${tactic}`],
    falsepositives: [],
    extension: {
      title_zh: title.zh,
      description_zh: `情报源 ${indicator.source} 列有 ${named}`,
      advice,
      false_positives: falsePositives,
      reasons: {},
      mlps: [clause],
      dedup: [],
    },
    place: { file: indicator.source, line: 1, column: 1 },
  };
}

/** By confidence, in the bands of STIX's low, medium and high. */
function levelOf({ confidence }: Indicator): Level {
  if (confidence >= 70) return 'high';
  if (confidence >= 30) return 'medium';
  return confidence > 0 ? 'low' : 'informational';
}

function reasonOf({ indicator, field, words, value, isEarly }: Sighting): Reason {
  const { source, confidence, labels, description, validFrom, validUntil } = indicator;
  const isWider = value !== indicator.value;
  const until = validUntil === undefined ? ['no end', '长期'] : [day(validUntil), day(validUntil)];
  const plain = labels.filter(label => !label.startsWith('attack.'));
  const details = [description, plain.join(', ')].filter(text => text !== '').join('; ');
  const early = isEarly && validFrom !== undefined ? day(validFrom) : undefined;
  const en =
    `${words[0].charAt(0).toUpperCase()}${words[0].slice(1)} ${value}` +
    (isWider ? ` belongs to ${indicator.value}, which` : '') +
    ` is listed by “${source}” (confidence ${confidence} of 100, valid until: ${until[0]})` +
    (early === undefined ? '' : `; it was seen before the listing’s validity began on ${early}`) +
    (details === '' ? '' : `: ${details}`);
  const zh =
    `${words[1]} ${value}` +
    (isWider ? ` 属于 ${indicator.value}，后者` : ' ') +
    `列于情报源“${source}”（置信度 ${confidence}/100，有效期至：${until[1]}）` +
    (early === undefined ? '' : `；发现时间早于该指标生效日期 ${early}`) +
    (details === '' ? '' : `：${details}`);
  return { field, value, text: { en, zh } };
}
