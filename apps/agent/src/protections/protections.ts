/** Protections in the agent: the ladder, what it says in findings and warnings, and its beat. */
import { Ladder, type LadderChange, type Preview, type Protection } from '@redoubt/act';
import { type Bilingual, type Device, draftFinding, type Finding, type JournalSink } from '@redoubt/model';
import type { Reader, Recorder } from '@redoubt/store';
import { onBeat } from '../host/beat.ts';
import type { WarningChange } from '../state/warnings.ts';
import type { PreviewRequest } from './contract.ts';

/** What protections are wired to. */
export interface ProtectionsParts {
  readonly stateDirectory: string;
  readonly journal: JournalSink;
  readonly device: Device;
  readonly recorder: Pick<Recorder, 'flush'>;
  readonly reader: Reader;
  readonly publish: (finding: Finding) => void;
  readonly warn: (warning: WarningChange) => void;
}

/** Every protection of this agent. */
export class Protections {
  readonly ladder: Ladder;
  readonly #parts: ProtectionsParts;
  readonly #endBeat: () => void;
  #ticking: Promise<void> = Promise.resolve();
  #isTicking = false;

  constructor(parts: ProtectionsParts) {
    this.#parts = parts;
    this.ladder = Ladder.open({
      stateDirectory: parts.stateDirectory,
      journal: parts.journal,
      onChange: change => this.#changed(change),
      onTrouble: text => parts.warn({ code: 'ladder', active: true, text }),
    });
    this.#endBeat = onBeat(() => this.#tick());
  }

  /** Takes a protection in; the system is then where it stood before the agent ended. */
  async register<Settings>(protection: Protection<Settings>): Promise<void> {
    await this.ladder.register(protection);
  }

  /** What a step would do, and what it would have blocked since `from`. */
  async preview(
    name: string,
    { rung, settings, from, to }: PreviewRequest,
    signal: AbortSignal,
    onProgress: (events: number) => void,
  ): Promise<Preview> {
    const asked = { rung, ...(settings !== undefined && { settings }) };
    if (from === undefined) return this.ladder.preview(name, asked);
    const { reader, recorder } = this.#parts;
    await recorder.flush();
    const period = { reader, from, to: to ?? Date.now(), signal, onProgress };
    return this.ladder.preview(name, asked, period);
  }

  /** Ends it; steps that nobody has confirmed are out of force until the next start. */
  async stop(): Promise<void> {
    this.#endBeat();
    await this.#ticking;
    await this.ladder.close();
  }

  #tick(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#ticking = this.ladder
      .tick()
      .catch(error => console.error(error))
      .finally(() => {
        this.#isTicking = false;
        this.#tellUnmet();
      });
  }

  /** A policy that could not be met and now is, is no warning any more. */
  #tellUnmet(): void {
    for (const { name, unmet } of this.ladder.list())
      if (unmet === undefined && this.#unmet.delete(name))
        this.#parts.warn({ code: unmetCode(name), active: false, text: { en: '', zh: '' } });
  }
  readonly #unmet = new Set<string>();

  #changed({ kind, protection, text }: LadderChange): void {
    if (kind === 'unmet') {
      this.#unmet.add(protection.name);
      this.#parts.warn({ code: unmetCode(protection.name), active: true, text });
    }
    if (kind !== 'fell' && kind !== 'unmet') return;
    this.#parts.publish(weakened(protection, kind, text, this.#parts.device));
  }
}

function unmetCode(name: string): string {
  return `protection-unmet-${name}`;
}

/** The finding that a protection does less than somebody wanted. */
function weakened(
  { name, title }: Protection,
  kind: 'fell' | 'unmet',
  text: Bilingual,
  device: Device,
): Finding {
  return draftFinding({
    analytic: { uid: `redoubt.ladder.${kind}`, name: 'Protection ladder' },
    title:
      kind === 'fell'
        ? { en: `${title.en} has stepped back by itself`, zh: `“${title.zh}”已自动退回` }
        : { en: `${title.en} is not in force`, zh: `“${title.zh}”未生效` },
    description: text,
    severity: 3,
    reasons: [{ field: 'protection', value: name, text }],
    evidences: [{ process: { pid: process.pid, name: 'redoubt' } }],
    dedupKey: `ladder.${kind}:${name}`,
    mlps: ['8.1.4.4'],
    advice: {
      en: `See why with \`redoubt protect show ${name}\`; when the cause is gone, take the step again.`,
      zh: `用 \`redoubt protect show ${name}\` 查看原因；排除原因后重新执行该步骤。`,
    },
    device,
  });
}
