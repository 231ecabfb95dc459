/** CAPE's API, by recorded answers from a real web server. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { analysed, CapeSandbox } from '../../../src/scan/sandbox/index.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

const report = {
  info: { id: 7, version: '2.4-CAPE' },
  malscore: 8.2,
  malstatus: 'Malicious',
  detections: [{ family: 'MarkerFamily', details: [] }],
  signatures: [
    {
      name: 'persistence_autorun',
      description: 'Installs itself for autorun at startup',
      severity: 3,
      data: [{}, {}],
    },
    { name: 'network_http', description: 'Performs some HTTP requests', severity: 2, data: [] },
  ],
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

/** A server that answers as CAPE does; each path has its answers, the last of which stays. */
async function capeServer(
  context: TestContext,
  answers: Record<string, unknown[]>,
): Promise<{ address: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '' } = request;
    asked.push({ method, path, authorization: request.headers.authorization, body: await bodyOf(request) });
    const list = answers[path] ?? [];
    const answer = list.length > 1 ? list.shift() : list[0];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked };
}

function sampleFile(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-cape-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'sample.bin');
  writeFileSync(path, 'redoubt marker sample');
  return path;
}

test('a file is handed in, asked for until it is reported, and its report read', async context => {
  const { address, asked } = await capeServer(context, {
    '/apiv2/tasks/create/file/': [
      { error: false, data: { message: 'Task ID 7 has been submitted', task_ids: [7] }, errors: [] },
    ],
    '/apiv2/tasks/status/7/': [
      { error: false, data: 'pending' },
      { error: false, data: 'running' },
      { error: false, data: 'reported' },
    ],
    '/apiv2/tasks/get/report/7/json/': [report],
  });
  const sandbox = new CapeSandbox({ address, token: 'abc' });
  const answer = await analysed(sandbox, { path: sampleFile(context) }, { every: 1 });
  assert.equal(answer.judged, 'malicious');
  assert.equal(answer.score, 82);
  assert.deepEqual(
    answer.observations.map(({ kind, count }) => [kind, count]),
    [
      ['persistence_autorun', 2],
      ['network_http', 1],
    ],
  );
  assert.match(answer.notes[0]?.zh ?? '', /MarkerFamily/);
  assert.equal(asked[0]?.method, 'POST');
  assert.match(asked[0]?.body ?? '', /filename="sample\.bin"[\s\S]*redoubt marker sample/);
  assert.ok(asked.every(one => one.authorization === 'Token abc'));
});

test('refusals, failures and broken answers are named', async context => {
  const { address } = await capeServer(context, {
    '/apiv2/tasks/create/file/': [{ error: true, error_value: 'File too large' }],
    '/apiv2/tasks/status/1/': [{ error: false, data: 'failed_analysis' }],
    '/apiv2/tasks/status/2/': ['<html>'],
  });
  const sandbox = new CapeSandbox({ address });
  await assert.rejects(sandbox.submit({ path: sampleFile(context) }), /refuses: File too large/);
  assert.equal((await sandbox.poll('1')).state, 'failed');
  await assert.rejects(sandbox.poll('2'), /not JSON/);
  await assert.rejects(sandbox.poll('3'), /answers 404/);
  await assert.rejects(sandbox.poll('../x'), /no task of CAPE/);
  assert.throws(() => new CapeSandbox({ address: 'file:///etc' }), /no address/);
  await assert.rejects(new CapeSandbox({ address: 'http://127.0.0.1:1/' }).poll('1'), /does not answer/);
});
