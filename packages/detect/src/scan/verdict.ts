/** One verdict out of what many engines found, with everything that stood in their way. */
import type { Bilingual } from '@redoubt/model';
import type { EngineFinding } from './engine.ts';

/** What a file is held to be. */
export type Judged = 'clean' | 'suspicious' | 'malicious';

/** Why a content, or a part of it, was not seen in full. */
export type NoteKind =
  | 'encrypted'
  | 'too-large'
  | 'too-deep'
  | 'too-many'
  | 'bomb'
  | 'too-slow'
  | 'damaged'
  | 'unsafe-name'
  | 'not-a-file'
  | 'changed'
  | 'unreadable'
  | 'too-complex'
  | 'engine-failed';

/** Something that a person should know about how far a scan went. */
export interface Note {
  readonly kind: NoteKind;
  /** Name of the content: `/srv/a.zip!/b/c.php`. */
  readonly where: string;
  readonly text: Bilingual;
}

/** A finding of an engine, with where it was made. */
export interface PlacedFinding extends EngineFinding {
  /** Name of the content: `/srv/a.zip!/b/c.php`. */
  readonly where: string;
  readonly sha256?: string;
}

/** The verdict on a file, with everything inside it. */
export interface Verdict {
  readonly judged: Judged;
  /** 0 to 100: how much speaks against it, over all engines. */
  readonly score: number;
  /** The heaviest first. */
  readonly findings: readonly PlacedFinding[];
  readonly notes: readonly Note[];
}

const defaultConfidence = { malicious: 90, suspicious: 50 } as const;

/** Certainty of a finding in per cent. */
export function confidenceOf(finding: EngineFinding): number {
  return Math.min(Math.max(finding.confidence ?? defaultConfidence[finding.judgement], 0), 100);
}

/**
 * Fuses findings. The gravest judgement holds: an engine that knows a content outweighs any number that do not.
 * The score takes the engines as independent witnesses (noisy or), each with its surest finding, so that several
 * findings of one engine do not count as agreement.
 */
export function fuse(findings: readonly PlacedFinding[], notes: readonly Note[] = []): Verdict {
  const surest = new Map<string, number>();
  for (const finding of findings)
    surest.set(finding.engine, Math.max(surest.get(finding.engine) ?? 0, confidenceOf(finding)));
  let doubt = 1;
  for (const confidence of surest.values()) doubt *= 1 - confidence / 100;
  return {
    judged: findings.some(({ judgement }) => judgement === 'malicious')
      ? 'malicious'
      : findings.length > 0
        ? 'suspicious'
        : 'clean',
    score: Math.round((1 - doubt) * 100),
    findings: findings.toSorted((a, b) => weight(b) - weight(a)),
    notes,
  };
}

function weight(finding: EngineFinding): number {
  return (finding.judgement === 'malicious' ? 1_000 : 0) + confidenceOf(finding);
}
