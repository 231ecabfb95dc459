/** The agent: sensors, detection, recorder and local API of one server, wired together. */
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Finding, findingStatus } from '@redoubt/model';
import { decodeStored, kernelBatchFormat, type ObservedBatch } from '@redoubt/observe';
import { Journal, journalFolder } from '@redoubt/prove/journal';
import { openReader, openRecorder, registerDecoder } from '@redoubt/store';
import { LiveHub } from './api/live.ts';
import { eventsRoutes } from './api/routes/events.ts';
import { findingsRoutes } from './api/routes/findings.ts';
import { incidentsRoutes } from './api/routes/incidents.ts';
import { intelligenceRoutes } from './api/routes/intelligence.ts';
import { logsRoutes } from './api/routes/logs.ts';
import { protectionsRoutes } from './api/routes/protections.ts';
import { streamRoutes } from './api/routes/stream.ts';
import { claimSocket, serveApi } from './api/server.ts';
import { ruleFolders } from './content/folders.ts';
import { onBeat } from './host/beat.ts';
import { deviceOf, readHost } from './host/host.ts';
import { keepTrim } from './host/self.ts';
import { Incidents } from './incidents/incidents.ts';
import { Intelligence } from './intelligence/intelligence.ts';
import { Logs } from './logs/logs.ts';
import { type AgentOptions, consoleFolder, socketNote } from './options.ts';
import type { AgentPart, PartOffers } from './part.ts';
import { parts } from './parts.ts';
import { FindingCompletion, type LateFacts } from './pipeline/completion.ts';
import { LiveRules } from './pipeline/live-rules.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { Settling } from './pipeline/settling.ts';
import { StoredLatency } from './pipeline/stored-latency.ts';
import { liveProcesses } from './process/live.ts';
import { Protections } from './protections/protections.ts';
import { type HostSensor, startBestSensor } from './sensor.ts';
import { CorrelationFile } from './state/correlation-file.ts';
import { OpenFindings } from './state/open-findings.ts';
import { noteSignIn } from './state/sign-ins.ts';
import { correlationLost, reducedMode, Warnings } from './state/warnings.ts';
import { SummaryMaker } from './summary.ts';

export { AddressTaken } from './api/server.ts';
export { type AgentOptions, defaultOptions, defaultSocket, defaultStateDirectory } from './options.ts';

/** A running agent. */
export interface RunningAgent {
  /** Address of the page, with the token that opens it. */
  readonly url: string;
  /** Hands over and records what is left, then frees everything. Safe to call twice. */
  stop(): Promise<void>;
}

/** How often changes of findings that were held back go out, seconds. */
const findingFlushSeconds = 2;
/** How often the state of the correlations is saved, seconds: what a kill can make them forget. */
const correlationSaveSeconds = 5;
/** How often indicators that have expired are taken away, milliseconds; they match nothing until then either. */
const indicatorExpiryInterval = 86_400_000;

/** Makes stored batches of kernel records readable again; for every process that opens a reader. */
export function registerDecoders(): void {
  registerDecoder(kernelBatchFormat, (bytes, context) =>
    decodeStored(bytes, { lookupProcess: (_bootId, uid, time) => context.processAt(uid, time) }),
  );
}

/**
 * Starts an agent.
 * @throws AddressTaken when another one runs or the port is in use; RecorderError when the state directory
 * belongs to a running agent or cannot be used; KernelSensorError with mode `kernel` where that cannot work
 */
