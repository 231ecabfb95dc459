/**
 * Findings as SARIF 2.1.0 (OASIS Standard, 27 March 2020), which code scanners and CI systems read. Its types are those
 * of the standard's schema: what it does not know does not compile.
 */

import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Log, Notification, ReportingDescriptor, Result } from 'sarif';
import type { Correlation, Rule } from '../sigma/ast.ts';
import type { OfflineFinding } from './gather.ts';
import type { FileReport } from './match.ts';

/** What a SARIF log is made of. */
export interface SarifInput {
  readonly version: string;
  readonly language: 'en' | 'zh';
  readonly findings: Iterable<OfflineFinding>;
  readonly rules: readonly (Rule | Correlation)[];
  readonly reports: readonly FileReport[];
}

/** SARIF levels (§3.27.10) by OCSF severity. */
const levels = ['none', 'note', 'note', 'warning', 'error', 'error', 'error'] as const;
/** Formats whose "line" is a record's number, because they have no lines. */
const binaryFormats: readonly (string | undefined)[] = ['evtx', 'journald-export'];

/** The log as plain data; rules are listed as far as findings refer to them. */
export function sarifOf({ version, language, findings, rules, reports }: SarifInput): Log {
  const byUid = new Map(rules.map(rule => [rule.uid, rule]));
  const indexes = new Map<string, number>();
  const results: Result[] = [];
  for (const { finding, place } of findings) {
    const { analytic, attacks, uid } = finding.finding_info;
    const ruleIndex = indexes.get(analytic.uid) ?? indexes.size;
    indexes.set(analytic.uid, ruleIndex);
    const report = reports[place.file];
    const reasons = finding.redoubt.reasons.map(reason => reason.text[language]).join('; ');
    const region = binaryFormats.includes(report?.format)
      ? { byteOffset: place.offset }
      : { startLine: Math.max(place.line, 1) };
    results.push({
      ruleId: analytic.uid,
      ruleIndex,
      level: levels[finding.severity_id] ?? 'warning',
      message: { text: `${finding.redoubt.title[language]}: ${reasons}` },
      occurrenceCount: finding.count,
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: uriOf(report?.name ?? 'stdin'), index: place.file },
            region,
          },
        },
      ],
      partialFingerprints: { 'redoubt/v1': uid },
      properties: {
        firstSeen: new Date(finding.finding_info.first_seen_time).toISOString(),
        lastSeen: new Date(finding.finding_info.last_seen_time).toISOString(),
        tags: attacks.flatMap(({ technique }) => (technique === undefined ? [] : [technique.uid])),
      },
    });
  }
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Redoubt',
            version,
            rules: [...indexes.keys()].map(uid => ruleOf(uid, byUid.get(uid), language)),
          },
        },
        artifacts: reports.map(({ name }) => ({ location: { uri: uriOf(name) } })),
        invocations: [
          {
            executionSuccessful: reports.every(({ error }) => error === undefined),
            toolExecutionNotifications: reports.flatMap((report, index) => notificationsOf(report, index)),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
}

function ruleOf(
  uid: string,
  rule: Rule | Correlation | undefined,
  language: 'en' | 'zh',
): ReportingDescriptor {
  const title = (language === 'zh' ? rule?.extension.title_zh : undefined) ?? rule?.title ?? uid;
  const description =
    (language === 'zh' ? rule?.extension.description_zh : undefined) ?? rule?.description ?? title;
  const help = rule?.extension.advice?.[language];
  return {
    id: uid,
    shortDescription: { text: title },
    fullDescription: { text: description },
    ...(help === undefined ? {} : { help: { text: help } }),
    properties: { tags: [...(rule?.tags ?? [])] },
  };
}

function notificationsOf({ damage, error }: FileReport, index: number): Notification[] {
  const locations = [{ physicalLocation: { artifactLocation: { index } } }];
  const texts = [...(error === undefined ? [] : [error]), ...damage.places];
  return texts.map(text => ({ level: error === text ? 'error' : 'warning', message: { text }, locations }));
}

/** A path as a URI reference (RFC 3986): absolute paths with scheme, others relative. */
function uriOf(path: string): string {
  if (isAbsolute(path)) return pathToFileURL(path).href;
  return path.split('/').map(encodeURIComponent).join('/');
}
