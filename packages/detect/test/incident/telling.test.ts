/** The story, the score, and what people do about an incident. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEvent, type Event, Incident, viewOf } from '@redoubt/model';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { createIncidentTracker, withDecision } from '../../src/index.ts';
import { chain, finding, groups, minute, noon, type Sketch, trackerWith } from './samples.ts';

const process = {
  ...chain('sshd/5', 'sshd/6', 'bash/7', './payload/8'),
  cmd_line: './payload --quiet',
  user: { uid: '1001', name: 'deploy' },
  auid: 1001,
  session: { uid: '7' },
};
const attack: Sketch[] = [
  { uid: 'a', severity: 3, tactic: ['TA0002', 'Execution'], evidence: { process } },
  {
    uid: 'b',
    time: noon + minute,
    severity: 4,
    kind: 'file.write',
    tactic: ['TA0003', 'Persistence'],
    event: { file: { path: '/etc/cron.d/x' } },
    evidence: { process, file: { path: '/etc/cron.d/x' } },
  },
  {
    uid: 'c',
    time: noon + 2 * minute,
    severity: 5,
    kind: 'network.connect',
    tactic: ['TA0011', 'Command and Control'],
    event: { dst_endpoint: { ip: '203.0.113.7', port: 443 } },
    evidence: { process, dst_endpoint: { ip: '203.0.113.7', port: 443 } },
  },
];

test('the story says who did what, where, in the order of the events, in both languages', () => {
  const { tracker } = trackerWith();
  for (const sketch of [attack[2], attack[0], attack[1]]) tracker.follow(finding(sketch ?? assert.fail()));
  const [incident] = tracker.incidents();
  assert.ok(incident);
  assert.deepEqual(
    incident.redoubt.story.map(step => step.text.en),
    [
      'deploy on web-01 started ./payload --quiet: Title of rule-a',
      'deploy (payload) on web-01 changed /etc/cron.d/x: Title of rule-b',
      'deploy (payload) on web-01 connected to 203.0.113.7:443: Title of rule-c',
    ],
  );
  assert.deepEqual(
    incident.redoubt.story.map(step => step.text.zh),
    [
      'deploy 在 web-01 上启动了 ./payload --quiet：rule-a 的标题',
      'deploy（payload）在 web-01 上修改了 /etc/cron.d/x：rule-b 的标题',
      'deploy（payload）在 web-01 上连接到 203.0.113.7:443：rule-c 的标题',
    ],
  );
  assert.deepEqual(
    incident.redoubt.tactics.map(({ uid }) => uid),
    ['TA0002', 'TA0003', 'TA0011'],
  );
});

test('findings alike are one step that lists what they were done to', () => {
  const { tracker } = trackerWith();
  for (let index = 0; index < 9; index++) {
    const path = `/srv/www/${index}.php`;
    tracker.follow(
      finding({
        uid: `f${index}`,
        rule: 'web-shell',
        time: noon + index * 1000,
        kind: 'file.create',
        event: { file: { path } },
        evidence: { process, file: { path } },
      }),
    );
  }
  tracker.flush();
  const [step, ...more] = tracker.incidents()[0]?.redoubt.story ?? [];
  assert.deepEqual(more, []);
  assert.equal(step?.count, 9);
  assert.match(step?.text.en ?? '', /created \/srv\/www\/0\.php, .* and 3 more: Title of web-shell$/);
  assert.match(step?.text.zh ?? '', /创建了 .* 等 9 项：/);
});

test('the story begins with the log-on and the session, which no rule found remarkable', async () => {
  const started = noon - 3_600_000;
  const record: Event[] = [
    buildEvent('network.accept', started - 1_000, {
      actor: { process: { uid: '6:60', name: 'sshd' } },
      src_endpoint: { ip: '203.0.113.7' },
    }),
    buildEvent('auth.logon', started - 900, {
      status_id: 1,
      user: { name: 'deploy' },
      src_endpoint: { ip: '203.0.113.7' },
      device: { hostname: 'web-01', type_id: 1 },
    }),
    buildEvent('auth.logon', started - 800, {
      status_id: 1,
      user: { name: 'someone-else' },
      device: { hostname: 'web-01', type_id: 1 },
    }),
    buildEvent('process.exec', started, {
      process: { uid: '7:70', name: 'bash', cmd_line: '-bash', user: { name: 'deploy' } },
    }),
  ];
  const { tracker } = trackerWith({
    events: async ({ kinds, from, to, wants }) =>
      record.filter(event => {
        const view = viewOf(event);
        return event.time >= from && event.time <= to && kinds.includes(view.kind) && wants(view);
      }),
  });
  tracker.follow(finding(attack[0] ?? assert.fail()));
  await tracker.settled();
  const [incident] = tracker.incidents();
  assert.deepEqual(
    incident?.redoubt.story.map(step => step.text.en),
    [
      'sshd took a connection from 203.0.113.7',
      'deploy logged on to web-01 from 203.0.113.7',
      'deploy on web-01 started ./payload --quiet: Title of rule-a',
    ],
  );
  assert.equal(incident?.start_time, started - 1_000);
});

test('a record that cannot be asked costs the story nothing else, and is told', async () => {
  const errors: unknown[] = [];
  const { tracker, told } = trackerWith({
    events: () => Promise.reject(new Error('the record is closed')),
    onError: error => errors.push(error),
  });
  tracker.follow(finding(attack[0] ?? assert.fail()));
  await tracker.settled();
  assert.equal(told.size, 1);
  assert.match(String(errors[0]), /the record is closed/);
});

test('the score is the sum of its parts, grows with the attack and stays within its bounds', () => {
  const { tracker } = trackerWith();
  let before = 0;
  for (const sketch of attack) {
    tracker.follow(finding(sketch));
    const { value, parts } = tracker.incidents()[0]?.redoubt.score ?? assert.fail();
    assert.equal(
      value,
      parts.reduce((sum, part) => sum + part.points, 0),
    );
    assert.ok(value > before, `${value} after ${before}`);
    before = value;
  }
  assert.equal(tracker.incidents()[0]?.redoubt.score.value, 42 + 14);
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.integer({ min: 0, max: 6 }), fc.constantFrom('TA0001', 'TA0040', 'TA0006', 'TA9999', '')),
        {
          minLength: 1,
          maxLength: 40,
        },
      ),
      list => {
        const world = trackerWith({ opensAt: 0 }).tracker;
        for (const [index, [severity, tactic]] of list.entries()) {
          world.follow(
            finding({
              uid: `f${index}`,
              severity,
              tactic: [tactic, tactic],
              time: noon + index,
              evidence: { process: { ...process, user: { uid: '0', name: 'root' } } },
            }),
          );
        }
        const [incident] = world.incidents();
        assert.ok(incident);
        assert.deepEqual([...Value.Errors(Incident, incident)], []);
        for (const part of incident.redoubt.score.parts) assert.ok(part.points <= part.max);
      },
    ),
    { numRuns: 100 },
  );
});

test('informational findings open nothing by themselves, but are part of what is opened', () => {
  const { tracker, told } = trackerWith();
  tracker.follow(finding({ uid: 'quiet', severity: 1, evidence: { process } }));
  tracker.flush();
  assert.equal(told.size, 0);
  tracker.follow(finding({ uid: 'loud', severity: 4, time: noon + 1, evidence: { process } }));
  assert.deepEqual(groups(tracker), [['loud', 'quiet']]);
});

test('decisions are kept with who and when; a resolved incident takes nothing in', () => {
  let now = noon + 1_000;
  const { tracker, told } = trackerWith({ now: () => now });
  tracker.follow(finding(attack[0] ?? assert.fail()));
  const uid = [...told.keys()][0] ?? assert.fail();
  now += 1_000;
  tracker.decide(uid, { type: 'owner', owner: 'wang' }, 'li');
  tracker.decide(uid, { type: 'comment', text: 'asked the team' }, 'wang');
  const resolved = tracker.decide(uid, { type: 'status', status: 4, reason: 'a drill' }, 'wang');
  assert.equal(resolved?.activity_id, 3);
  assert.equal(resolved?.assignee?.name, 'wang');
  assert.deepEqual(resolved?.redoubt.comments, [{ time: now, author: 'wang', text: 'asked the team' }]);
  assert.deepEqual(resolved?.redoubt.history.slice(1), [
    { time: now, author: 'li', what: 'owner', to: 'wang' },
    { time: now, author: 'wang', what: 'status', from: '1', to: '4', reason: 'a drill' },
  ]);
  assert.equal(
    tracker.decide(uid, { type: 'comment', text: 'late' }, 'li'),
    undefined,
    'no longer open here',
  );
  // A late word of the same finding, and a new finding of the same session.
  tracker.follow({ ...finding(attack[0] ?? assert.fail()), count: 2, activity_id: 2 });
  assert.equal(tracker.incidents().length, 0);
  tracker.follow(finding(attack[1] ?? assert.fail()));
  const [fresh] = tracker.incidents();
  assert.notEqual(fresh?.metadata.uid, uid);

  const again = withDecision(resolved ?? assert.fail(), { type: 'status', status: 2 }, 'li', now + 5);
  assert.equal(again.activity_id, 2);
  assert.equal(again.comment, undefined);
  tracker.reopen(again, [finding(attack[0] ?? assert.fail())]);
  assert.equal(tracker.incidents().length, 2);
});

test('a restart changes nothing: the same incidents go on under the same names', () => {
  const all = [
    ...attack.map(finding),
    finding({ uid: 'x', host: 'db-01', time: noon + minute }),
    finding({
      uid: 'y',
      host: 'db-02',
      time: noon + 2 * minute,
      kind: 'auth.logon',
      evidence: { src_endpoint: { ip: '203.0.113.7' } },
    }),
    finding({ uid: 'z', host: 'db-03', time: noon + 3 * minute }),
  ];
  const whole = trackerWith().tracker;
  for (const one of all) whole.follow(one);
  for (let cut = 0; cut <= all.length; cut++) {
    const before = trackerWith();
    for (const one of all.slice(0, cut)) before.tracker.follow(one);
    before.tracker.flush();
    const uids = before.tracker
      .incidents()
      .map(incident => incident.metadata.uid)
      .sort();
    const history = {
      incidents: JSON.parse(JSON.stringify([...before.told.values()])) as Incident[],
      // The last finding was recorded, but its incident was not.
      findings: JSON.parse(JSON.stringify(all.slice(0, cut + 1))) as typeof all,
    };
    const after = trackerWith({ history });
    assert.ok(uids.every(uid => after.tracker.incidents().some(incident => incident.metadata.uid === uid)));
    for (const one of all.slice(cut)) after.tracker.follow(one);
    assert.deepEqual(groups(after.tracker), groups(whole), `restart after ${cut} findings`);
  }
});

test('many findings at once are told of a few times, the last state at flush', () => {
  let told = 0;
  let last: Incident | undefined;
  const tracker = createIncidentTracker({
    onIncident: incident => {
      told++;
      last = incident;
    },
    now: () => noon,
  });
  for (let index = 0; index < 400; index++) {
    tracker.follow(finding({ uid: `f${index}`, time: noon + index, evidence: { process } }));
  }
  assert.equal(told, 1);
  tracker.flush();
  assert.equal(told, 2);
  assert.equal(last?.count, 400);
});