export async function runAgent(options: AgentOptions): Promise<RunningAgent> {
  registerDecoders();
  await claimSocket(options.socket);
  const ends: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
  };
  try {
    return { url: await start(options, ends), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts part after part, noting how each is ended. @returns the address of the page */
async function start(options: AgentOptions, ends: (() => unknown)[]): Promise<string> {
  const warnings = new Warnings();
  const recorder = await openRecorder<ObservedBatch>({
    directory: options.stateDirectory,
    retention: { maxAge: options.retentionDays * 86_400_000, maxBytes: options.retentionBytes },
    onWarning: warning => warnings.set(warning),
  });
  ends.push(() => recorder.close());
  const reader = openReader(options.stateDirectory);
  ends.push(() => reader.close());
  const openFindings = new OpenFindings(
    await reader.findings({ status: [findingStatus.new, findingStatus.inProgress], limit: 100_000 }),
  );

  const host = readHost();
  const hub = new LiveHub();
  const stored = new StoredLatency();
  let watching: HostSensor | undefined;
  const lateFacts = (uid: string, path: string): LateFacts | undefined => {
    const images = watching?.table.findUid(uid)?.images;
    const image = images?.find(({ file }) => file.path === path);
    return image && { sha256: image.sha256, package: image.package };
  };
  const completion = new FindingCompletion(lateFacts);
  const findingListeners: ((finding: Finding) => void)[] = [];
  const settling = new Settling({
    recorder,
    stored,
    completion,
    publish: finding => pipeline.publish(finding),
  });
  ends.push(() => settling.end());
  recorder.subscribe(numbered => {
    stored.appended(numbered);
    settling.expect();
  });
  const onChange = (finding: Finding): void => {
    settling.expect();
    openFindings.follow(finding);
    hub.finding(finding);
    incidents.follow(finding);
    for (const listener of findingListeners) listener(finding);
  };
  const onDealtWith = (finding: Finding): void => {
    if (finding.status_id === findingStatus.resolved) {
      detector.close(finding.redoubt.dedup_key);
      intelligence.close(finding.redoubt.dedup_key);
    }
    onChange(finding);
  };
  const incidents = await Incidents.open({
    reader,
    recorder,
    onIncident: incident => hub.incident(incident),
    onFinding: onDealtWith,
    onError: error => console.error(error),
  });
  ends.push(() => incidents.close());
  const pipeline = new Pipeline({
    recorder,
    hub,
    completion,
    device: deviceOf(host),
    suppress: finding => incidents.suppress(finding),
    onAuthentication: event => incidents.observe(event),
    onFinding: onChange,
  });

  const detector = await LiveRules.load({
    folders: () => ruleFolders(options),
    onFinding: finding => pipeline.finding(finding),
  });
  pipeline.detector = detector;
  const correlations = new CorrelationFile(options.stateDirectory, detector);
  const unusable = correlations.restore();
  if (unusable !== undefined) warnings.set(correlationLost(unusable));

  const intelligence = await Intelligence.start({
    stateDirectory: options.stateDirectory,
    recorder,
    reader,
    digestOf: (uid, path) => lateFacts(uid, path)?.sha256,
    onFinding: (finding, isHistory) => pipeline.finding(finding, isHistory),
    onWarning: warning => warnings.set(warning),
  });
  pipeline.indicators = intelligence;
  ends.push(() => intelligence.stop());

  const begin = async (candidate: HostSensor): Promise<void> => {
    watching = candidate;
    await candidate.start(pipeline);
  };
  const sensor = await startBestSensor(options.mode, begin, reason => warnings.set(reducedMode(reason)));
  ends.push(async () => {
    await sensor.stop();
    correlations.save();
    detector.flush();
  });

  const logs = options.logs
    ? await Logs.start({
        stateDirectory: options.stateDirectory,
        pipeline,
        detector,
        recorder,
        reader,
        onWarning: warning => warnings.set(warning),
      })
    : undefined;
  ends.push(() => logs?.stop());

  const journal = await Journal.open(journalFolder(options.stateDirectory));
  ends.push(() => journal.close());
  const protections = new Protections({
    stateDirectory: options.stateDirectory,
    journal,
    device: deviceOf(host),
    recorder,
    reader,
    publish: finding => pipeline.finding(finding),
    warn: warning => warnings.set(warning),
  });
  const endProtections = memoized(() => protections.stop());
  ends.push(endProtections);
  const running: AgentPart[] = [];
  const offers: PartOffers = {};
  for (const startPart of parts) {
    const part = await startPart({
      options,
      host,
      sensor,
      recorder,
      reader,
      publish: finding => pipeline.finding(finding),
      warn: warning => warnings.set(warning),
      onEvent: listener => pipeline.listen(listener),
      onFinding: listener => findingListeners.push(listener),
      protect: protection => protections.register(protection),
      journal,
      offers,
      reloadRules: () => detector.reload(),
      rules: () => detector.counts,
    });
    if (part === undefined) continue;
    running.push(part);
    ends.push(() => part.stop());
  }
  // Before the parts end: taking back a step that nobody has confirmed needs them.
  ends.push(endProtections);

  const summary = new SummaryMaker({
    host,
    sensor,
    pipeline,
    stored,
    recorder,
    reader,
    openFindings,
    logs,
    warnings,
    rules: () => detector.counts,
    retentionBytes: options.retentionBytes,
  });
  const expiry = setInterval(() => intelligence.expire().catch(console.error), indicatorExpiryInterval);
  ends.push(() => clearInterval(expiry));
  ends.push(
    onBeat(() => {
      pipeline.rate.tick();
      intelligence.poll();
      hub.tick(() => summary.make());
    }),
    onBeat(() => {
      detector.flush();
      intelligence.flush();
    }, findingFlushSeconds),
    onBeat(() => correlations.save(), correlationSaveSeconds),
  );
  ends.push(keepTrim());

  const api = await serveApi({
    host: options.host,
    port: options.port,
    socket: options.socket,
    page: consoleFolder,
    onSignIn: attempt => noteSignIn(journal, attempt),
    routes(api) {
      api.get('/api/summary', () => summary.make());
      api.get('/api/processes', async () => ({ items: await liveProcesses(sensor) }));
      findingsRoutes(api, { reader, recorder, onChange: onDealtWith });
      incidentsRoutes(api, { incidents, reader, recorder });
      eventsRoutes(api, reader, recorder);
      if (logs !== undefined) logsRoutes(api, logs);
      intelligenceRoutes(api, intelligence);
      streamRoutes(api, hub);
      protectionsRoutes(api, protections);
      for (const part of running) part.routes?.(api);
    },
  });
  ends.push(() => api.close());
  const note = join(options.stateDirectory, socketNote);
  writeFileSync(note, `${resolve(options.socket)}\n`, { mode: 0o600 });
  ends.push(() => rmSync(note, { force: true }));
  return api.url;
}

/** The work, done at most once. */
function memoized(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
