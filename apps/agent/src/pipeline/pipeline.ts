/** The way of an event through the agent: recorded, judged, shown. */
import type { Detector } from '@redoubt/detect';
import type { Device, Event, EventKind, EventView, Finding } from '@redoubt/model';
import type { ObservedBatch, SensorSink } from '@redoubt/observe';
import type { Recorder } from '@redoubt/store';
import type { LiveHub } from '../api/live.ts';
import type { FindingCompletion } from './completion.ts';
import { LatencyHistogram } from './latency.ts';
import { RateMeter } from './rate.ts';

/** Parts that a pipeline ties together. */
export interface PipelineParts {
  recorder: Recorder<ObservedBatch>;
  hub: LiveHub;
  completion: FindingCompletion;
  device: Device;
  /** The finding as it is to be recorded: suppressed, when someone has asked for that. */
  suppress: (finding: Finding) => Finding;
  /** Told of each authentication event of a log. */
  onAuthentication: (event: Event) => void;
  /** Told of each finding, new or changed, after it is in the record. */
  onFinding: (finding: Finding) => void;
}

/** Looks up events in threat intelligence. */
export interface Indicators {
  /** @param sequence the event's number in the record */
  judge(view: EventView, sequence: number): void;
}

/** Takes batches from the sensors. */
export class Pipeline implements SensorSink {
  readonly toFinding = new LatencyHistogram();
  readonly rate = new RateMeter();
  /** Events seen, by kind; a kind's share of a batch is counted when its events are walked. */
  readonly byKind = new Map<EventKind, number>();
  total = 0;
  readonly #parts: PipelineParts;
  #detector: Pick<Detector, 'evaluate'> | undefined;
  #indicators: Indicators | undefined;
  readonly #listeners: ((view: EventView, sequence: number) => void)[] = [];

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** Sets the detector; until then events are only recorded. */
  set detector(detector: Pick<Detector, 'evaluate'>) {
    this.#detector = detector;
  }

  /** Sets the indicators that events are looked up in. */
  set indicators(indicators: Indicators) {
    this.#indicators = indicators;
  }

  /** Hands every event from now on to a listener too, after the judgement. */
  listen(listener: (view: EventView, sequence: number) => void): void {
    this.#listeners.push(listener);
  }

  /** Records a batch first, so that the evidence stands before the judgement, then judges each event. */
  batch(batch: ObservedBatch): void {
    const { recorder, hub } = this.#parts;
    let sequence = recorder.append(batch);
    if (batch.processes.length > 0) recorder.saveProcesses(batch.processes);
    const shows = hub.wantsEvents;
    for (const view of batch.views()) {
      this.byKind.set(view.kind, (this.byKind.get(view.kind) ?? 0) + 1);
      this.#detector?.evaluate(view);
      this.#indicators?.judge(view, sequence);
      for (const listener of this.#listeners) listener(view, sequence);
      if (shows) hub.event(view, sequence);
      sequence++;
    }
    this.total += batch.count;
    this.rate.add(batch.count);
  }

  /** Records, looks up and shows events of logs; rules judge the records, not these events. */
  recordLogs(batch: ObservedBatch): void {
    const { recorder, hub, onAuthentication } = this.#parts;
    let sequence = recorder.append(batch);
    const shows = hub.wantsEvents;
    for (const view of batch.views()) {
      this.byKind.set(view.kind, (this.byKind.get(view.kind) ?? 0) + 1);
      if (view.kind.startsWith('auth.')) onAuthentication(view.toEvent());
      this.#indicators?.judge(view, sequence);
      for (const listener of this.#listeners) listener(view, sequence);
      if (shows) hub.event(view, sequence);
      sequence++;
    }
    this.total += batch.count;
    this.rate.add(batch.count);
  }

  /**
   * Takes a finding: names the host, records and shows it.
   * @param isHistory whether it was found in what is long recorded, which says nothing of how fast the agent is
   */
  finding(made: Finding, isHistory = false): void {
    const { completion, device, suppress } = this.#parts;
    const finding = completion.complete({ ...made, device: subjectOf(made, device) });
    if (finding.activity_id === 1 && !isHistory) {
      this.toFinding.add(Date.now() - (receiptOf(finding) ?? finding.finding_info.last_seen_time));
    }
    this.publish(suppress(finding));
  }

  /** Records a finding or a later state of it, and tells of it. */
  publish(finding: Finding): void {
    this.#parts.recorder.saveFinding(finding);
    this.#parts.onFinding(finding);
  }
}

/** The host that a finding is about: this one, unless a log tells of another. */
function subjectOf(made: Finding, device: Device): Device {
  const named = made.device?.hostname.toLowerCase().split('.')[0];
  const own = device.hostname.toLowerCase().split('.')[0];
  const isOther = named !== undefined && named !== own && named !== 'localhost';
  return isOther && made.device !== undefined ? made.device : device;
}

/** When the log record behind a finding was received: its own time may be hours old, or another clock's. */
function receiptOf({ evidences }: Finding): number | undefined {
  // What parts judge is not always an event.
  const event = evidences[0]?.event as Partial<Event> | undefined;
  return event?.metadata?.logged_time;
}
