/** What the judgements of simple states have in common: a title that says what happened, and every fact that changed. */
import type { Bilingual, Fact, Reason, StateChange } from '@redoubt/model';
import type { DriftJudgement } from '../../collector.ts';

const verbs = {
  added: { en: 'New', zh: '新增' },
  removed: { en: 'Gone', zh: '移除' },
  changed: { en: 'Changed', zh: '变更' },
} as const;

/** A reason about one fact. */
export function reason(field: string, value: Fact | undefined, en: string, zh: string): Reason {
  return { text: { en, zh }, field, value: String(value ?? '') };
}

/** `New account x`. */
export function titled({ kind }: StateChange, what: Bilingual): Bilingual {
  return { en: `${verbs[kind].en} ${what.en}`, zh: `${verbs[kind].zh}${what.zh}` };
}

const shown = (value: Fact | undefined): string =>
  value === undefined || value === null ? '—' : String(value);

/** The judgement with what changed as further reasons; there is always at least one. */
export function judgement(
  change: StateChange,
  made: Omit<DriftJudgement, 'reasons'> & { readonly reasons: readonly Reason[] },
): DriftJudgement {
  const changed =
    change.kind === 'changed'
      ? change.fields.map(field => {
          const before = shown(change.before.facts[field]);
          const after = change.after.facts[field];
          return reason(
            field,
            after,
            `${field}: “${before}” became “${shown(after)}”`,
            `${field}：由“${before}”变为“${shown(after)}”`,
          );
        })
      : [];
  const reasons = [...made.reasons, ...changed];
  if (reasons.length === 0)
    reasons.push(
      change.kind === 'removed'
        ? reason('key', change.key, 'it is in the golden state and not there now', '黄金状态中存在，现已消失')
        : reason('key', change.key, 'it is not in the golden state', '黄金状态中没有'),
    );
  return { ...made, reasons };
}
