/** Labels that mean ATT&CK tactics and techniques, as Sigma tags write them. */

/** Phases of Lockheed Martin's kill chain and of STIX's examples, in ATT&CK's words. */
const phases: Readonly<Record<string, string>> = {
  'command-and-control': 'command-and-control',
  c2: 'command-and-control',
  delivery: 'initial-access',
  exploitation: 'execution',
  installation: 'persistence',
  'actions-on-objectives': 'impact',
  'actions-on-objective': 'impact',
};

/** The label of a kill-chain phase. */
export function phaseLabel(chain: string, phase: string): string {
  const name = phase.toLowerCase().replaceAll(/[_ ]/g, '-');
  const tactic = /mitre/i.test(chain) ? name : Object.hasOwn(phases, name) ? phases[name] : undefined;
  return tactic === undefined ? `${chain}:${phase}` : `attack.${tactic}`;
}

/** The label of an ATT&CK technique that a tag names (`… - T1071.001"`); undefined if it names none. */
export function techniqueLabel(tag: string): string | undefined {
  const match = /\b(t\d{4}(?:\.\d{3})?)\b/i.exec(tag);
  return match === null ? undefined : `attack.${match[1]?.toLowerCase()}`;
}
