/** Protections on the ladder: where each stands, what the next step would block, and the way back. */
import { type ReactNode, useCallback, useState } from 'react';
import type { ProtectionItem } from '../../api/contract.ts';
import { useDeed, usePolled } from '../../api/hooks.ts';
import { confirmStep, getProtections, undoStep } from '../../api/posture.ts';
import { Ago, At, Panel, useNow } from '../../parts/basics.tsx';
import { Refusal, Standing } from '../../parts/facts.tsx';
import { Icon } from '../../parts/icon.tsx';
import { LadderView } from '../../parts/ladder.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { StepForm } from '../../parts/step-form.tsx';
import { useSpeech } from '../../text/text.tsx';
import { AppControl } from './app-control.tsx';
import './protection.css';

const interval = 2_000;

/** How long is left to confirm a step. */
function Trial({ trial }: { trial: NonNullable<ProtectionItem['trial']> }): ReactNode {
  const { text, format } = useSpeech();
  const left = trial.deadline - useNow();
  const rung = text.protection.rung[trial.back.rung];
  return (
    <p className="notice trial" role="status">
      <Icon name="warning" />
      <span>{left > 0 ? text.protection.trial(format.duration(left), rung) : text.protection.trialOver}</span>
    </p>
  );
}

function Health({ item }: { item: ProtectionItem }): ReactNode {
  const { text, say } = useSpeech();
  const { health, unmet, fell } = item;
  return (
    <ul className="protection-health">
      {health !== undefined && (
        <li>
          <Standing level={health.healthy ? 'good' : 'bad'}>
            {health.healthy ? text.protection.healthy : text.protection.unhealthy}
            {health.reasons.map(reason => (
              <span key={reason.en} className="health-reason">
                {say(reason)}
              </span>
            ))}
          </Standing>
        </li>
      )}
      {unmet && (
        <li>
          <Standing level="bad">
            {text.protection.unmet}: {say(unmet)}
          </Standing>
        </li>
      )}
      {fell && (
        <li>
          <Standing level="warn">
            {text.protection.fell} (<Ago time={fell.time} />
            ): {say(fell)}
          </Standing>
        </li>
      )}
    </ul>
  );
}

function OneProtection({
  item,
  onChange,
}: {
  item: ProtectionItem;
  onChange: (changed: ProtectionItem) => void;
}): ReactNode {
  const { text, format, say } = useSpeech();
  const [stepping, setStepping] = useState(false);
  const deed = useDeed();
  const act = (work: (name: string) => Promise<ProtectionItem>): void =>
    void deed.run(async () => onChange(await work(item.name)));
  const busy = deed.busy || item.busy;
  const { previous, trial, policy } = item;
  return (
    <Panel title={say(item.title)} aside={<code className="faint small">{item.name}</code>}>
      <div className="protection">
        <div className="protection-words">
          <p>{say(item.description)}</p>
          <Health item={item} />
          <p className="small faint">
            {text.protection.since} <At time={item.since} /> · {text.protection.by} {item.by} ·{' '}
            {text.protection.revision} {format.count(item.revision)}
          </p>
        </div>
        <LadderView rung={policy.rung} trial={trial !== undefined} />
      </div>
      {trial && <Trial trial={trial} />}
      <Refusal failure={deed.failure} />
      <div className="row-actions protection-actions">
        {trial && (
          <button type="button" className="button primary" disabled={busy} onClick={() => act(confirmStep)}>
            {text.protection.confirm}
          </button>
        )}
        {!stepping && (
          <button type="button" className="button" disabled={busy} onClick={() => setStepping(true)}>
            {text.protection.change}
          </button>
        )}
        {previous && (
          <button type="button" className="button" disabled={busy} onClick={() => act(undoStep)}>
            {text.protection.undo(text.protection.rung[previous.rung])}
          </button>
        )}
        {item.busy && (
          <span className="soft" role="status">
            {text.protection.busy}
          </span>
        )}
      </div>
      {stepping && (
        <StepForm
          item={item}
          onDone={changed => {
            setStepping(false);
            if (changed) onChange(changed);
          }}
        />
      )}
      {item.name === 'app-control' && <AppControl />}
    </Panel>
  );
}

/** Every protection of this host. */
export function ProtectionPage(): ReactNode {
  const { text } = useSpeech();
  const load = useCallback((signal: AbortSignal) => getProtections(signal), []);
  const resource = usePolled(load, interval);
  const { update } = resource;
  const onChange = useCallback(
    (changed: ProtectionItem) =>
      update(({ items }) => ({ items: items.map(one => (one.name === changed.name ? changed : one)) })),
    [update],
  );
  return (
    <>
      <div className="page-head">
        <h1>{text.protection.title}</h1>
      </div>
      <p className="page-lead">{text.protection.lead}</p>
      <Loaded resource={resource}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={text.protection.empty} />
          ) : (
            <div className="stack">
              {items.map(item => (
                <OneProtection key={item.name} item={item} onChange={onChange} />
              ))}
            </div>
          )
        }
      </Loaded>
    </>
  );
}
