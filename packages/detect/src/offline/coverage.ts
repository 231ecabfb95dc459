/** Which ATT&CK tactics and techniques a rule set covers: as data, as an ATT&CK Navigator layer, as a picture. */
import { attacksOf } from '@redoubt/model';
import type { RuleSet } from '../rules/rule-set.ts';

/** A tactic in both languages, by its id; the order is that of an attack. */
const tacticNames: readonly (readonly [uid: string, slug: string, en: string, zh: string])[] = [
  ['TA0043', 'reconnaissance', 'Reconnaissance', '侦察'],
  ['TA0042', 'resource-development', 'Resource Development', '资源开发'],
  ['TA0001', 'initial-access', 'Initial Access', '初始访问'],
  ['TA0002', 'execution', 'Execution', '执行'],
  ['TA0003', 'persistence', 'Persistence', '持久化'],
  ['TA0004', 'privilege-escalation', 'Privilege Escalation', '权限提升'],
  ['TA0005', 'defense-evasion', 'Defense Evasion', '防御规避'],
  ['TA0006', 'credential-access', 'Credential Access', '凭据访问'],
  ['TA0007', 'discovery', 'Discovery', '发现'],
  ['TA0008', 'lateral-movement', 'Lateral Movement', '横向移动'],
  ['TA0009', 'collection', 'Collection', '收集'],
  ['TA0011', 'command-and-control', 'Command and Control', '命令与控制'],
  ['TA0010', 'exfiltration', 'Exfiltration', '数据渗出'],
  ['TA0040', 'impact', 'Impact', '影响'],
];

/** A technique within a tactic, and the rules that find it. */
export interface CoveredTechnique {
  readonly uid: string;
  readonly name: string;
  readonly rules: readonly string[];
}

/** A tactic with what is covered of it. */
export interface CoveredTactic {
  readonly uid: string;
  /** Short name, as in tags: `privilege-escalation`. */
  readonly slug: string;
  readonly title: { readonly en: string; readonly zh: string };
  readonly techniques: readonly CoveredTechnique[];
}

/** Every tactic in the order of an attack, with its covered techniques by their ids. */
export function coverageOf(rules: RuleSet): CoveredTactic[] {
  const found = new Map<string, Map<string, { name: string; rules: Set<string> }>>();
  for (const rule of [...rules.rules, ...rules.correlations]) {
    for (const { tactic, technique } of attacksOf(rule.tags)) {
      if (technique === undefined) continue;
      const techniques = found.get(tactic.uid) ?? new Map();
      found.set(tactic.uid, techniques);
      const entry = techniques.get(technique.uid) ?? { name: technique.name, rules: new Set<string>() };
      techniques.set(technique.uid, entry);
      entry.rules.add(rule.uid);
    }
  }
  return tacticNames.map(([uid, slug, en, zh]) => ({
    uid,
    slug,
    title: { en, zh },
    techniques: [...(found.get(uid) ?? [])]
      .map(([technique, entry]) => ({ uid: technique, name: entry.name, rules: [...entry.rules].sort() }))
      .sort((one, other) => (one.uid < other.uid ? -1 : 1)),
  }));
}

/** The coverage as an ATT&CK Navigator layer, format 4.5 (mitre-attack/attack-navigator, layers/spec). */
export function navigatorLayer(coverage: readonly CoveredTactic[], language: 'en' | 'zh'): object {
  const techniques = coverage.flatMap(({ slug, techniques: covered }) =>
    covered.map(({ uid, rules }) => ({
      techniqueID: uid,
      tactic: slug,
      score: rules.length,
      comment: rules.join(', '),
      enabled: true,
      showSubtechniques: uid.includes('.'),
      metadata: [],
      links: [],
    })),
  );
  return {
    name: language === 'zh' ? 'Redoubt 规则覆盖' : 'Redoubt rule coverage',
    versions: { layer: '4.5', navigator: '4.9.1', attack: '14' },
    domain: 'enterprise-attack',
    description: language === 'zh' ? '分数为规则数' : 'The score is the number of rules',
    sorting: 0,
    hideDisabled: false,
    techniques,
    gradient: {
      colors: ['#dbeafe', '#1d4ed8'],
      minValue: 1,
      maxValue: Math.max(2, ...techniques.map(({ score }) => score)),
    },
    legendItems: [],
    metadata: [],
    links: [],
    showTacticRowBackground: false,
    selectTechniquesAcrossTactics: false,
    selectSubtechniquesWithParent: false,
  };
}

const cell = { width: 168, height: 34, gap: 4, head: 46, top: 64, left: 16 };
const font = `font-family="system-ui, 'Noto Sans CJK SC', sans-serif"`;

/** The coverage as an SVG picture: a column a tactic, a box a technique, darker with more rules. */
export function coveragePicture(coverage: readonly CoveredTactic[], language: 'en' | 'zh'): string {
  const longest = Math.max(1, ...coverage.map(({ techniques }) => techniques.length));
  const width = cell.left * 2 + coverage.length * (cell.width + cell.gap);
  const height = cell.top + cell.head + longest * (cell.height + cell.gap) + cell.left;
  const covered = new Set(coverage.flatMap(({ techniques }) => techniques.map(({ uid }) => uid))).size;
  const rules = new Set(
    coverage.flatMap(({ techniques }) => techniques.flatMap(technique => technique.rules)),
  );
  const title =
    language === 'zh'
      ? `规则覆盖：${rules.size} 条规则，${covered} 项 ATT&CK 技术`
      : `Rule coverage: ${rules.size} rules, ${covered} ATT&CK techniques`;
  const columns = coverage.map((tactic, index) =>
    column(tactic, cell.left + index * (cell.width + cell.gap), language),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${cell.left}" y="38" font-size="20" font-weight="600" fill="#0f172a" ${font}>${escaped(title)}</text>`,
    ...columns,
    '</svg>',
    '',
  ].join('\n');
}

function column({ title, techniques }: CoveredTactic, x: number, language: 'en' | 'zh'): string {
  const head = `<text x="${x + 2}" y="${cell.top + 16}" font-size="13" font-weight="600" fill="#0f172a" ${font}>${escaped(title[language])}</text>
<text x="${x + 2}" y="${cell.top + 34}" font-size="12" fill="#475569" ${font}>${techniques.length}</text>`;
  const boxes = techniques.map(({ uid, name, rules }, index) => {
    const y = cell.top + cell.head + index * (cell.height + cell.gap);
    const strength = Math.min(rules.length, 8) / 8;
    const text = strength > 0.45 ? '#ffffff' : '#0f172a';
    const shown = name === uid ? '' : shortened(name);
    return `<g><title>${escaped(`${uid} ${name}: ${rules.join(', ')}`)}</title><rect x="${x}" y="${y}" width="${cell.width}" height="${cell.height}" rx="4" fill="#1d4ed8" fill-opacity="${(0.12 + 0.88 * strength).toFixed(2)}"/><text x="${x + 6}" y="${y + 14}" font-size="11" font-weight="600" fill="${text}" ${font}>${escaped(uid)} · ${rules.length}</text><text x="${x + 6}" y="${y + 28}" font-size="10" fill="${text}" ${font}>${escaped(shown)}</text></g>`;
  });
  return [head, ...boxes].join('\n');
}

function shortened(name: string): string {
  return name.length > 28 ? `${name.slice(0, 27)}…` : name;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, character => entities[character] ?? '');
}
