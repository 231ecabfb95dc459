/** A step on the ladder: choose the rung, see what it would do, take it. */
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import type { ProtectionItem, StepPreview } from '../api/contract.ts';
import { useDeed } from '../api/hooks.ts';
import { previewStep, takeStep } from '../api/posture.ts';
import { useSpeech } from '../text/text.tsx';
import { Refusal } from './facts.tsx';
import { OperatorField } from './fields.tsx';
import { type Rung, rungs } from './ladder.tsx';
import './forms.css';
import { PreviewView } from './preview.tsx';

const hour = 3_600_000;
const periods = { hour, day: 24 * hour, week: 7 * 24 * hour, none: 0 } as const;
type Period = keyof typeof periods;
const periodNames = Object.keys(periods) as Period[];

/** Seconds to confirm a step to enforce. */
const withins = ['300', '900', '3600', '86400'] as const;
type Within = (typeof withins)[number];

const nextRung: Record<Rung, Rung> = { observe: 'audit', audit: 'enforce', enforce: 'audit' };

export function StepForm({
  item,
  settings,
  onDone,
}: {
  item: ProtectionItem;
  /** What is to be set beside the rung; as it stands when left out. A form for other settings needs another key. */
  settings?: unknown;
  onDone: (changed: ProtectionItem | undefined) => void;
}): ReactNode {
  const { text, format } = useSpeech();
  const words = text.protection;
  const id = useId();
  const deed = useDeed();
  const [rung, setRung] = useState<Rung>(
    settings === undefined ? nextRung[item.policy.rung] : item.policy.rung,
  );
  const [period, setPeriod] = useState<Period>('day');
  const [within, setWithin] = useState<Within>('900');
  const [directly, setDirectly] = useState(false);
  const [comment, setComment] = useState('');
  const [preview, setPreview] = useState<StepPreview>();
  const [events, setEvents] = useState<number>();
  const running = useRef<AbortController>(undefined);
  const first = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    first.current?.querySelector('input:checked')?.closest('label')?.focus();
    return () => running.current?.abort();
  }, []);

  const isDown = settings === undefined && rungs.indexOf(rung) < rungs.indexOf(item.policy.rung);
  const skipsAudit = item.policy.rung === 'observe' && rung === 'enforce';
  const isPreviewing = events !== undefined;
  const isStale =
    preview !== undefined && (preview.policy.rung !== rung || preview.revision !== item.revision);

  const look = async (): Promise<void> => {
    const abort = new AbortController();
    running.current = abort;
    setEvents(0);
    const length = periods[period];
    const changed = settings !== undefined && { settings };
    const body = { rung, ...changed, ...(length > 0 && { from: Date.now() - length }) };
    await deed.run(async () => {
      try {
        setPreview(await previewStep(item.name, body, setEvents, abort.signal));
      } catch (thrown) {
        if (!abort.signal.aborted) throw thrown;
      }
    });
    setEvents(undefined);
  };

  const take = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const body = {
      rung,
      ...(settings !== undefined && { settings }),
      ...(preview && !isStale && { preview: preview.id }),
      ...(skipsAudit && directly && { directly }),
      ...(rung === 'enforce' && { confirm_within: Number(within) }),
      ...(comment.trim() !== '' && { comment: comment.trim() }),
    };
    await deed.run(async () => onDone(await takeStep(item.name, body)));
  };

  return (
    <form className="step-form" aria-label={words.change} onSubmit={event => void take(event)}>
      <div className="step-row">
        <fieldset ref={first} className="step-rungs">
          <legend className="small faint">{words.stepTo}</legend>
          {rungs.map(one => (
            <label key={one}>
              <input type="radio" name={`${id}-rung`} checked={rung === one} onChange={() => setRung(one)} />
              {words.rung[one]}
            </label>
          ))}
        </fieldset>
        <label className="step-field">
          <span className="small faint">{words.period}</span>
          <select
            className="field"
            value={period}
            onChange={event => setPeriod(event.target.value as Period)}
          >
            {periodNames.map(name => (
              <option key={name} value={name}>
                {words.periods[name]}
              </option>
            ))}
          </select>
        </label>
        {isPreviewing ? (
          <button type="button" className="button" onClick={() => running.current?.abort()}>
            {words.stop}
          </button>
        ) : (
          <button type="button" className="button" disabled={deed.busy} onClick={() => void look()}>
            {preview ? words.previewAgain : words.preview}
          </button>
        )}
      </div>
      {isPreviewing && (
        <p className="soft step-progress" role="status">
          <span className="spinner" /> {words.previewing(format.count(events))}
        </p>
      )}
      {preview && !isStale && !isPreviewing && <PreviewView preview={preview} />}
      <Refusal failure={deed.failure} />
      {skipsAudit && (
        <label className="step-directly">
          <input type="checkbox" checked={directly} onChange={event => setDirectly(event.target.checked)} />
          {words.directly}
        </label>
      )}
      <div className="step-row">
        {rung === 'enforce' && (
          <label className="step-field">
            <span className="small faint">{words.within}</span>
            <select
              className="field"
              value={within}
              onChange={event => setWithin(event.target.value as Within)}
            >
              {withins.map(seconds => (
                <option key={seconds} value={seconds}>
                  {words.withins[seconds]}
                </option>
              ))}
            </select>
          </label>
        )}
        <OperatorField />
        <label className="step-field wide">
          <span className="small faint">{words.comment}</span>
          <input
            className="field"
            maxLength={2000}
            value={comment}
            onChange={event => setComment(event.target.value)}
          />
        </label>
        <button
          type="submit"
          className="button primary"
          disabled={
            deed.busy ||
            (!isDown && (preview === undefined || isStale)) ||
            (skipsAudit && !directly) ||
            item.busy
          }
        >
          {rung === item.policy.rung ? words.keepRung(words.rung[rung]) : words.take(words.rung[rung])}
        </button>
        <button type="button" className="button" onClick={() => onDone(undefined)}>
          {words.cancel}
        </button>
      </div>
    </form>
  );
}
