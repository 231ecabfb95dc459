/** The stand-in says what the agent would: its data holds to the contract's schemas. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as agent from '@redoubt/agent/page';
import { Event, Finding, Incident } from '@redoubt/model';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { eventAt } from './standin/events.ts';
import { filelessCase, recordedCases } from './standin/findings.ts';
import { recordedIncidents } from './standin/incidents.ts';
import { postureAnswer } from './standin/posture.ts';
import { runningProcesses } from './standin/processes.ts';
import { summaryAt } from './standin/summary.ts';

function assertHolds(schema: TSchema, data: unknown): void {
  assert.deepEqual([...Value.Errors(schema, data)], []);
}

test('the stand-in holds to the contract', () => {
  const cases = [filelessCase(), ...recordedCases()];
  for (const { finding, tree } of cases) {
    assertHolds(Finding, finding);
    assertHolds(agent.FindingTree, tree);
  }
  for (const incident of recordedIncidents()) assertHolds(Incident, incident);
  assertHolds(agent.ProcessesAnswer, { items: runningProcesses() });
  for (const mode of ['kernel', 'reduced'] as const) {
    assertHolds(
      agent.Summary,
      summaryAt(
        3,
        cases.map(one => one.finding),
        mode,
      ),
    );
  }
  for (let sequence = 0; sequence < 20; sequence += 1) assertHolds(Event, eventAt(sequence, Date.now()));
});

test('the stand-in tells of the host’s protection as the agent does', () => {
  assertHolds(agent.ProtectionsAnswer, postureAnswer('protections', undefined));
  assertHolds(agent.AppControlAnswer, postureAnswer('app-control', undefined));
  assertHolds(agent.IntegrityAnswer, postureAnswer('integrity', undefined));
  assertHolds(agent.InventoryAnswer, postureAnswer('inventory', undefined));
  assertHolds(agent.InventoryListing, postureAnswer('inventory', 'persistence'));
  assertHolds(agent.RootkitAnswer, postureAnswer('rootkit', undefined));
  assertHolds(agent.MemoryAnswer, postureAnswer('memory', undefined));
  assertHolds(agent.ScanningAnswer, postureAnswer('scanning', undefined));
  assertHolds(agent.QuarantineAnswer, postureAnswer('quarantine', undefined));
  assertHolds(agent.ContentAnswer, postureAnswer('content', undefined));
  assertHolds(agent.IntelligenceAnswer, postureAnswer('intelligence', undefined));
  assertHolds(agent.LogsAnswer, postureAnswer('logs', undefined));
  assertHolds(agent.JournalAnswer, postureAnswer('journal', undefined));
});
