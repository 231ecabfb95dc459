/** Names of MITRE ATT&CK (Enterprise) tactics and techniques that rules are tagged with. */
import type { Attack } from '@redoubt/model';
import { own } from '../own.ts';

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

const techniques: Readonly<Record<string, readonly [name: string, ...tactics: string[]]>> = {
  'T1003.007': ['Proc Filesystem', 'credential-access'],
  'T1003.008': ['/etc/passwd and /etc/shadow', 'credential-access'],
  T1014: ['Rootkit', 'defense-evasion'],
  T1036: ['Masquerading', 'defense-evasion'],
  'T1036.005': ['Match Legitimate Resource Name or Location', 'defense-evasion'],
  'T1053.003': ['Cron', 'persistence', 'execution', 'privilege-escalation'],
  T1055: ['Process Injection', 'defense-evasion', 'privilege-escalation'],
  'T1055.008': ['Ptrace System Calls', 'defense-evasion', 'privilege-escalation'],
  'T1055.009': ['Proc Memory', 'defense-evasion', 'privilege-escalation'],
  T1059: ['Command and Scripting Interpreter', 'execution'],
  'T1059.004': ['Unix Shell', 'execution'],
  'T1070.002': ['Clear Linux or Mac System Logs', 'defense-evasion'],
  'T1070.004': ['File Deletion', 'defense-evasion'],
  'T1098.004': ['SSH Authorized Keys', 'persistence', 'privilege-escalation'],
  T1190: ['Exploit Public-Facing Application', 'initial-access'],
  'T1222.002': ['Linux and Mac File and Directory Permissions Modification', 'defense-evasion'],
  T1486: ['Data Encrypted for Impact', 'impact'],
  T1496: ['Resource Hijacking', 'impact'],
  'T1496.001': ['Compute Hijacking', 'impact'],
  'T1505.003': ['Web Shell', 'persistence'],
  'T1543.002': ['Systemd Service', 'persistence', 'privilege-escalation'],
  'T1547.006': ['Kernel Modules and Extensions', 'persistence', 'privilege-escalation'],
  'T1548.001': ['Setuid and Setgid', 'privilege-escalation', 'defense-evasion'],
  T1562: ['Impair Defenses', 'defense-evasion'],
  'T1562.001': ['Disable or Modify Tools', 'defense-evasion'],
  T1564: ['Hide Artifacts', 'defense-evasion'],
  T1571: ['Non-Standard Port', 'command-and-control'],
  'T1574.006': ['Dynamic Linker Hijacking', 'persistence', 'privilege-escalation', 'defense-evasion'],
  T1610: ['Deploy Container', 'defense-evasion', 'execution'],
  T1611: ['Escape to Host', 'privilege-escalation'],
  T1620: ['Reflective Code Loading', 'defense-evasion'],
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
    const [title = uid, ...own] = techniques[uid] ?? [];
    const both = own.filter(tactic => tagged.includes(tactic));
    const shown = both.length > 0 ? both : [own[0] ?? tagged[0] ?? ''];
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
