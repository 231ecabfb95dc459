/** From what a check of memory found to findings. */
import { type Bilingual, type Device, draftFinding, type Finding, type Process } from '@redoubt/model';
import type { ProcessCheck } from './check.ts';
import type { Observation } from './observation.ts';
import { observationTexts } from './texts.ts';

/** Protection against malicious code and intrusion (GB/T 22239-2019). */
const clauses = ['8.1.4.4', '8.1.4.5'];
const removed = ' (deleted)';

function fill(text: Bilingual, values: Readonly<Record<string, string>>): Bilingual {
  const put = (one: string): string => one.replace(/\{(\w+)\}/g, (_, name: string) => values[name] || '—');
  return { en: put(text.en), zh: put(text.zh) };
}

/** The process of a check, in OCSF's terms. */
export function processOf(check: ProcessCheck): Process {
  const deleted = check.program.endsWith(removed);
  const path = deleted ? check.program.slice(0, -removed.length) : check.program;
  return {
    uid: `${check.pid}:${check.start}`,
    pid: check.pid,
    name: check.name,
    cmd_line: check.commandLine,
    user: { uid: String(check.userId) },
    file: {
      path,
      name: path.slice(path.lastIndexOf('/') + 1),
      ...(deleted && (path.startsWith('/memfd:') ? { is_memfd: true } : { is_deleted: true })),
    },
  };
}

/** What an observation says, in words: its title and its reason. */
export function describeObservation(
  check: ProcessCheck,
  observation: Observation,
): { title: Bilingual; reason: Bilingual } {
  const text = observationTexts[observation.kind];
  const values = { process: `${check.name} (${check.pid})`, pid: String(check.pid), ...observation.facts };
  return { title: fill(text.title, values), reason: fill(text.reason, values) };
}

/** The finding of one observation. Findings about the same place of the same program are one. */
export function memoryFinding(check: ProcessCheck, observation: Observation, device?: Device): Finding {
  const text = observationTexts[observation.kind];
  const { title, reason } = describeObservation(check, observation);
  const process = processOf(check);
  const path = observation.facts['module'] ?? observation.facts['path'];
  return draftFinding({
    analytic: { uid: `redoubt.memory.${observation.kind}`, name: `Memory: ${observation.kind}` },
    title,
    description: {
      en: 'The memory of the running process was compared with the files that it was made from.',
      zh: '将运行中进程的内存与其来源文件进行了比较。',
    },
    severity: observation.severity,
    reasons: [
      { field: 'process.memory', value: observation.facts['address'] ?? observation.subject, text: reason },
      {
        field: 'process.file.path',
        value: process.file?.path ?? '',
        text: {
          en: `Process ${check.pid} runs ${check.program}`,
          zh: `进程 ${check.pid} 运行 ${check.program}`,
        },
      },
    ],
    evidences: [{ process, ...(path !== undefined && path !== '' && { file: { path } }) }],
    dedupKey: `memory:${observation.kind}:${process.file?.path}:${observation.subject}`,
    tags: text.tags,
    mlps: clauses,
    advice: fill(text.advice, { pid: String(check.pid) }),
    ...(text.falsePositives && { falsePositives: text.falsePositives }),
    ...(device && { device }),
  });
}
