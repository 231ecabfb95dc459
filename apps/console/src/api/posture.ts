/** Asking the agent how the host is protected: the ladder, golden states, scans, sources, the journal. */
import type {
  AppControlAnswer,
  ContentAnswer,
  IntegrityAnswer,
  IntelligenceAnswer,
  InventoryAnswer,
  InventoryListing,
  JournalAnswer,
  LogsAnswer,
  MemoryAnswer,
  PreviewMessage,
  PreviewRequest,
  ProtectionItem,
  ProtectionsAnswer,
  QuarantineAnswer,
  RestoredAnswer,
  RootkitAnswer,
  ScanningAnswer,
  StepBody,
  StepPreview,
} from './contract.ts';
import { change, get, post, queryOf, RequestError, remove } from './request.ts';

type Asked<T> = (signal?: AbortSignal) => Promise<T>;

/** A function that asks for what stands at a path. */
function asks<T>(path: string): Asked<T> {
  return signal => get<T>(path, signal);
}

export const getProtections = asks<ProtectionsAnswer>('/api/protections');
export const getAppControl = asks<AppControlAnswer>('/api/app-control');
export const getIntegrity = asks<IntegrityAnswer>('/api/integrity');
export const getInventory = asks<InventoryAnswer>('/api/inventory');
export const getRootkit = asks<RootkitAnswer>('/api/rootkit');
export const getMemory = asks<MemoryAnswer>('/api/memory');
export const getScanning = asks<ScanningAnswer>('/api/scanning');
export const getQuarantine = asks<QuarantineAnswer>('/api/quarantine');
export const getContent = asks<ContentAnswer>('/api/content');
export const getLogs = asks<LogsAnswer>('/api/logs');
export const getIntelligence = asks<IntelligenceAnswer>('/api/intelligence');

/** The newest entries of the journal, and whether its chain holds. */
export function getJournal(limit: number, signal?: AbortSignal): Promise<JournalAnswer> {
  return get(`/api/journal${queryOf({ limit })}`, signal);
}

/** One state of the inventory, collected now: this may take seconds. */
export function getListing(name: string, signal?: AbortSignal): Promise<InventoryListing> {
  return get(`/api/inventory/${encodeURIComponent(name)}`, signal);
}

const protection = (name: string, what: string): string =>
  `/api/protections/${encodeURIComponent(name)}/${what}`;

/** Takes a step on the ladder. */
export function takeStep(name: string, body: StepBody): Promise<ProtectionItem> {
  return change(protection(name, 'step'), body);
}

/** Keeps a step that would be taken back otherwise. */
export function confirmStep(name: string): Promise<ProtectionItem> {
  return change(protection(name, 'confirm'));
}

/** Goes back to where the protection stood before its last step. */
export function undoStep(name: string): Promise<ProtectionItem> {
  return change(protection(name, 'undo'));
}

async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter(line => line !== '');
  }
  if (rest !== '') yield rest;
}

/** What a step would do and would have blocked; `onProgress` is told of the events looked at so far. */
export async function previewStep(
  name: string,
  body: PreviewRequest,
  onProgress: (events: number) => void,
  signal: AbortSignal,
): Promise<StepPreview> {
  const response = await post(protection(name, 'preview'), body, signal);
  for await (const line of linesOf(response.body ?? new ReadableStream())) {
    const message = JSON.parse(line) as PreviewMessage;
    if ('progress' in message) onProgress(message.progress.events);
    else if ('preview' in message) return message.preview;
    else throw new RequestError({ kind: 'refused', en: message.error.en, zh: message.error.zh });
  }
  throw new RequestError({
    kind: 'broken',
    en: 'The agent ended before the preview was done.',
    zh: '代理在预览完成前结束。',
  });
}

/** Begins a whole comparison with the golden states. */
export function checkIntegrity(): Promise<IntegrityAnswer> {
  return change('/api/integrity/check');
}

/** Begins a check of the memory of all processes. */
export function checkMemory(): Promise<MemoryAnswer> {
  return change('/api/memory/check');
}

/** Gives a file back from quarantine. */
export function restoreFile(id: string): Promise<RestoredAnswer> {
  return change(`/api/quarantine/${encodeURIComponent(id)}/restore`);
}

/** Reads the configuration of log sources again. */
export function reloadLogs(): Promise<LogsAnswer> {
  return change('/api/logs/reload');
}

/** Lets the indicators of a source rest, or work again. */
export function holdSource(source: string, held: boolean): Promise<IntelligenceAnswer> {
  return change('/api/intelligence/hold', { source, held });
}

/** Forgets a source and its indicators. */
export function removeSource(name: string): Promise<unknown> {
  return remove(`/api/intelligence/source${queryOf({ name })}`);
}
