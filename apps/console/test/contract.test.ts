/** The stand-in says what the agent would: its data holds to the contract's schemas. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FindingTree, ProcessesAnswer, Summary } from '@redoubt/agent/contract';
import { Event, Finding, Incident } from '@redoubt/model';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { eventAt } from './standin/events.ts';
import { filelessCase, recordedCases } from './standin/findings.ts';
import { recordedIncidents } from './standin/incidents.ts';
import { runningProcesses } from './standin/processes.ts';
import { summaryAt } from './standin/summary.ts';

function assertHolds(schema: TSchema, data: unknown): void {
  assert.deepEqual([...Value.Errors(schema, data)], []);
}

test('the stand-in holds to the contract', () => {
  const cases = [filelessCase(), ...recordedCases()];
  for (const { finding, tree } of cases) {
    assertHolds(Finding, finding);
    assertHolds(FindingTree, tree);
  }
  for (const incident of recordedIncidents()) assertHolds(Incident, incident);
  assertHolds(ProcessesAnswer, { items: runningProcesses() });
  for (const mode of ['kernel', 'reduced'] as const) {
    assertHolds(
      Summary,
      summaryAt(
        3,
        cases.map(one => one.finding),
        mode,
      ),
    );
  }
  for (let sequence = 0; sequence < 20; sequence += 1) assertHolds(Event, eventAt(sequence, Date.now()));
});
