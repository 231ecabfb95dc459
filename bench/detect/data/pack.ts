/**
 * A large pack of Sigma rules, drawn from a seed: about what the public corpus looks like, and nothing of it.
 *
 * Shares of log sources, and the forms of selections, modifiers and conditions follow counts over the public
 * corpus (3,780 rules, 1,630 of them about process creation; `endswith` and `contains` are nine of ten modifiers,
 * one in thirty rules has a regular expression, half have a filter). Programs are named as often as there, so
 * that an event of a much-named program calls for many rules. The values besides are invented words.
 */
import { type Random, seededRandom } from '../../lib/pairing.ts';
import { frequent, linuxPrograms, pick, weighted, whole, windowsPrograms, word } from './words.ts';

/** What hosts a pack is for. */
export type Platform = 'windows' | 'linux';

type Selection = Record<string, unknown>;
type Maker = (random: Random, platform: Platform) => Selection;

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

function program(random: Random, platform: Platform): string {
  if (random() < 0.25) return platform === 'windows' ? `\\${word(random)}.exe` : `/${word(random)}`;
  return platform === 'windows'
    ? `\\${frequent(random, windowsPrograms)}.exe`
    : `/${frequent(random, linuxPrograms)}`;
}

function folder(random: Random, platform: Platform): string {
  const invented = word(random, 2);
  return platform === 'windows'
    ? pick(random, [
        `\\AppData\\${invented}\\`,
        `\\Users\\Public\\${invented}`,
        `C:\\ProgramData\\${invented}\\`,
      ])
    : pick(random, [`/tmp/${invented}`, `/var/lib/${invented}/`, `/etc/${invented}`, `/opt/${invented}/`]);
}

const argument = (random: Random): string =>
  pick(random, [
    ` -${word(random, 2)}`,
    ` /${word(random, 2)} `,
    `--${word(random)}=`,
    word(random, 4),
    `${word(random)}.`,
  ]);

const processCreation: Maker = (random, platform) => {
  const image = { 'Image|endswith': times(1 + whole(random, 3), () => program(random, platform)) };
  return weighted<() => Selection>(random, [
    [34, () => ({ ...image, 'CommandLine|contains': times(1 + whole(random, 6), () => argument(random)) })],
    [
      14,
      () => ({ ...image, 'CommandLine|contains|all': times(2 + whole(random, 2), () => argument(random)) }),
    ],
    [12, () => ({ 'CommandLine|contains|all': times(2 + whole(random, 3), () => argument(random)) })],
    [10, () => ({ 'CommandLine|contains': times(1 + whole(random, 8), () => argument(random)) })],
    [
      9,
      () => ({
        ...image,
        'ParentImage|endswith': times(1 + whole(random, 4), () => program(random, platform)),
      }),
    ],
    [6, () => ({ 'Image|endswith': `${program(random, platform)}${word(random, 1)}` })],
    [5, () => ({ 'Image|startswith': folder(random, platform), 'CommandLine|contains': argument(random) })],
    [
      3,
      () => ({
        'CommandLine|re': `(?:${word(random)}|${word(random)})\\s+-[a-z]{1,3}\\s+\\S*${word(random)}`,
      }),
    ],
    [
      3,
      () => ({
        OriginalFileName: `${word(random)}.exe`,
        'CommandLine|contains|windash': ` -${word(random, 2)} `,
      }),
    ],
    [2, () => ({ 'User|contains': [word(random, 2).toUpperCase(), word(random, 2)], ...image })],
    [2, () => ({ 'CommandLine|base64offset|contains': `${word(random, 4)} ${word(random)}` })],
  ])();
};

const fileEvent: Maker = (random, platform) =>
  weighted<() => Selection>(random, [
    [5, () => ({ 'TargetFilename|endswith': times(1 + whole(random, 5), () => `.${word(random, 2)}`) })],
    [
      3,
      () => ({
        'TargetFilename|contains': folder(random, platform),
        'TargetFilename|endswith': `.${word(random, 1)}`,
      }),
    ],
    [
      2,
      () => ({
        'Image|endswith': program(random, platform),
        'TargetFilename|contains': folder(random, platform),
      }),
    ],
    [1, () => ({ 'TargetFilename|startswith': folder(random, platform) })],
  ])();

const registry: Maker = random =>
  weighted<() => Selection>(random, [
    [
      6,
      () => ({
        'TargetObject|endswith': `\\${word(random)}\\${word(random, 2)}`,
        Details: `DWORD (0x0000000${whole(random, 9)})`,
      }),
    ],
    [
      4,
      () => ({
        'TargetObject|contains': [`\\CurrentVersion\\${word(random)}`, `\\${word(random)}\\Policies`],
      }),
    ],
    [
      2,
      () => ({
        'TargetObject|contains|all': ['\\Software\\', word(random, 4)],
        'Details|contains': word(random),
      }),
    ],
  ])();

const network: Maker = (random, platform) =>
  weighted<() => Selection>(random, [
    [
      4,
      () => ({ 'Image|endswith': program(random, platform), DestinationPort: [whole(random, 60_000), 8443] }),
    ],
    [3, () => ({ 'DestinationHostname|endswith': [`.${word(random)}.example`, `${word(random)}.test`] })],
    [
      2,
      () => ({
        'Image|startswith': folder(random, platform),
        'DestinationIp|cidr': [`${1 + whole(random, 200)}.0.0.0/8`],
      }),
    ],
  ])();

