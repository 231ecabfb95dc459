import { memo, type ReactNode, useId } from 'react';
import type { Event, Process } from '../../api/contract.ts';
import { CommandLine, Copyable } from '../../parts/basics.tsx';
import { JsonFold } from '../../parts/json.tsx';
import { useSpeech } from '../../text/text.tsx';
import { categoryOf, describe, kindName } from './describe.ts';

function ProcessFacts({ process }: { process: Process }): ReactNode {
  const { text } = useSpeech();
  const user = process.user?.name ?? process.user?.uid;
  return (
    <>
      {process.cmd_line !== undefined && (
        <>
          <dt>{text.process.commandLine}</dt>
          <dd>
            <CommandLine value={process.cmd_line} />
          </dd>
        </>
      )}
      {process.file?.path !== undefined && (
        <>
          <dt>{text.process.executable}</dt>
          <dd>
            <Copyable value={process.file.path} />
          </dd>
        </>
      )}
      {user !== undefined && (
        <>
          <dt>{text.process.user}</dt>
          <dd>{user}</dd>
        </>
      )}
      {process.container && (
        <>
          <dt>{text.process.container}</dt>
          <dd>
            {process.container.name} <span className="mono faint breaks">{process.container.uid}</span>
          </dd>
        </>
      )}
    </>
  );
}

/** One event as a line that opens to everything known about it. */
export const EventRow = memo(function EventRow({
  event,
  open,
  onToggle,
}: {
  event: Event;
  open: boolean;
  onToggle: (event: Event) => void;
}): ReactNode {
  const { text, format } = useSpeech();
  const id = useId();
  const kind = event.metadata.event_code;
  const { subject, object, failure } = describe(event);
  return (
    <li className="event" data-open={open}>
      <button
        type="button"
        className="event-row"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        data-row
        onClick={() => onToggle(event)}
      >
        <span className="event-time mono faint">{format.clock(event.time)}</span>
        <span className="event-kind" data-category={categoryOf(kind)}>
          {kindName(kind, text)}
        </span>
        <span className="event-subject cut">
          {subject?.name ?? '–'} <span className="faint mono">{subject?.pid}</span>
        </span>
        <span className="event-user cut soft">{subject?.user?.name ?? subject?.user?.uid ?? ''}</span>
        <span className="event-object mono cut" title={object}>
          {failure !== undefined && (
            <span className="chip warn">
              {text.events.failed} {failure}
            </span>
          )}{' '}
          {object}
        </span>
      </button>
      {open && (
        <div id={id} className="event-more">
          <dl className="facts">
            <dt>{text.events.column.time}</dt>
            <dd>
              {format.dateTime(event.time)} <span className="mono faint">{kind}</span>{' '}
              <span className="faint">
                {text.events.sequence} {event.metadata.sequence}
              </span>
            </dd>
            {object !== '' && (
              <>
                <dt>{text.events.column.object}</dt>
                <dd>
                  <Copyable value={object} />
                </dd>
              </>
            )}
            {subject && <ProcessFacts process={subject} />}
          </dl>
          <JsonFold title={text.events.json} data={event} />
        </div>
      )}
    </li>
  );
});
