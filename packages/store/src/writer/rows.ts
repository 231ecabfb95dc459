/** Rows as they cross from the recorder's thread to the writer's. */
import type { Finding, StoredProcess } from '@redoubt/model';
import type { StoredDocument, WriteRequest } from './protocol.ts';

/** Rows to be written. */
export interface Rows {
  readonly processes: StoredProcess[];
  readonly findings: Finding[];
  readonly documents: StoredDocument[];
}

/** The rows of a request. */
export function rowsOf({ processes, findings, documents }: WriteRequest): Rows {
  return {
    processes: processes === undefined ? [] : JSON.parse(processes),
    findings: findings === undefined ? [] : JSON.parse(findings),
    documents: documents === undefined ? [] : JSON.parse(documents),
  };
}
