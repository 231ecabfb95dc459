/** Names of MITRE ATT&CK (Enterprise) tactics and techniques that rules are tagged with. */
import type { Attack } from '../finding.ts';
import { own } from '../own.ts';
import { techniques } from './techniques.ts';

const tactics: Readonly<Record<string, readonly [string, string]>> = {
  reconnaissance: ['TA0043', 'Reconnaissance'],
  'resource-development': ['TA0042', 'Resource Development'],
  'initial-access': ['TA0001', 'Initial Access'],
  execution: ['TA0002', 'Execution'],
  persistence: ['TA0003', 'Persistence'],
  'privilege-escalation': ['TA0004', 'Privilege Escalation'],
  'defense-evasion': ['TA0005', 'Defense Evasion'],
  'credential-access': ['TA0006', 'Credential Access'],
  discovery: ['TA0007', 'Discovery'],
  'lateral-movement': ['TA0008', 'Lateral Movement'],
  collection: ['TA0009', 'Collection'],
  'command-and-control': ['TA0011', 'Command and Control'],
  exfiltration: ['TA0010', 'Exfiltration'],
  impact: ['TA0040', 'Impact'],
};

function tacticOf(slug: string): Attack['tactic'] | undefined {
  const found = own(tactics, slug);
  return found === undefined ? undefined : { uid: found[0], name: found[1] };
}

/**
 * What a rule's tags (`attack.t1055.008`, `attack.defense-evasion`) say, as OCSF `attacks`. A technique is shown
 * with each of its tactics that is tagged, else with its first. A technique without a name here keeps its id.
 */
export function attacksOf(tags: readonly string[]): Attack[] {
  const names = tags
    .filter(tag => /^attack\./i.test(tag))
    .map(tag => tag.slice(7).toLowerCase().replaceAll('_', '-'));
  const tagged = names.filter(name => own(tactics, name) !== undefined);
  const attacks: Attack[] = [];
  for (const name of names) {
    if (!/^t\d{4}(\.\d{3})?$/.test(name)) continue;
    const uid = name.toUpperCase();
    const [title = uid, ...served] = own(techniques, uid) ?? [];
    const both = served.filter(tactic => tagged.includes(tactic));
    const shown = both.length > 0 ? both : [served[0] ?? tagged[0] ?? ''];
    for (const slug of shown) {
      const tactic = tacticOf(slug) ?? { uid: '', name: '' };
      attacks.push({ tactic, technique: { uid, name: title } });
    }
  }
  if (attacks.length > 0) return attacks;
  return tagged.flatMap(slug => {
    const tactic = tacticOf(slug);
    return tactic === undefined ? [] : [{ tactic }];
  });
}
