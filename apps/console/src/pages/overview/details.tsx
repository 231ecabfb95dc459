/** What stands below the figures: sensors, kinds of events, the recorder, the agent itself. */
import type { ReactNode } from 'react';
import type { SensorStatus, Summary } from '../../api/contract.ts';
import { Copyable, Panel, useNow } from '../../parts/basics.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { kindName } from '../events/describe.ts';

function Sensor({ sensor }: { sensor: SensorStatus }): ReactNode {
  const { text, format } = useSpeech();
  const missing = sensor.hooks.filter(hook => !hook.attached);
  const attached = sensor.hooks.filter(hook => hook.attached);
  return (
    <li className="sensor">
      <p className="sensor-head">
        <span className="state-dot" data-state={sensor.state} aria-hidden="true" />
        <strong className="mono">{sensor.name}</strong>
        <span className="sensor-state" data-state={sensor.state}>
          {text.overview.sensorState[sensor.state]}
        </span>
      </p>
      <p className="soft small">{sensor.detail}</p>
      {sensor.hooks.length > 0 && (
        <>
          <div className="hook-bar" aria-hidden="true">
            {sensor.hooks.map(hook => (
              <span key={hook.name} data-attached={hook.attached} title={hook.name} />
            ))}
          </div>
          {missing.length > 0 && (
            <ul className="hooks" aria-label={text.overview.missing}>
              {missing.map(hook => (
                <li key={hook.name}>
                  <code className="breaks">{hook.name}</code>
                  <span className="warn small">{hook.reason ?? text.overview.missing}</span>
                </li>
              ))}
            </ul>
          )}
          <details className="fold small">
            <summary className="soft">
              {text.overview.hooks(format.count(attached.length), format.count(sensor.hooks.length))}
            </summary>
            <ul className="hooks attached">
              {attached.map(hook => (
                <li key={hook.name}>
                  <code className="breaks">{hook.name}</code>
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
    </li>
  );
}

export function Sensors({ summary }: { summary: Summary }): ReactNode {
  const { text } = useSpeech();
  return (
    <Panel title={text.overview.sensors} className="sensors">
      <ul>
        {summary.sensors.map(sensor => (
          <Sensor key={sensor.name} sensor={sensor} />
        ))}
      </ul>
    </Panel>
  );
}

const kindsShown = 7;

export function EventsByKind({ summary: { events } }: { summary: Summary }): ReactNode {
  const { text, format } = useSpeech();
  const sorted = Object.entries(events.by_kind).sort(([, left], [, right]) => right - left);
  const most = sorted[0]?.[1] ?? 1;
  const rest = sorted.slice(kindsShown);
  return (
    <Panel title={text.overview.byKind} className="by-kind">
      <ul>
        {sorted.slice(0, kindsShown).map(([kind, count]) => (
          <li key={kind}>
            <a href={hrefOf('events', undefined, { kinds: kind })} title={kind}>
              <span className="cut">{kindName(kind, text)}</span>
              <span className="bar-track" aria-hidden="true">
                <span className="bar-fill" style={{ width: `${(count / most) * 100}%` }} />
              </span>
              <b>{format.short(count)}</b>
            </a>
          </li>
        ))}
      </ul>
      {rest.length > 0 && (
        <p className="faint small by-kind-rest">
          <span>{text.overview.otherKinds(format.count(rest.length))}</span>
          <span>{format.short(rest.reduce((sum, [, count]) => sum + count, 0))}</span>
        </p>
      )}
    </Panel>
  );
}

export function Recorder({ summary: { store, events } }: { summary: Summary }): ReactNode {
  const { text, format } = useSpeech();
  const now = useNow();
  const part = store.limit_bytes === 0 ? 0 : store.bytes / store.limit_bytes;
  return (
    <Panel title={text.overview.recorder}>
      <div className="meter" aria-hidden="true">
        <span style={{ width: `${Math.min(100, part * 100)}%` }} />
      </div>
      <dl className="facts">
        <dt>{text.overview.size}</dt>
        <dd>{text.overview.sizeOf(format.bytes(store.bytes), format.bytes(store.limit_bytes))}</dd>
        <dt>{text.overview.history}</dt>
        <dd>
          {store.oldest_time === null ? text.common.none : format.duration(now - store.oldest_time)}
          {store.oldest_time !== null && (
            <span className="faint small"> {format.dateTime(store.oldest_time)}</span>
          )}
        </dd>
        <dt>{text.overview.stored}</dt>
        <dd>{format.count(events.stored)}</dd>
        <dt>{text.overview.chunks}</dt>
        <dd>{format.count(store.chunks)}</dd>
      </dl>
    </Panel>
  );
}

export function TheAgent({ summary: { agent, rules, host } }: { summary: Summary }): ReactNode {
  const { text, format } = useSpeech();
  return (
    <Panel title={text.overview.agent}>
      <dl className="facts">
        <dt>{text.overview.cpu}</dt>
        <dd>
          {agent.cpu_percent.toFixed(1)}% <span className="faint small">{text.overview.ofOneCore}</span>
        </dd>
        <dt>{text.overview.memory}</dt>
        <dd>{format.bytes(agent.rss_bytes)}</dd>
        <dt>{text.overview.running}</dt>
        <dd>
          {format.duration(useNow() - agent.started)}
          <span className="faint small"> pid {agent.pid}</span>
        </dd>
        <dt>{text.overview.rules}</dt>
        <dd>
          {text.overview.rulesValue(format.count(rules.loaded))}
          {rules.refused > 0 && (
            <span className="warn"> · {text.overview.rulesRefused(format.count(rules.refused))}</span>
          )}
        </dd>
        <dt>{text.overview.version}</dt>
        <dd>{agent.version}</dd>
        <dt>{text.overview.machine}</dt>
        <dd>
          <Copyable value={host.machine_id}>{`${host.machine_id.slice(0, 12)}…`}</Copyable>
        </dd>
      </dl>
    </Panel>
  );
}