const named =
  (field: string): Maker =>
  (random, platform) =>
    random() < 0.5
      ? { [`${field}|endswith`]: times(1 + whole(random, 4), () => program(random, platform)) }
      : { [`${field}|contains`]: word(random, 4), 'Image|endswith': program(random, platform) };

const script: Maker = random =>
  random() < 0.6
    ? { 'ScriptBlockText|contains|all': [word(random, 3), `-${word(random)}`] }
    : { 'ScriptBlockText|contains': times(2 + whole(random, 5), () => word(random, 4)) };

const security: Maker = random =>
  random() < 0.7
    ? {
        EventID: pick(random, [4624, 4625, 4648, 4672, 4688, 4697, 4698, 4720, 4732, 4768, 4769, 5140, 5145]),
        'SubjectUserName|endswith': word(random, 2),
      }
    : { EventID: [4656, 4663], 'ObjectName|contains': word(random, 3) };

const web: Maker = random =>
  random() < 0.7
    ? { 'cs-uri-query|contains': times(1 + whole(random, 6), () => `/${word(random)}`) }
    : { 'cs-user-agent|contains': times(1 + whole(random, 3), () => word(random, 3)), 'cs-method': 'POST' };

const cloud: Maker = random => ({
  eventSource: `${word(random, 2)}.amazonaws.com`,
  eventName: [word(random), word(random)],
});

const dns: Maker = random => ({ 'QueryName|endswith': [`.${word(random)}.example`, `${word(random)}.test`] });

type Source = readonly [logsource: Record<string, string>, make: Maker];
const sources: Readonly<Record<Platform, readonly (readonly [share: number, source: Source])[]>> = {
  windows: [
    [43, [{ product: 'windows', category: 'process_creation' }, processCreation]],
    [9, [{ product: 'windows', category: 'registry_set' }, registry]],
    [7, [{ product: 'windows', category: 'file_event' }, fileEvent]],
    [6, [{ product: 'windows', category: 'ps_script' }, script]],
    [6, [{ product: 'windows', service: 'security' }, security]],
    [5, [{ product: 'windows', category: 'image_load' }, named('ImageLoaded')]],
    [3, [{ product: 'windows', category: 'network_connection' }, network]],
    [2, [{ product: 'windows', category: 'process_access' }, named('TargetImage')]],
    [2, [{ product: 'windows', category: 'dns_query' }, dns]],
    [7, [{ product: 'linux', category: 'process_creation' }, processCreation]],
    [5, [{ category: 'webserver' }, web]],
    [5, [{ product: 'aws', service: 'cloudtrail' }, cloud]],
  ],
  linux: [
    [55, [{ product: 'linux', category: 'process_creation' }, processCreation]],
    [22, [{ product: 'linux', category: 'file_event' }, fileEvent]],
    [4, [{ product: 'linux', category: 'file_access' }, fileEvent]],
    [4, [{ product: 'linux', category: 'file_delete' }, fileEvent]],
    [7, [{ product: 'linux', category: 'network_connection' }, network]],
    [4, [{ product: 'linux', category: 'dns_query' }, dns]],
    [4, [{ category: 'webserver' }, web]],
  ],
};

/** Conditions as the corpus has them, over one or two selections and none to two filters. */
function detectionOf(random: Random, platform: Platform, make: Maker): Record<string, unknown> {
  const filter = (): Selection =>
    platform === 'windows'
      ? { 'Image|startswith': [`C:\\Program Files\\${word(random)}\\`, `C:\\Windows\\${word(random)}\\`] }
      : { 'Image|startswith': [`/opt/${word(random)}/`, `/usr/lib/${word(random)}/`] };
  const form = random();
  if (form < 0.42) return { selection: make(random, platform), condition: 'selection' };
  if (form < 0.7)
    return { selection: make(random, platform), filter: filter(), condition: 'selection and not filter' };
  if (form < 0.82)
    return {
      selection_a: make(random, platform),
      selection_b: make(random, platform),
      condition: '1 of selection_*',
    };
  if (form < 0.92)
    return {
      selection_a: make(random, platform),
      selection_b: make(random, platform),
      condition: 'all of selection_*',
    };
  return {
    selection: make(random, platform),
    filter_main_a: filter(),
    filter_optional_b: filter(),
    condition: 'selection and not 1 of filter_main_* and not 1 of filter_optional_*',
  };
}

/** The texts of a pack's rules; YAML that is JSON. The same count and platform always give the same rules. */
export function packOf(platform: Platform, count: number): { name: string; text: string }[] {
  const random = seededRandom(42);
  return Array.from({ length: count }, (_, number) => {
    const [logsource, make] = weighted(random, sources[platform]);
    const rule = {
      title: `Synthetic rule ${number}`,
      id: `bench-${platform}-${number}`,
      logsource,
      detection: detectionOf(random, platform, make),
      level: pick(random, ['low', 'medium', 'medium', 'high', 'critical']),
    };
    return { name: `${number}.yml`, text: JSON.stringify(rule) };
  });
}
